"""What S3 and its client say, in the words of the port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from daguerre.storage.ports import (
    BadKeyError,
    ObjectExistsError,
    ObjectNotFoundError,
    RootNotFoundError,
    ShortObjectError,
    StorageError,
    StoreFullError,
    StoreRefusedError,
    StoreUnavailableError,
)

_BY_CODE: dict[str, type[StorageError]] = {
    "NoSuchKey": ObjectNotFoundError,
    "NoSuchBucket": RootNotFoundError,
    "ConditionalRequestConflict": ObjectExistsError,
    "OperationAborted": ObjectExistsError,
    "InvalidRange": ShortObjectError,
    "KeyTooLongError": BadKeyError,
    "QuotaExceeded": StoreFullError,
    "XMinioStorageFull": StoreFullError,
    "RequestTimeout": StoreUnavailableError,
    "SlowDown": StoreUnavailableError,
    "Throttling": StoreUnavailableError,
    "ThrottlingException": StoreUnavailableError,
    "RequestLimitExceeded": StoreUnavailableError,
}
_BY_STATUS: dict[int, type[StorageError]] = {
    401: StoreRefusedError,
    403: StoreRefusedError,
    404: ObjectNotFoundError,
    408: StoreUnavailableError,
    416: ShortObjectError,
    429: StoreUnavailableError,
    507: StoreFullError,
}
_FIXES: dict[type[StorageError], str] = {
    StoreRefusedError: "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the bucket's policy.",
    RootNotFoundError: "Create the bucket, or check the address and AWS_ENDPOINT_URL.",
    StoreUnavailableError: "Check AWS_ENDPOINT_URL and the network, then run again: nothing is done twice.",
    StoreFullError: "Free some space or raise the quota, then run again.",
}


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Raise the port's error for whatever boto3 and the connection below it raise about `name`."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError
    from urllib3.exceptions import HTTPError

    try:
        yield
    except ClientError as e:
        raise _of_answer(name, e.response) from e
    except BotoCoreError as e:
        raise _of_client(name, e) from e
    except HTTPError as e:  # the body broke off
        raise _error(StoreUnavailableError, f"{name}: {e}") from e
    except Boto3Error as e:  # a transfer in parts failed; the cause is one of the above
        cause = e.__context__
        if isinstance(cause, ClientError):
            raise _of_answer(name, cause.response) from e
        raise _error(StoreUnavailableError, f"{name}: {e}") from e


def _of_answer(name: str, response: dict[str, Any]) -> StorageError:
    code = str(response.get("Error", {}).get("Code", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    kind = _BY_CODE.get(code) or _BY_STATUS.get(status)
    if kind is None and status == 412:
        # A failed If-None-Match and a failed If-Match share the status; only one condition is ever sent.
        kind = ObjectExistsError
    if kind is None:
        kind = StoreUnavailableError if status >= 500 else StorageError
    return _error(kind, f"{name}: {code or 'no code'} ({status})")


def _of_client(name: str, error: Exception) -> StorageError:
    from botocore import exceptions as vendor

    if isinstance(error, vendor.NoCredentialsError | vendor.PartialCredentialsError | vendor.ProfileNotFound):
        return _error(StoreRefusedError, f"{name}: {error}")
    broken = (vendor.IncompleteReadError, vendor.ResponseStreamingError)
    if isinstance(error, (vendor.ConnectionError, vendor.HTTPClientError, *broken)):
        return _error(StoreUnavailableError, f"{name}: {error}")
    return _error(StorageError, f"{name}: {error}")


def _error(kind: type[StorageError], what: str) -> StorageError:
    return kind(what, fix=_FIXES.get(kind, ""))

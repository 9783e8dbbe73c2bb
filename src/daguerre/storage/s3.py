"""An S3-compatible prefix as an object store. The only door to boto3."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from daguerre.errors import SettingsError
from daguerre.storage.hashing import hashed_blocks
from daguerre.storage.keys import check_key
from daguerre.storage.ports import (
    ObjectChangedError,
    ObjectExistsError,
    ObjectInfo,
    ObjectNotFoundError,
    RootNotFoundError,
    ShortObjectError,
    StorageError,
    StoreUnavailableError,
)
from daguerre.storage.s3_client import connect, lance_options
from daguerre.storage.s3_errors import translated
from daguerre.storage.s3_upload import PART_BYTES, WRITER, Upload

#: Tries of what the client does not retry by itself: a body that breaks off, a conditional write in a tie.
_TRIES = 4


class S3Store:
    """Objects below `s3://bucket/prefix`. Safe to share between threads."""

    def __init__(self, url: str, *, read_timeout_s: float = 60.0) -> None:
        """Open the prefix and see whether the bucket is there.

        Raises RootNotFoundError, StoreRefusedError, StoreUnavailableError.
        """
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        if not bucket:
            raise SettingsError(f"root {url!r}", fix="Give s3://bucket/prefix.")
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._session, self._client = connect(read_timeout_s)
        try:
            with translated(f"s3://{bucket}"):
                self._client.head_bucket(Bucket=bucket)
        except ObjectNotFoundError as e:
            raise RootNotFoundError(
                f"s3://{bucket}", fix="Create the bucket, or check the address and AWS_ENDPOINT_URL."
            ) from e

    @property
    def url(self) -> str:
        """Return s3://bucket/prefix without a slash at the end."""
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[ObjectInfo]:
        """Yield the objects below `prefix` in key order, a thousand in memory at a time."""
        start = {"StartAfter": self._prefix + after} if after else {}
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + prefix, **start
        )
        with translated(f"{self.url}/{prefix}"):
            for page in pages:
                for row in page.get("Contents", ()):
                    yield ObjectInfo(
                        key=row["Key"][len(self._prefix) :],
                        size=row["Size"],
                        etag=row["ETag"].strip('"'),
                        modified=row["LastModified"],
                    )

    def stat(self, key: str) -> ObjectInfo:
        """Describe one object."""
        found = self._head(key)
        return ObjectInfo(
            key=key, size=found["ContentLength"], etag=found["ETag"].strip('"'), modified=found["LastModified"]
        )

    def exists(self, key: str) -> bool:
        """Say whether the object is there."""
        try:
            self._head(key)
        except ObjectNotFoundError:
            return False
        return True

    def get(self, key: str) -> bytes:
        """Read one object whole."""
        return self._read(key)

    def get_unchanged(self, info: ObjectInfo) -> bytes:
        """Read the object that was listed as `info`. Raises ObjectChangedError, ObjectNotFoundError."""
        try:
            data = self._read(info.key, IfMatch=f'"{info.etag}"')
        except ObjectExistsError as e:  # 412: it exists, with another etag
            raise ObjectChangedError(f"{self.url}/{info.key}") from e
        if len(data) != info.size:
            raise ObjectChangedError(f"{info.key}: listed with {info.size} bytes, read {len(data)}")
        return data

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Read `length` bytes from `start`."""
        if length == 0:
            return b""
        data = self._read(key, Range=f"bytes={start}-{start + length - 1}")
        if len(data) != length:
            raise ShortObjectError(f"{key}: {len(data)} of {length} bytes from {start}")
        return data

    def put(self, key: str, data: bytes) -> None:
        """Write or replace one object."""
        with translated(key):
            self._client.put_object(Bucket=self._bucket, Key=self._name(key), Body=data)

    def put_file(self, key: str, path: Path) -> None:
        """Write or replace one object from a local file, in parts of 8 MiB when it is larger."""
        with translated(key):
            self._client.upload_file(Filename=str(path), Bucket=self._bucket, Key=self._name(key))

    def create(self, key: str, data: bytes) -> None:
        """Write an object that must not exist yet.

        Stores say 412 when it exists and 409 when another conditional write is under way. Both, and a lost answer,
        are settled by looking at who wrote the object.
        """
        writer = uuid.uuid4().hex

        def send() -> None:
            self._client.put_object(
                Bucket=self._bucket, Key=self._name(key), Body=data, IfNoneMatch="*", Metadata={WRITER: writer}
            )

        self._settle(key, writer, send)

    def create_file(self, key: str, path: Path, *, sha256: str) -> None:
        """Write an object that must not exist yet from a local file; a large one in parts, hashed on their way."""
        with path.open("rb") as file:
            parts = hashed_blocks(file, PART_BYTES, name=str(path), sha256=sha256)
            if path.stat().st_size <= PART_BYTES:
                self.create(key, b"".join(parts))
                return
            with Upload(self._client, self._bucket, self._name(key)) as upload:
                for part in parts:
                    upload.send(part)
                self._settle(key, upload.writer, upload.finish)

    def delete(self, key: str) -> None:
        """Remove one object."""
        with translated(key):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key)

    def delete_prefix(self, prefix: str) -> int:
        """Remove everything below `prefix`, a thousand objects a request."""
        count, page = 0, []
        for info in self.list(prefix):
            page.append({"Key": self._prefix + info.key})
            if len(page) == 1000:
                count += self._delete_page(page)
                page = []
        return count + self._delete_page(page)

    def uri(self, key: str) -> str:
        """Return s3://bucket/prefix/key."""
        return f"s3://{self._bucket}/{self._name(key)}"

    def options(self) -> dict[str, str]:
        """Return endpoint, region and credentials under the names that Lance and object_store know."""
        return lance_options(self._session, self._client)

    def _name(self, key: str) -> str:
        return self._prefix + check_key(key)

    def _head(self, key: str) -> dict[str, Any]:
        with translated(key):
            return self._client.head_object(Bucket=self._bucket, Key=self._prefix + key)

    def _writer(self, key: str) -> str | None:
        """Return who wrote the object; an empty text when nobody signed it, None when it is not there."""
        try:
            return str(self._head(key)["Metadata"].get(WRITER, ""))
        except ObjectNotFoundError:
            return None

    def _settle(self, key: str, writer: str, send: Callable[[], None]) -> None:
        """Make a conditional write; say by looking at who wrote the object whether it was ours."""
        for attempt in range(_TRIES):
            try:
                with translated(key):
                    send()
                return
            except (
                ObjectExistsError,
                ObjectNotFoundError,
                StoreUnavailableError,
            ) as e:  # not found: no such upload any more
                winner = self._writer(key)
                if winner == writer:
                    return
                if winner is not None:
                    raise ObjectExistsError(f"{self.url}/{key}") from e
                if not isinstance(e, ObjectExistsError):
                    raise
            _pause(attempt)
        raise StoreUnavailableError(f"{self.url}/{key}: conditional writes keep colliding")

    def _read(self, key: str, **condition: str) -> bytes:
        """Read a body whole. The client retries requests by itself, but not a body that breaks off: we do."""
        for attempt in range(_TRIES):
            with translated(key):
                answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key, **condition)
            try:
                with translated(key), answer["Body"] as body:
                    data: bytes = body.read()
            except StoreUnavailableError:
                if attempt == _TRIES - 1:
                    raise
            else:
                return data
            _pause(attempt)
        raise AssertionError("unreachable")

    def _delete_page(self, page: Sequence[dict[str, str]]) -> int:
        if not page:
            return 0
        with translated(self.url):
            answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": page, "Quiet": True})
        if answer.get("Errors"):
            first = answer["Errors"][0]
            raise StorageError(f"{first.get('Key')}: {first.get('Code')} on delete")
        return len(page)


def _pause(attempt: int) -> None:
    """Sleep with full jitter: up to 0.1, 0.2, 0.4 s."""
    time.sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311  (no secret)

"""From an address to a store."""

from __future__ import annotations

from pathlib import Path

from daguerre.errors import SettingsError
from daguerre.storage.local import LocalStore
from daguerre.storage.ports import Store

S3_SCHEME = "s3://"


def open_store(url: str, *, create: bool = False) -> Store:
    """Open a folder or `s3://bucket/prefix`; endpoint, region and credentials come from the usual AWS variables.

    With `create` a missing folder is made; a bucket must exist.

    Raises:
        SettingsError: the address has another scheme.
        RootNotFoundError: there is no such folder or bucket.
        StoreUnavailableError: the bucket's server does not answer.
    """
    if url.startswith(S3_SCHEME):
        from daguerre.storage.s3 import S3Store

        return S3Store(url)
    if not url or "://" in url:
        raise SettingsError(f"root {url!r}", fix="Give a folder, or s3://bucket/prefix.")
    return LocalStore(Path(url).expanduser(), create=create)

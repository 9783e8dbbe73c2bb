"""Where originals lie: a folder or an S3 prefix that we read and never write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from daguerre.errors import SettingsError
from daguerre.storage.ports import ObjectInfo, StorageError


class ObjectTooLargeError(StorageError):
    """The object is larger than what may be read."""


class Source(Protocol):
    """Originals below one address, read-only."""

    @property
    def url(self) -> str:
        """Return the address: an absolute path, or s3://bucket/prefix."""
        ...

    @property
    def skipped(self) -> Mapping[str, int]:
        """Return what the latest listing passed over, by reason: `link`, `folder_unreadable`, `not_a_file`."""
        ...

    def list(self) -> Iterator[ObjectInfo]:
        """Yield every object in key order, page by page; hidden names and folder markers are left out."""
        ...

    def read(self, info: ObjectInfo, *, max_bytes: int) -> bytes:
        """Read the object that was listed as `info`; faults that pass are retried.

        Raises:
            ObjectNotFoundError: it was deleted since.
            ObjectChangedError: it is another object now.
            ObjectTooLargeError: it has more than `max_bytes`; nothing was read.
            StoreRefusedError: we may not read it.
            StoreUnavailableError: the store keeps failing; later may help.
        """
        ...


def is_hidden(key: str) -> bool:
    """Say whether a part of the key begins with a dot, as in `.daguerre/` and `.DS_Store`."""
    return key.startswith(".") or "/." in key


def check_size(info: ObjectInfo, max_bytes: int) -> None:
    """Raise ObjectTooLargeError when the object has more than `max_bytes`."""
    if info.size > max_bytes:
        raise ObjectTooLargeError(f"{info.key}: {info.size} bytes; the limit is {max_bytes}")


def open_source(url: str) -> Source:
    """Open a folder or `s3://bucket/prefix`.

    Raises SettingsError, RootNotFoundError, StoreUnavailableError.
    """
    if url.startswith("s3://"):
        from daguerre.landing.s3_source import S3Source

        return S3Source(url)
    if not url or "://" in url:
        raise SettingsError(f"source {url!r}", fix="Give a folder, or s3://bucket/prefix.")
    from daguerre.landing.local_source import LocalSource

    return LocalSource(Path(url).expanduser())

"""The port of the object store, and the errors that every implementation raises alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from daguerre.errors import DaguerreError


class StorageError(DaguerreError):
    """The object store did not do what it was asked."""


class ObjectNotFoundError(StorageError):
    """There is no such object."""

    exit_code = 3


class ObjectExistsError(StorageError):
    """The object exists already."""


class ObjectChangedError(StorageError):
    """The object is not the one that was listed."""


class BadKeyError(StorageError):
    """An object cannot have that key."""

    exit_code = 2


class RootNotFoundError(StorageError):
    """There is no such folder or bucket."""

    exit_code = 3


class ShortObjectError(StorageError):
    """The object ends before the bytes that were asked for."""


class StoreRefusedError(StorageError):
    """The object store does not let us do that."""


class StoreUnavailableError(StorageError):
    """The object store cannot be reached or keeps refusing; trying later may help."""


class StoreFullError(StorageError):
    """There is no room left to write."""


@dataclass(frozen=True, kw_only=True)
class ObjectInfo:
    """One object as a listing shows it.

    Attributes:
        key: UTF-8 text, relative to the prefix that was opened.
        size: Bytes.
        etag: What the store says of the content; a folder has none and gives `mtime_ns-inode`.
        modified: When the object was last written, aware UTC.
    """

    key: str
    size: int
    etag: str
    modified: datetime


@runtime_checkable
class Store(Protocol):
    """Objects below one root. Writes are atomic: a reader sees the old object or the new one, never a part."""

    @property
    def url(self) -> str:
        """Return the root: an absolute path, or s3://bucket/prefix."""
        ...

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[ObjectInfo]:
        """Yield the objects below `prefix` in the order of their keys' UTF-8 bytes, page by page.

        `after` leaves out the keys up to that one. Never holds more than one page.
        """
        ...

    def stat(self, key: str) -> ObjectInfo:
        """Describe one object. Raises ObjectNotFoundError."""
        ...

    def exists(self, key: str) -> bool:
        """Say whether the object is there."""
        ...

    def get(self, key: str) -> bytes:
        """Read one object whole. Raises ObjectNotFoundError, StoreUnavailableError."""
        ...

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Read `length` bytes from `start`. Raises ObjectNotFoundError, StorageError when fewer bytes are there."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Write or replace one object. Raises StoreFullError, StoreUnavailableError."""
        ...

    def put_file(self, key: str, path: Path) -> None:
        """Write or replace one object from a local file, without holding it in memory."""
        ...

    def create(self, key: str, data: bytes) -> None:
        """Write an object that must not exist yet.

        Of any number of racing writers exactly one returns; the others raise ObjectExistsError. A writer whose
        answer was lost reads the object back and returns when it finds its own bytes.
        """
        ...

    def create_file(self, key: str, path: Path, *, sha256: str) -> None:
        """Write an object that must not exist yet from a local file, hashing the bytes on their way.

        Never holds the file in memory. What does not hash to `sha256` never appears under the key. Races and lost
        answers end as with `create`. Raises ObjectExistsError, ObjectChangedError when the file has another hash.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove one object; removing what is not there is fine."""
        ...

    def delete_prefix(self, prefix: str) -> int:
        """Remove everything below `prefix`; return how many objects that were."""
        ...

    def uri(self, key: str) -> str:
        """Return the address of `key` for readers with an object store of their own (Lance, Arrow)."""
        ...

    def options(self) -> dict[str, str]:
        """Return what such readers need besides the address: endpoint, region, credentials; empty for a folder."""
        ...

"""An S3 prefix as a source of originals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from daguerre.landing.source import check_size, is_hidden
from daguerre.storage.ports import ObjectInfo
from daguerre.storage.s3 import S3Store


class S3Source:
    """Originals below `s3://bucket/prefix`. Safe to share between threads."""

    def __init__(self, url: str) -> None:
        """Open the prefix. Raises RootNotFoundError, StoreRefusedError, StoreUnavailableError."""
        self._store = S3Store(url)

    @property
    def url(self) -> str:
        """Return s3://bucket/prefix."""
        return self._store.url

    @property
    def skipped(self) -> Mapping[str, int]:
        """Return nothing: a bucket has neither links nor locked folders."""
        return {}

    def list(self) -> Iterator[ObjectInfo]:
        """Yield every object in key order; keys that end in a slash only mark folders."""
        for info in self._store.list():
            if info.key and not info.key.endswith("/") and not is_hidden(info.key):
                yield info

    def read(self, info: ObjectInfo, *, max_bytes: int) -> bytes:
        """Read the object on the condition that its etag is still the listed one."""
        check_size(info, max_bytes)
        return self._store.get_unchanged(info)

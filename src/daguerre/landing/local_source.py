"""A folder of arbitrary depth as a source of originals. No link is ever followed."""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from daguerre.landing.names import to_name, to_text
from daguerre.landing.source import check_size
from daguerre.storage.local import describe
from daguerre.storage.ports import (
    ObjectChangedError,
    ObjectInfo,
    ObjectNotFoundError,
    RootNotFoundError,
    StoreRefusedError,
    StoreUnavailableError,
)

_log = logging.getLogger(__name__)

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
#: Not blocking: what was listed as a file may have become a pipe, and opening a pipe waits for a writer.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class LocalSource:
    """Originals below one folder."""

    def __init__(self, root: Path) -> None:
        """Open the folder. Raises RootNotFoundError."""
        if not root.is_dir():
            raise RootNotFoundError(str(root), fix="Check the path of the source.")
        self._root = root.resolve()
        self._skipped: Counter[str] = Counter()

    @property
    def url(self) -> str:
        """Return the absolute path."""
        return to_text(str(self._root))

    @property
    def skipped(self) -> Mapping[str, int]:
        """Return what the latest listing passed over."""
        return dict(self._skipped)

    def list(self) -> Iterator[ObjectInfo]:
        """Yield every file in key order; of each folder on the way only the names are in memory."""
        self._skipped.clear()
        levels = [("", iter(self._names("")))]
        while levels:
            parent, names = levels[-1]
            for text in names:
                if text.endswith("/"):
                    levels.append((parent + text, iter(self._names(parent + text))))
                    break
                info = self._describe(parent + text)
                if info:
                    yield info
            else:
                levels.pop()

    def read(self, info: ObjectInfo, *, max_bytes: int) -> bytes:
        """Read one file, and see before and after whether it is the one that was listed."""
        check_size(info, max_bytes)
        try:
            descriptor = self._open(to_name(info.key))
        except OSError as e:
            raise _translated(info.key, e) from e
        with open(descriptor, "rb", buffering=0) as file:
            self._check(info, descriptor)
            try:
                # One byte more than listed, so that a file that grows is seen to.
                data = file.read(info.size + 1) or b""
                while len(data) < info.size and (more := file.read(info.size + 1 - len(data))):
                    data += more
            except OSError as e:
                raise _translated(info.key, e) from e
            self._check(info, descriptor)
        if len(data) != info.size:
            raise ObjectChangedError(f"{info.key}: listed with {info.size} bytes, read {len(data)}")
        return data

    def _names(self, folder: str) -> Sequence[str]:
        """Return what is in a folder, in order; names of folders end in a slash and sort with it, as on S3."""
        try:
            with os.scandir(self._path(folder)) as entries:
                return sorted(
                    to_text(e.name) + "/" * e.is_dir(follow_symlinks=False) for e in entries if e.name[0] != "."
                )
        except OSError as e:
            self._skipped["folder_unreadable"] += 1
            _log.warning("folder unreadable", extra={"fields": {"folder": folder, "error": e.strerror}})
            return ()

    def _describe(self, key: str) -> ObjectInfo | None:
        try:
            found = os.lstat(self._path(key))
        except FileNotFoundError:  # removed since the folder was read
            return None
        if stat.S_ISREG(found.st_mode):
            return describe(key, found)
        self._skipped["link" if stat.S_ISLNK(found.st_mode) else "not_a_file"] += 1
        return None

    def _path(self, key: str) -> str:
        return f"{self._root}/{to_name(key)}"

    def _open(self, name: str) -> int:
        """Open a file part by part, so that no folder on the way can have become a link."""
        *folders, last = name.split("/")
        here = os.open(self._root, _FOLDER)
        try:
            for part in folders:
                inner = os.open(part, _FOLDER, dir_fd=here)
                os.close(here)
                here = inner
            return os.open(last, _FILE, dir_fd=here)
        finally:
            os.close(here)

    @staticmethod
    def _check(info: ObjectInfo, descriptor: int) -> None:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise ObjectChangedError(f"{info.key}: not a file any more")
        now = describe(info.key, found)
        if (now.size, now.etag) != (info.size, info.etag):
            raise ObjectChangedError(
                f"{info.key}: listed with {info.size} bytes as {info.etag}, now {now.size} bytes as {now.etag}"
            )


def _translated(key: str, error: OSError) -> Exception:
    what = f"{key}: {error.strerror}"
    if error.errno == errno.ENOENT:
        return ObjectNotFoundError(what)
    if error.errno in {errno.ELOOP, errno.ENOTDIR, errno.ENXIO}:  # a link, another folder structure, a socket
        return ObjectChangedError(what)
    if error.errno in {errno.EACCES, errno.EPERM}:
        return StoreRefusedError(what, fix="Give the user who runs Daguerre the right to read it.")
    return StoreUnavailableError(what)

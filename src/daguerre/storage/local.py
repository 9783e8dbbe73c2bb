"""A folder as an object store."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from daguerre.storage.hashing import hashed_blocks
from daguerre.storage.keys import TEMPORARY, check_key, check_prefix
from daguerre.storage.ports import (
    BadKeyError,
    ObjectExistsError,
    ObjectInfo,
    ObjectNotFoundError,
    RootNotFoundError,
    ShortObjectError,
    StorageError,
    StoreFullError,
    StoreRefusedError,
    StoreUnavailableError,
)

#: How a file system says one of our errors. A folder in the place of an object is not an object.
_ERRORS: dict[int, type[StorageError]] = {
    errno.ENOSPC: StoreFullError,
    errno.EDQUOT: StoreFullError,
    errno.EFBIG: StoreFullError,
    errno.ENOENT: ObjectNotFoundError,
    errno.ENOTDIR: ObjectNotFoundError,
    errno.EISDIR: ObjectNotFoundError,
    errno.ENAMETOOLONG: BadKeyError,
    errno.EILSEQ: BadKeyError,
    errno.EACCES: StoreRefusedError,
    errno.EPERM: StoreRefusedError,
    errno.EROFS: StoreRefusedError,
    errno.EIO: StoreUnavailableError,
    errno.ESTALE: StoreUnavailableError,
    errno.ETIMEDOUT: StoreUnavailableError,
    errno.EMFILE: StoreUnavailableError,
}
_BLOCK = 1 << 20


class LocalStore:
    """Objects as files below one folder.

    A write goes to a temporary file beside its target, is flushed to the disk, and then takes the name in one step.
    A process that dies on the way leaves a temporary file, which no listing shows.
    """

    def __init__(self, root: Path, *, create: bool) -> None:
        """Open `root`; make it when `create`. Raises RootNotFoundError."""
        if create:
            with _translated(str(root)):
                root.mkdir(parents=True, exist_ok=True)
        if not root.is_dir():
            raise RootNotFoundError(str(root), fix="Check the path.")
        self._root = root.resolve()

    @property
    def url(self) -> str:
        """Return the absolute path of the folder."""
        return str(self._root)

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[ObjectInfo]:
        """Yield the objects below `prefix` in the order of their UTF-8 bytes, one folder in memory per level."""
        check_prefix(prefix)
        folder, _, start = prefix.rpartition("/")
        parent = f"{folder}/" if folder else ""
        yield from _walk(str(self._root / folder), parent, start, after)

    def stat(self, key: str) -> ObjectInfo:
        """Describe one object."""
        path = self._path(key)
        with _translated(key):
            found = path.stat()
        if path.is_dir():
            raise ObjectNotFoundError(f"{self.url}/{key}")
        return describe(key, found)

    def exists(self, key: str) -> bool:
        """Say whether the object is there."""
        return self._path(key).is_file()

    def get(self, key: str) -> bytes:
        """Read one object whole."""
        path = self._path(key)
        with _translated(key):
            return path.read_bytes()

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Read `length` bytes from `start`."""
        path = self._path(key)
        with _translated(key), path.open("rb") as file:
            file.seek(start)
            data = file.read(length)
        if len(data) != length:
            raise ShortObjectError(f"{key}: {len(data)} of {length} bytes from {start}")
        return data

    def put(self, key: str, data: bytes) -> None:
        """Write or replace one object."""
        self._write(key, lambda file: file.write(data), os.replace)

    def put_file(self, key: str, path: Path) -> None:
        """Write or replace one object from a local file."""
        with path.open("rb") as source:
            self._write(key, lambda file: shutil.copyfileobj(source, file, 1 << 20), os.replace)

    def create(self, key: str, data: bytes) -> None:
        """Write an object that must not exist yet; a hard link to the finished file makes it appear whole."""
        self._write(key, lambda file: file.write(data), _link)

    def create_file(self, key: str, path: Path, *, sha256: str) -> None:
        """Write an object that must not exist yet from a local file; it appears when its hash is known to be right."""

        def copy(file: BinaryIO) -> None:
            with path.open("rb") as source:
                for block in hashed_blocks(source, _BLOCK, name=str(path), sha256=sha256):
                    file.write(block)

        self._write(key, copy, _link)

    def delete(self, key: str) -> None:
        """Remove one object."""
        path = self._path(key)
        with _translated(key), suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()

    def delete_prefix(self, prefix: str) -> int:
        """Remove everything below `prefix`, leftovers of dead writers included."""
        count = 0
        for info in self.list(prefix):
            self.delete(info.key)
            count += 1
        folder = self._root / prefix
        if prefix.endswith("/") and folder.is_dir():
            with _translated(prefix):
                shutil.rmtree(folder)
        return count

    def uri(self, key: str) -> str:
        """Return the absolute path of `key`."""
        return str(self._path(key))

    def options(self) -> dict[str, str]:
        """Return nothing: a folder needs no credentials."""
        return {}

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)

    def _write(self, key: str, fill: Callable[[BinaryIO], object], publish: Callable[[Path, Path], object]) -> None:
        target = self._path(key)
        temporary = target.parent / f"{TEMPORARY}{uuid.uuid4().hex}"
        with _translated(key):
            _make_folder(target.parent)
            try:
                with temporary.open("xb") as file:
                    fill(file)
                    file.flush()
                    os.fsync(file.fileno())
                publish(temporary, target)
            finally:
                temporary.unlink(missing_ok=True)
            _sync_folder(target.parent)


def describe(key: str, found: os.stat_result) -> ObjectInfo:
    """Return what a listing says of the file behind `key`."""
    return ObjectInfo(
        key=key,
        size=found.st_size,
        etag=f"{found.st_mtime_ns}-{found.st_ino}",
        modified=datetime.fromtimestamp(found.st_mtime, UTC),
    )


def _walk(folder: str, parent: str, start: str, after: str = "") -> Iterator[ObjectInfo]:
    base, bound = os.fsencode(parent), os.fsencode(after)
    try:
        with os.scandir(folder) as entries:
            # A folder sorts as its name with the slash, so that keys come in the order of their bytes, as on S3.
            rows = sorted(
                (name, is_folder, e)
                for e in entries
                if e.name.startswith(start) and not e.name.startswith(TEMPORARY)
                for is_folder in (e.is_dir(follow_symlinks=False),)
                for name in (os.fsencode(f"{e.name}/" if is_folder else e.name),)
                if base + name > bound or (is_folder and bound.startswith(base + name))
            )
    except (FileNotFoundError, NotADirectoryError):
        return
    for _, is_folder, entry in rows:
        if is_folder:
            yield from _walk(entry.path, f"{parent}{entry.name}/", "", after)
            continue
        try:
            found = entry.stat()
        except FileNotFoundError:  # removed since the folder was read
            continue
        if stat.S_ISREG(found.st_mode):  # a link to a folder is not followed, a socket is not an object
            yield describe(f"{parent}{entry.name}", found)


def _link(temporary: Path, target: Path) -> None:
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise ObjectExistsError(str(target)) from None
    except OSError as e:
        if e.errno not in {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}:
            raise
        raise StoreRefusedError(
            f"{target}: the file system has no hard links", fix="Keep the root on a file system that has them."
        ) from e


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        error = _ERRORS.get(e.errno or 0, StorageError)
        fix = "Free some space and run again." if error is StoreFullError else ""
        raise error(f"{name}: {e.strerror or e}", fix=fix) from e

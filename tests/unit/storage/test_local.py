"""What a folder must do beyond the contract: nothing torn, nothing lost, errors with a name."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from daguerre.storage.local import LocalStore
from daguerre.storage.ports import BadKeyError, StorageError, StoreFullError, StoreRefusedError, StoreUnavailableError


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "root", create=True)


def _files(store: LocalStore) -> list[str]:
    return sorted(str(p.relative_to(store.url)) for p in Path(store.url).rglob("*") if p.is_file())


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_object(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    store.put("a/b", b"old")

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, step, fail)
        with pytest.raises(StoreFullError, match=r"a/b.*Free some space"):
            store.put("a/b", b"new")
    assert store.get("a/b") == b"old"
    assert _files(store) == ["a/b"]


def test_the_disk_is_full_for_real(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    store = LocalStore(tmp_path, create=False)

    def fill(_: object) -> None:
        with Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"x")

    with pytest.raises(StoreFullError):
        store._write("a", fill, os.replace)
    assert list(store.list()) == []


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.EDQUOT, StoreFullError),
        (errno.EROFS, StoreRefusedError),
        (errno.EACCES, StoreRefusedError),
        (errno.EIO, StoreUnavailableError),
        (errno.EBUSY, StorageError),
    ],
)
def test_errors_have_names(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch, number: int, error: type[Exception]
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(error) as caught:
        store.put("a", b"1")
    assert type(caught.value) is error


def test_no_hard_links(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", fail)
    with pytest.raises(StoreRefusedError, match="hard links"):
        store.create("a", b"1")
    assert _files(store) == []


def test_a_name_too_long_for_the_file_system(store: LocalStore) -> None:
    with pytest.raises(BadKeyError):
        store.put("x" * 300, b"1")


def test_leftovers_of_a_dead_writer_are_hidden_and_go_with_the_prefix(store: LocalStore) -> None:
    store.put("a/b", b"1")
    (Path(store.url) / "a" / ".tmp-dead").write_bytes(b"half")
    assert [i.key for i in store.list()] == ["a/b"]
    assert store.delete_prefix("a/") == 1
    assert _files(store) == []


def test_symlinked_folders_are_not_walked(store: LocalStore, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x").write_bytes(b"1")
    store.put("a", b"1")
    (Path(store.url) / "link").symlink_to(tmp_path / "outside")
    assert [i.key for i in store.list()] == ["a"]


_WRITER = """
import sys
from pathlib import Path
from daguerre.storage.local import LocalStore
from daguerre.storage.ports import ObjectExistsError
store = LocalStore(Path(sys.argv[1]), create=True)
print("go", flush=True)
i = 0
while True:
    i += 1
    store.put("same", b"%d" % (i % 10) * 200_000)
    store.create(f"new/{i}", b"%d" % (i % 10) * 200_000)
"""


def test_a_killed_writer_leaves_whole_objects_only(tmp_path: Path) -> None:
    for round_number in range(5):
        root = tmp_path / str(round_number)
        writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(root)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.03 + 0.017 * round_number)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        store = LocalStore(root, create=False)
        for info in store.list():
            data = store.get(info.key)
            assert len(data) == 200_000, info.key
            assert len(set(data)) == 1, info.key

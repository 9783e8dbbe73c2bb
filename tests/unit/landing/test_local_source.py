"""A folder as people have them: odd names, links, files that come and go."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from daguerre.errors import SettingsError
from daguerre.landing.source import ObjectTooLargeError, Source, open_source
from daguerre.storage.ports import (
    ObjectChangedError,
    ObjectInfo,
    ObjectNotFoundError,
    RootNotFoundError,
    StoreRefusedError,
)

LIMIT = 1 << 20


def _keys(source: Source) -> list[str]:
    return [i.key for i in source.list()]


def _only(source: Source) -> ObjectInfo:
    (info,) = source.list()
    return info


def test_files_of_any_depth_in_the_order_of_bytes(photos: Path) -> None:
    for name in ("alice-x/e.jpg", "alice.jpg", "Zoe/f.jpg", "é/g.jpg"):
        (photos / name).parent.mkdir(exist_ok=True)
        (photos / name).write_bytes(b"")
    keys = _keys(open_source(str(photos)))
    assert keys == sorted(keys, key=str.encode)
    assert set(keys) >= {"alice-x/e.jpg", "alice.jpg", "alice/2024/b.jpg", "alice/a.jpg", "bob/c.jpg", "d.jpg"}


def test_hidden_names_are_left_out(tmp_path: Path) -> None:
    for name in (".daguerre/queries.jsonl", ".DS_Store", "a/.thumbs/x.jpg", "a/b.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"1")
    assert _keys(open_source(str(tmp_path))) == ["a/b.jpg"]


NAMES = [
    b"with space.jpg",
    b'quote\'s "double".jpg',
    b"new\nline\ttab.jpg",
    "emoji 📷.jpg".encode(),
    "日本語.jpg".encode(),
    b"invalid \xff\xfe.jpg",
    b"latin1 caf\xe9.jpg",
    b"looks like \\xff.jpg",
    b"-rf *.jpg",
    b"%41$(x).jpg",
    b"x" * 251 + b".jpg",
]


def test_every_name_lands_and_reads(tmp_path: Path) -> None:
    for name in NAMES:
        with open(os.fsencode(tmp_path) + b"/" + name, "wb") as file:
            file.write(name)
    source = open_source(str(tmp_path))
    found = {source.read(info, max_bytes=LIMIT): info.key for info in source.list()}
    assert set(found) == set(NAMES)
    assert len(set(found.values())) == len(NAMES)
    for key in found.values():
        key.encode("utf-8")


def test_a_key_of_900_characters(tmp_path: Path) -> None:
    folder = tmp_path / "/".join(["y" * 200] * 4)
    folder.mkdir(parents=True)
    (folder / ("z" * 92 + ".jpg")).write_bytes(b"deep")
    source = open_source(str(tmp_path))
    info = _only(source)
    assert len(info.key) == 900
    assert source.read(info, max_bytes=LIMIT) == b"deep"


def test_folders_nested_deeper_than_the_interpreter_calls(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("n", dir_fd=here)
        inner = os.open("n", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("x.jpg", os.O_WRONLY | os.O_CREAT, dir_fd=here))
    os.close(here)
    source = open_source(str(tmp_path))
    info = _only(source)
    assert info.key == "n/" * 1200 + "x.jpg"
    assert source.read(info, max_bytes=LIMIT) == b""
    subprocess.run(["rm", "-rf", str(tmp_path / "n")], check=True)  # too deep for the cleaning of temporary folders


def test_links_are_never_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.jpg").write_bytes(b"secret")
    root = tmp_path / "photos"
    (root / "a").mkdir(parents=True)
    (root / "a" / "mine.jpg").write_bytes(b"mine")
    (root / "file.jpg").symlink_to(outside / "secret.jpg")
    (root / "folder").symlink_to(outside)
    (root / "loop").symlink_to(root)
    (root / "gone").symlink_to(tmp_path / "nothing")
    source = open_source(str(root))
    assert _keys(source) == ["a/mine.jpg"]
    assert source.skipped == {"link": 4}


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_became_a_link_after_the_listing_is_not_read(tmp_path: Path, what: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "b.jpg").write_bytes(b"secret")
    root = tmp_path / "photos"
    (root / "a").mkdir(parents=True)
    (root / "a" / "b.jpg").write_bytes(b"public")
    source = open_source(str(root))
    info = _only(source)
    if what == "file":
        (root / "a" / "b.jpg").unlink()
        (root / "a" / "b.jpg").symlink_to(outside / "b.jpg")
    else:
        (root / "a").rename(root / "was-a")
        (root / "a").symlink_to(outside)
    with pytest.raises(ObjectChangedError):
        source.read(info, max_bytes=LIMIT)


def test_a_pipe_neither_lands_nor_blocks(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"1")
    source = open_source(str(tmp_path))
    info = _only(source)
    (tmp_path / "a.jpg").unlink()
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(ObjectChangedError):
        source.read(info, max_bytes=LIMIT)
    assert _keys(source) == []
    assert source.skipped == {"not_a_file": 1}


def test_a_file_that_was_deleted(photos: Path) -> None:
    source = open_source(str(photos))
    infos = list(source.list())
    (photos / "d.jpg").unlink()
    with pytest.raises(ObjectNotFoundError, match=r"d\.jpg"):
        source.read(infos[-1], max_bytes=LIMIT)


@pytest.mark.parametrize("new", [b"DDDD", b"longer than before", b""])
def test_a_file_that_was_changed(photos: Path, new: bytes) -> None:
    source = open_source(str(photos))
    info = list(source.list())[-1]
    os.utime(photos / "d.jpg", ns=(0, 1_700_000_000_000_000_000))
    (photos / "d.jpg").write_bytes(new)
    with pytest.raises(ObjectChangedError, match=r"d\.jpg"):
        source.read(info, max_bytes=LIMIT)


def test_a_file_that_changes_while_it_is_read(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = open_source(str(photos))
    info = list(source.list())[-1]
    real, calls = os.fstat, []

    def fstat(descriptor: int) -> os.stat_result:
        calls.append(descriptor)
        if len(calls) == 2:
            os.utime(photos / "d.jpg", ns=(0, 1))
        return real(descriptor)

    monkeypatch.setattr(os, "fstat", fstat)
    with pytest.raises(ObjectChangedError):
        source.read(info, max_bytes=LIMIT)


def test_files_that_vanish_during_the_listing(photos: Path) -> None:
    listing = open_source(str(photos)).list()
    assert next(listing).key == "alice/2024/b.jpg"
    (photos / "alice" / "a.jpg").unlink()
    (photos / "d.jpg").unlink()
    assert [i.key for i in listing] == ["bob/c.jpg"]


def test_too_large(photos: Path) -> None:
    source = open_source(str(photos))
    info = list(source.list())[-1]
    with pytest.raises(ObjectTooLargeError, match="4 bytes; the limit is 3"):
        source.read(info, max_bytes=3)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_we_may_not_read(photos: Path) -> None:
    (photos / "d.jpg").chmod(0)
    (photos / "bob").chmod(0)
    try:
        source = open_source(str(photos))
        infos = list(source.list())
        assert [i.key for i in infos] == ["alice/2024/b.jpg", "alice/a.jpg", "d.jpg"]
        assert source.skipped == {"folder_unreadable": 1}
        with pytest.raises(StoreRefusedError):
            source.read(infos[-1], max_bytes=LIMIT)
    finally:
        (photos / "bob").chmod(0o755)


def test_an_unreadable_file_by_whatever_cause(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = open_source(str(photos))
    info = list(source.list())[-1]

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StoreRefusedError, match="Permission denied"):
        source.read(info, max_bytes=LIMIT)


def test_an_unreadable_folder_does_not_stop_the_listing(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("/bob/"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    source = open_source(str(photos))
    assert _keys(source) == ["alice/2024/b.jpg", "alice/a.jpg", "d.jpg"]
    assert source.skipped == {"folder_unreadable": 1}


def test_sources_that_cannot_be_opened(tmp_path: Path) -> None:
    for url in ("", "ftp://x"):
        with pytest.raises(SettingsError):
            open_source(url)
    with pytest.raises(RootNotFoundError):
        open_source(str(tmp_path / "missing"))

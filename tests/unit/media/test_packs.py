from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from daguerre.media.packs import PackWriter, Slice, read_picture, read_pictures
from daguerre.storage.local import LocalStore
from daguerre.storage.ports import ObjectNotFoundError, StorageError


class _Counting(LocalStore):
    reads = 0

    def get_range(self, key: str, start: int, length: int) -> bytes:
        self.reads += 1
        return super().get_range(key, start, length)


def _packed(store: LocalStore, key: str, pictures: list[bytes]) -> list[Slice]:
    pack = PackWriter(key)
    places = [(key, pack.add(picture), len(picture)) for picture in pictures]
    store.put(key, pack.to_bytes())
    return places


def test_pictures_come_back_in_the_order_asked_for_with_few_reads(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    store = _Counting(tmp_path, create=True)
    pictures = [rng.bytes(int(n)) for n in rng.integers(1, 5000, 400)]
    places = _packed(store, "a.pack", pictures[:200]) + _packed(store, "b.pack", pictures[200:])
    order = rng.permutation(400)
    assert read_pictures(store, [places[i] for i in order]) == [pictures[i] for i in order]
    assert store.reads == 2


def test_distant_pictures_are_read_apart_and_large_packs_in_parts(tmp_path: Path) -> None:
    store = _Counting(tmp_path, create=True)
    pictures = [bytes([n]) * (1 << 20) for n in range(40)]
    places = _packed(store, "a.pack", pictures)
    assert read_pictures(store, [places[0], places[30]]) == [pictures[0], pictures[30]]
    assert store.reads == 2
    assert read_pictures(store, places) == pictures
    assert store.reads == 2 + 3


def test_one_place_may_be_asked_for_twice(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, create=True)
    places = _packed(store, "a.pack", [b"one", b"two"])
    assert read_pictures(store, [places[1], places[0], places[1]]) == [b"two", b"one", b"two"]
    assert read_picture(store, *places[0]) == b"one"
    assert read_pictures(store, []) == []


def test_a_pack_only_grows(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, create=True)
    first = _packed(store, "a.pack", [b"one", b"two"])
    grown = PackWriter("a.pack", store.get("a.pack"))
    third = ("a.pack", grown.add(b"three"), 5)
    store.put("a.pack", grown.to_bytes())
    assert read_pictures(store, [*first, third]) == [b"one", b"two", b"three"]


def test_a_missing_pack_and_a_short_one_are_errors(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, create=True)
    with pytest.raises(ObjectNotFoundError):
        read_pictures(store, [("no.pack", 0, 1)])
    store.put("short.pack", b"abc")
    with pytest.raises(StorageError):
        read_pictures(store, [("short.pack", 1, 10)])

"""Packs: the proxies and thumbnails of one unit, one after the other, for sequential and for ranged reads."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from daguerre.storage.ports import Store

#: Where a picture lies: key of the pack, first byte, length.
Slice = tuple[str, int, int]

#: Two pictures this close are read in one go: a request costs more than the bytes between.
_GAP_BYTES = 256 << 10
#: No single read is larger.
_MOST_BYTES = 16 << 20
_READERS = 8


class PackWriter:
    """Collects pictures in memory; equal pictures in equal order give equal bytes.

    A pack only ever grows: to add pictures later, begin with the bytes that are stored, and every offset that was
    given out stays true.
    """

    def __init__(self, key: str, begun: bytes = b"") -> None:
        self.key = key
        self._data = bytearray(begun)

    def add(self, picture: bytes) -> int:
        """Append a picture and return its offset."""
        offset = len(self._data)
        self._data += picture
        return offset

    def __len__(self) -> int:
        return len(self._data)

    def to_bytes(self) -> bytes:
        """Return the pack as it is stored."""
        return bytes(self._data)


def read_picture(store: Store, pack: str, offset: int, length: int) -> bytes:
    """Read one picture. Raises ObjectNotFoundError, StorageError."""
    return store.get_range(pack, offset, length)


def read_pictures(store: Store, places: Sequence[Slice]) -> list[bytes]:
    """Read many pictures, in the order given, with few large reads; neighbours come together.

    Raises:
        ObjectNotFoundError: a pack is gone.
        StorageError: a pack is shorter than a place says.
    """
    runs = _runs(places)
    with ThreadPoolExecutor(_READERS) as pool:
        blocks = pool.map(lambda run: store.get_range(*_extent(places, run)), runs)
        pictures = [b""] * len(places)
        for run, block in zip(runs, blocks, strict=True):
            start = places[run[0]][1]
            for index in run:
                _, offset, length = places[index]
                pictures[index] = block[offset - start : offset - start + length]
    return pictures


def _runs(places: Sequence[Slice]) -> list[list[int]]:
    """Group indices of places that one read covers, each group in order of offset."""
    runs: list[list[int]] = []
    end = start = 0
    pack = ""
    for index in sorted(range(len(places)), key=lambda i: places[i]):
        name, offset, length = places[index]
        if runs and name == pack and offset - end <= _GAP_BYTES and offset + length - start <= _MOST_BYTES:
            runs[-1].append(index)
            end = max(end, offset + length)
        else:
            runs.append([index])
            pack, start, end = name, offset, offset + length
    return runs


def _extent(places: Sequence[Slice], run: list[int]) -> Slice:
    pack, start, _ = places[run[0]]
    return pack, start, max(places[i][1] + places[i][2] for i in run) - start

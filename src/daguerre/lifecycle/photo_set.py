"""Many photo ids in little memory: 16 bytes each, sorted."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_BYTES = 16


class PhotoSet:
    """The photos of a table column. Ten million of them take 160 MB, the chunk that is looked up aside."""

    def __init__(self, columns: Iterable[pa.Array], *, rows: int) -> None:
        """Take ids chunk by chunk; `rows` is how many there will be at most."""
        ids = np.empty(rows, f"S{_BYTES}")
        filled = 0
        for column in columns:
            chunk = _packed(column)
            ids[filled : filled + len(chunk)] = chunk
            filled += len(chunk)
        self._ids = ids[:filled]
        self._ids.sort()

    def __len__(self) -> int:
        return len(self._ids)

    def holds(self, column: pa.Array) -> npt.NDArray[np.bool_]:
        """Say of each id whether it is here: `(n,) bool`."""
        asked = _packed(column)
        if not len(self._ids):
            return np.zeros(len(asked), np.bool_)
        order = np.argsort(asked)  # neighbours are looked up where the last one was found: several times as fast
        at = np.searchsorted(self._ids, asked[order])
        found = np.empty(len(asked), np.bool_)
        found[order] = self._ids[np.minimum(at, len(self._ids) - 1)] == asked[order]
        return found


def _packed(column: pa.Array) -> npt.NDArray[np.bytes_]:
    """Return ids of 32 hex digits as `(n,) S16`. All have one width, so bytes of 0 at an end confuse nothing."""
    raw = bytes.fromhex("".join(column.to_pylist()))
    return np.frombuffer(raw, f"S{_BYTES}", count=len(column))

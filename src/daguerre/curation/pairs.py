"""Which photos are worth comparing: pairs by hash, by look and by time, found without comparing everything twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from daguerre.curation.blocks import choose_projections, hash_blocks, look_blocks
from daguerre.curation.columns import Bools, Bytes, Floats, Ints, Vectors, Words
from daguerre.curation.groups import Edges, edges

HASH_BITS = 256
Agree = Callable[[Ints, Ints], Bools]
#: Rows of one block of an exhaustive comparison.
_BLOCK = 1024
#: What float32 may lose in a product of two unit rows, and more.
_SLACK = 1e-4
_MOST_BITS = 31


def hash_pairs(pdq: Bytes, bits: int, fresh: Bools | None = None) -> Edges:
    """Return every pair whose hashes differ in at most `bits` bits; distance in shares of all 256.

    Args:
        pdq: `(n, 32) uint8`.
        bits: At most 31.
        fresh: `(n,) bool`: pairs of two other rows are left out; None for all pairs.

    Raises:
        ValueError: `bits` is above 31.
    """
    if bits > _MOST_BITS:
        raise ValueError(f"{bits} bits: pairs are found within {_MOST_BITS}")
    found: list[tuple[Ints, Ints, Floats]] = []
    for a, b in hash_blocks(pdq, bits, fresh):
        apart = hash_distance(pdq, a, b)
        keep = apart <= bits
        found.append((a[keep], b[keep], apart[keep] / HASH_BITS))
    return _collect(found)


def look_pairs(
    descriptor: Vectors,
    distance: float,
    *,
    projections: int | None = None,
    fresh: Bools | None = None,
    agree: Agree | None = None,
) -> Edges:
    """Return the pairs whose unit rows have a cosine distance of at most `distance`.

    Small libraries are compared all with all. Larger ones are cut into blocks first, which lose one pair in 1,000 of
    those just within the distance.

    Args:
        descriptor: `(n, d)` unit rows.
        distance: Cosine.
        projections: Of the blocks (`choose_projections`); None to choose. 0 compares all with all.
        fresh: `(n,) bool`: pairs of two other rows are left out; None for all pairs.
        agree: Says of candidates `a`, `b` which to go on with; cheaper than comparing looks.
    """
    if projections is None:
        projections = choose_projections(descriptor, distance)
    found: list[tuple[Ints, Ints, Floats]] = []
    if projections:
        candidates = look_blocks(descriptor, distance, projections, fresh)
    else:
        candidates = _all(descriptor, distance, fresh)
    for one, two in candidates:
        so = slice(None) if agree is None else agree(one, two)
        a, b = one[so], two[so]
        look = look_distance(descriptor, a, b)
        keep = look <= distance
        found.append((a[keep], b[keep], look[keep]))
    return _collect(found)


def _all(descriptor: Vectors, distance: float, fresh: Bools | None) -> Iterator[tuple[Ints, Ints]]:
    asking = np.arange(len(descriptor)) if fresh is None else np.flatnonzero(fresh)
    for at in range(0, len(asking), _BLOCK):
        rows = asking[at : at + _BLOCK]
        since = rows[0] if fresh is None else 0
        a, b = np.nonzero(descriptor[rows] @ descriptor[since:].T >= 1 - distance - _SLACK)
        yield rows[a], b + since


def moment_pairs(taken_s: Floats, device: Words, *, within_s: float, most: int = 128) -> tuple[Ints, Ints]:
    """Return the pairs of one device at most `within_s` seconds apart, each photo with at most `most` later ones.

    Rows without a time or a device pair with nothing.
    """
    rows = np.flatnonzero(~np.isnan(taken_s) & (device != ""))
    _, kind = np.unique(device[rows].astype(str), return_inverse=True)
    rows = rows[np.lexsort((rows, taken_s[rows], kind))]
    _, kind = np.unique(device[rows].astype(str), return_inverse=True)
    first, second = [], []
    for lag in range(1, min(most, len(rows) - 1) + 1):
        close = (kind[lag:] == kind[:-lag]) & (taken_s[rows[lag:]] - taken_s[rows[:-lag]] <= within_s)
        if not close.any():
            break
        first.append(rows[:-lag][close])
        second.append(rows[lag:][close])
    empty = np.zeros(0, np.int64)
    return np.concatenate([empty, *first]), np.concatenate([empty, *second])


def look_distance(descriptor: Vectors, a: Ints, b: Ints) -> Floats:
    """Return the cosine distance of given pairs; 1 where a descriptor is missing (a zero row)."""
    cosine = np.empty(len(a))
    for start in range(0, len(a), 1 << 16):
        part = slice(start, start + (1 << 16))
        cosine[part] = np.einsum("ij,ij->i", descriptor[a[part]], descriptor[b[part]])
    return np.clip(1 - cosine, 0, 1)


def hash_distance(pdq: Bytes, a: Ints, b: Ints) -> Ints:
    """Return in how many bits the hashes of given pairs differ."""
    words = np.ascontiguousarray(pdq).view(np.uint64)
    bits = np.zeros(len(a), np.int64)
    for start in range(0, len(a), 1 << 16):
        part = slice(start, start + (1 << 16))
        for word in words.T:  # four gathers of single numbers take a third of the time of one of rows
            bits[part] += np.bitwise_count(word[a[part]] ^ word[b[part]])
    return bits


def _collect(found: list[tuple[Ints, Ints, Floats]]) -> Edges:
    empty = np.zeros(0, np.int64)
    return edges(
        np.concatenate([empty, *(f[0] for f in found)]),
        np.concatenate([empty, *(f[1] for f in found)]),
        np.concatenate([np.zeros(0), *(f[2] for f in found)]),
    )

"""Which rows fall into the same or into neighbouring blocks, without a comparison of all with all.

Whether two rows do depends on these two alone: never on what else is in the library, in which order, or since when.
That is what makes comparing only what is new give the same pairs as comparing everything.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from daguerre.curation.columns import Bools, Bytes, Ints, Vectors

Keys = npt.NDArray[np.uint64]
#: Candidates held at once: about 40 bytes each.
_AT_ONCE = 1 << 18
_CHUNKS = 16
#: Tables of independent projections. Two rows at exactly the distance asked for meet in one of them with probability
#: .999 at 16 projections and .99 at 24; closer ones, which is nearly all, more surely.
_TABLES = 8
#: Width of a block in distances: a pair at the distance asked for is parted by one projection in fifteen.
_WIDTH = 12.0
#: Looks are compared as integers of this many steps, so that sums are exact and no order of adding moves a row.
_STEPS = 1024
_MOST_PROJECTIONS = 24
#: Up to here everything is one block. Above, blocks are made so fine that a row shares one with so many others.
ONE_BLOCK = 4096
_MATES = 3.0
#: Blocks that have become this much fuller are made anew, finer.
_OVERFULL = 8.0
_SAMPLE = 1 << 16


def hash_blocks(pdq: Bytes, bits: int, fresh: Bools | None = None) -> Iterator[tuple[Ints, Ints]]:
    """Yield candidate pairs: rows that agree in one of 16 chunks of 16 bits, or all but one bit of it.

    16 chunks find every pair within 15 bits, with one bit off every pair within 31 (the pigeonhole principle;
    Norouzi, Punjani and Fleet, "Fast search in Hamming space with multi-index hashing", 2012). Pairs whose first half
    differs in more than `bits` are left out. A pair may come several times.

    Args:
        pdq: `(n, 32) uint8`.
        bits: At most 31.
        fresh: `(n,) bool`: pairs of two other rows are left out; None for all pairs.
    """
    chunks = np.ascontiguousarray(pdq).view(np.uint16)
    one, two = np.ascontiguousarray(pdq[:, :16]).view(np.uint64).T.copy()
    masks = [0, *(1 << bit for bit in range(16))] if bits >= _CHUNKS else [0]
    for chunk in range(_CHUNKS):
        key = chunks[:, chunk].astype(np.int64)
        order = np.argsort(chunks[:, chunk], kind="stable")
        start = np.concatenate([[0], np.cumsum(np.bincount(key, minlength=1 << 16))])
        first, second = one[order], two[order]  # members of a block lie side by side: reading them is what costs
        asking = np.arange(len(order)) if fresh is None else np.flatnonzero(fresh[order])
        key = key[order]
        for mask in masks:
            # of two rows that differ in this bit, the one without it asks
            rows = asking[key[asking] & mask == 0] if fresh is None else asking
            other = key[rows] ^ mask
            for a, b in _meetings(rows, start[other], start[other + 1]):
                apart = np.bitwise_count(first[a] ^ first[b])
                apart += np.bitwise_count(second[a] ^ second[b])
                # half a hash parts nearly all strangers: half of 128 bits differ, give or take 6
                close = np.flatnonzero(apart <= bits)
                yield order[a[close]], order[b[close]]


def look_blocks(
    descriptor: Vectors, distance: float, projections: int, fresh: Bools | None = None
) -> Iterator[tuple[Ints, Ints]]:
    """Yield candidate pairs: rows whose blocks in one of 8 tables are equal, or one step apart in one projection.

    Projections are cut into intervals at random places (Datar, Immorlica, Indyk and Mirrokni, "Locality-sensitive
    hashing scheme based on p-stable distributions", 2004), probing the neighbours (Lv et al., "Multi-probe LSH",
    2007). Nothing is learnt from the data. A pair may come several times.

    Args:
        descriptor: `(n, d)` unit rows.
        distance: Cosine distance that pairs are wanted within.
        projections: How many a block is cut along; at least 1.
        fresh: As in `hash_blocks`.
    """
    for table in range(_TABLES):
        key, step = _block_keys(descriptor, distance, projections, table)
        order = np.argsort(key, kind="stable")
        block, start = np.unique(key[order], return_index=True)
        start = np.append(start, len(key))
        asking = order if fresh is None else order[fresh[order]]
        # a step up from one row is a step down from the other: both ways are needed only where one does not ask
        moves = [np.zeros(1, np.uint64), step] if fresh is None else [np.zeros(1, np.uint64), step, -step]
        for move in np.concatenate(moves):
            wanted = key[asking] + move
            at = np.minimum(np.searchsorted(block, wanted), len(block) - 1)
            there = block[at] == wanted
            for a, b in _meetings(asking[there], start[at[there]], start[at[there] + 1]):
                yield a, order[b]


def choose_projections(descriptor: Vectors, distance: float) -> int:
    """Return along how many projections to cut these rows, at most 24; 0 for one block of all."""
    if len(descriptor) <= ONE_BLOCK:
        return 0
    return next(
        (m for m in range(4, _MOST_PROJECTIONS, 2) if _mates(descriptor, distance, m) <= _MATES), _MOST_PROJECTIONS
    )


def still_fine(descriptor: Vectors, distance: float, projections: int) -> bool:
    """Say whether blocks that were chosen for fewer rows still serve these."""
    if projections == 0:
        return len(descriptor) <= ONE_BLOCK
    return projections == _MOST_PROJECTIONS or _mates(descriptor, distance, projections) <= _MATES * _OVERFULL


def _mates(descriptor: Vectors, distance: float, projections: int) -> float:
    """Return with how many others a row shares its block, estimated from a sample."""
    n = len(descriptor)
    sample = descriptor[:: max(1, n // _SAMPLE)]
    key, _ = _block_keys(sample, distance, projections, 0)
    counts = np.unique(key, return_counts=True)[1]
    return float((counts * (counts - 1)).sum() / max(len(sample), 1) * n / max(len(sample), 1))


def _block_keys(descriptor: Vectors, distance: float, projections: int, table: int) -> tuple[Keys, Keys]:
    """Return the block of each row, `(n,)`, and what a step along each projection adds to it, `(projections,)`."""
    dim = descriptor.shape[1]
    rng = np.random.default_rng([7, dim, projections, table])
    signs = rng.choice(np.array([-1, 1], np.float32), (dim, projections))
    width = _STEPS * _WIDTH * np.sqrt(2 * distance)
    shift = rng.uniform(0, width, projections)
    step = rng.integers(0, 1 << 63, projections, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    key = np.empty(len(descriptor), np.uint64)
    for at in range(0, len(descriptor), _SAMPLE):
        # whole numbers below 2^24 add up exactly in float32, in whatever order
        whole = np.rint(descriptor[at : at + _SAMPLE] * np.float32(_STEPS))
        cell = np.floor((whole @ signs + shift) / width).astype(np.int64)
        key[at : at + _SAMPLE] = (cell.view(np.uint64) * step).sum(1, dtype=np.uint64)
    return key, step


def _meetings(rows: Ints, start: Ints, end: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Yield each row with every number from its start to its end, a bounded number of pairs at once."""
    count = end - start
    total = np.cumsum(count)
    first = 0
    while first < len(rows):
        done = total[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(total, done + _AT_ONCE, "right")))
        many = count[first:last]
        a = np.repeat(rows[first:last], many)
        b = np.arange(len(a)) + np.repeat(start[first:last] - (np.cumsum(many) - many), many)
        yield a, b
        first = last

"""Which photos are worth comparing: pairs by hash, by look and by time, found without comparing everything twice."""

from __future__ import annotations

from typing import Any

import numpy as np

from daguerre.curation.columns import Bytes, Floats, Ints, Vectors, Words
from daguerre.curation.groups import Edges, edges

HASH_BITS = 256
#: Rows of one block of an exhaustive comparison: 2,048 x 20,000 float32 are 160 MB at most.
_BLOCK = 2048
#: From here on hashes go through tables of 16 bits: 16 tables and one flipped bit find every pair within 31 bits.
_EXHAUSTIVE_HASHES = 50_000
#: From here on looks are compared inside inverted lists only; below, every pair is.
_EXHAUSTIVE_LOOKS = 50_000
_PROBES = 16


def hash_pairs(pdq: Bytes, bits: int) -> Edges:
    """Return the pairs whose hashes differ in at most `bits` bits; distance in shares of all 256.

    Args:
        pdq: `(n, 32) uint8`.
        bits: At most 31: beyond that the tables of large libraries miss pairs.
    """
    import faiss

    index: Any = faiss.IndexBinaryFlat(HASH_BITS)
    if len(pdq) >= _EXHAUSTIVE_HASHES:
        index = faiss.IndexBinaryMultiHash(HASH_BITS, 16, 16)
        index.nflip = 1
    index.add(np.ascontiguousarray(pdq))
    found: list[tuple[Ints, Ints, Floats]] = []
    for start in range(0, len(pdq), _BLOCK):
        # faiss searches strictly below its radius
        limits, distance, hit = index.range_search(np.ascontiguousarray(pdq[start : start + _BLOCK]), bits + 1)
        row = start + np.repeat(np.arange(len(limits) - 1), np.diff(limits.astype(np.int64)))
        later = hit > row
        found.append((row[later], hit[later], distance[later] / HASH_BITS))
    return _collect(found)


def look_pairs(descriptor: Vectors, distance: float) -> Edges:
    """Return the pairs whose unit rows have a cosine distance of at most `distance`.

    Libraries of 50,000 photos and more are cut into inverted lists first (k-means, fixed seed) and lose the few pairs
    that lie in lists far apart.
    """
    if len(descriptor) >= _EXHAUSTIVE_LOOKS:
        return _look_pairs_in_lists(descriptor, distance)
    found: list[tuple[Ints, Ints, Floats]] = []
    for start in range(0, len(descriptor), _BLOCK):
        cosine = descriptor[start : start + _BLOCK] @ descriptor[start:].T
        row, hit = np.nonzero(cosine >= 1 - distance)
        later = hit > row
        row, hit = row[later], hit[later]
        found.append((row + start, hit + start, np.clip(1 - cosine[row, hit].astype(np.float64), 0, 1)))
    return _collect(found)


def _look_pairs_in_lists(descriptor: Vectors, distance: float) -> Edges:
    import faiss

    dim, lists = descriptor.shape[1], int(4 * np.sqrt(len(descriptor)))
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dim), dim, lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.seed, index.cp.niter, index.cp.max_points_per_centroid = 7, 8, 64
    index.train(descriptor)
    index.add(descriptor)
    index.nprobe = _PROBES
    found: list[tuple[Ints, Ints, Floats]] = []
    for start in range(0, len(descriptor), _BLOCK):
        limits, cosine, hit = index.range_search(descriptor[start : start + _BLOCK], 1 - distance)
        row = start + np.repeat(np.arange(len(limits) - 1), np.diff(limits.astype(np.int64)))
        later = hit > row
        found.append((row[later], hit[later], np.clip(1 - cosine[later].astype(np.float64), 0, 1)))
    return _collect(found)


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
    bits = np.empty(len(a), np.int64)
    for start in range(0, len(a), 1 << 18):
        part = slice(start, start + (1 << 18))
        bits[part] = np.bitwise_count(pdq[a[part]] ^ pdq[b[part]]).sum(1)
    return bits


def _collect(found: list[tuple[Ints, Ints, Floats]]) -> Edges:
    empty = np.zeros(0, np.int64)
    return edges(
        np.concatenate([empty, *(f[0] for f in found)]),
        np.concatenate([empty, *(f[1] for f in found)]),
        np.concatenate([np.zeros(0), *(f[2] for f in found)]),
    )

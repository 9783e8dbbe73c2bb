"""Choosing photos that stand for all: stratified by owner and year, the same ones for the same seed."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from daguerre.tables import catalogue
from daguerre.workspace import Workspace

#: Owner, and year in which the photo was taken; 0 when it does not say.
Stratum = tuple[str, int]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Photos that were chosen.

    Attributes:
        ids: Photo ids, sorted.
        population: How many photos there are.
        strata: Photos and chosen photos by stratum.
    """

    ids: tuple[str, ...]
    population: int
    strata: Mapping[Stratum, tuple[int, int]]


def choose_photos(ws: Workspace, *, size: int, seed: int) -> Choice:
    """Choose about `size` photos of the catalogue; memory holds the chosen ones, however many photos there are.

    Which photos of a stratum are chosen is decided by a hash of their ids, so neither the order of storage nor photos
    that landed meanwhile in other strata change it.
    """
    counts: Counter[Stratum] = Counter()
    for rows in catalogue.photos(ws).scan(["owner_id", "taken_at"]):
        counts.update(_strata(rows))
    wanted = allocate(counts, size=size, seed=seed)
    chosen: dict[Stratum, list[tuple[int, str]]] = {stratum: [] for stratum in wanted}
    for rows in catalogue.photos(ws).scan(["owner_id", "taken_at", "photo_id"]):
        for stratum, photo in zip(_strata(rows), rows["photo_id"].to_pylist(), strict=True):
            kept = chosen.get(stratum)
            if kept is None:
                continue
            entry = (-_lot(photo, seed), photo)
            if len(kept) < wanted[stratum]:
                heapq.heappush(kept, entry)
            else:
                heapq.heappushpop(kept, entry)
    return Choice(
        ids=tuple(sorted(photo for kept in chosen.values() for _, photo in kept)),
        population=sum(counts.values()),
        strata={stratum: (counts[stratum], len(chosen.get(stratum, ()))) for stratum in sorted(counts)},
    )


def allocate(counts: Mapping[Stratum, int], *, size: int, seed: int) -> dict[Stratum, int]:
    """Return how many photos to take of each stratum: in proportion, at least one, never more than there are.

    With more strata than `size`, as many strata as that are drawn systematically with probability in proportion to
    their size, and give one photo each (or more, the large ones).
    """
    strata = sorted(stratum for stratum, n in counts.items() if n)
    total = sum(counts[s] for s in strata)
    if total <= size:
        return {s: counts[s] for s in strata}
    if len(strata) > size:
        return _systematic(strata, [counts[s] for s in strata], size=size, seed=seed)
    # One each first; the rest by the largest remainder of what proportion asks for beyond it.
    ideal = {s: counts[s] * size / total for s in strata}
    taken = {s: min(counts[s], max(1, int(ideal[s]))) for s in strata}
    while sum(taken.values()) > size:
        taken[max((s for s in strata if taken[s] > 1), key=lambda s: (taken[s] - ideal[s], s))] -= 1
    while sum(taken.values()) < size:
        taken[max((s for s in strata if taken[s] < counts[s]), key=lambda s: (ideal[s] - taken[s], s))] += 1
    return taken


def _systematic(strata: list[Stratum], sizes: list[int], *, size: int, seed: int) -> dict[Stratum, int]:
    step = sum(sizes) / size
    marks = (np.random.default_rng(seed).random() + np.arange(size)) * step
    hit = Counter(np.searchsorted(np.cumsum(sizes), marks, side="right").tolist())
    return {strata[i]: n for i, n in sorted(hit.items())}


def _strata(rows: pa.RecordBatch) -> list[Stratum]:
    years = pc.fill_null(pc.year(rows["taken_at"]), 0)
    return list(zip(rows["owner_id"].to_pylist(), years.to_pylist(), strict=True))


def _lot(photo: str, seed: int) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed}\0{photo}".encode(), digest_size=8).digest(), "big")

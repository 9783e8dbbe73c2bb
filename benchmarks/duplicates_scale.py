"""Duplicates of large libraries: seconds, memory, planted pairs found, and what a batch of 1 % costs.

    python -m benchmarks.duplicates_scale [--photos 10000 100000 1000000] [--plain 100000]

One owner's library is made of looks (128 numbers, in themes) and hashes (256 bits). Every fifth photo is a copy of
another one (sent, cropped, filtered), a frame of its burst, or the same place on another day: alike, and no duplicate.
Beside it runs what is commonly done instead: one threshold over looks in inverted lists, and a union-find over whatever
is near. imagededup compares 64-bit hashes; it is not among the project's dependencies and does not run here.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from dataclasses import dataclass
from importlib.util import find_spec

import faiss
import numpy as np
from rich.console import Console
from rich.table import Table as Grid

from daguerre.curation.columns import PhotoColumns
from daguerre.curation.comparisons import Comparisons, compare
from daguerre.curation.duplicate_rules import RULES
from daguerre.curation.duplicates import find_again
from daguerre.curation.equals import Group
from tests.fakes.lives import START_S, columns, unit

DIM, THEMES = 128, 2000
KINDS = ("sent", "crop", "filter", "burst")
AGAIN = "again"
PLAIN_DISTANCE = 0.03


@dataclass(frozen=True, kw_only=True, eq=False)
class Planted:
    """A library and its true pairs: `copy[i]` was made from `original[i]`, as `kind[i]` says."""

    columns: PhotoColumns
    original: np.ndarray
    copy: np.ndarray
    kind: np.ndarray


def plant(photos: int, seed: int = 1) -> Planted:
    rng = np.random.default_rng(seed)
    made = photos // 5
    first = photos - made
    themes = unit(rng.normal(size=(THEMES, DIM)) + 0.6 * rng.normal(size=DIM))
    look = moved(rng, themes[rng.integers(0, THEMES, first)], rng.uniform(0.04, 0.4, first)).astype(np.float32)
    pdq = rng.integers(0, 256, (first, 32), np.uint8)
    taken = START_S + np.cumsum(rng.exponential(1800, first) + 60)
    original, kind = rng.choice(first, made, replace=False), np.array([*KINDS, AGAIN], object)[rng.integers(0, 5, made)]
    distance, bits = np.empty(made), np.empty(made, np.int64)
    for name, looks, hashes in (
        ("sent", (0, 0.006), (4, 28)),
        ("crop", (0.001, 0.006), (48, 76)),
        ("filter", (0.03, 0.4), (0, 12)),
        ("burst", (0.001, 0.03), (15, 70)),
        (AGAIN, (0.01, 0.08), (100, 156)),
    ):
        mine = kind == name
        distance[mine], bits[mine] = rng.uniform(*looks, mine.sum()), rng.integers(*hashes, mine.sum())
    later = np.where(kind == "burst", rng.uniform(0.3, 8, made), rng.uniform(3600, 30 * 86_400, made))
    burst = np.append(np.ones(first, bool), kind == "burst")
    library = columns(
        photos,
        taken_s=np.append(taken, taken[original] + later),
        trusted=burst,
        camera=np.where(burst, "Example One", "").astype(object),
        width=np.append(np.full(first, 4000), np.where(kind == "burst", 4000, 1600)),
        pdq=np.concatenate([pdq, pdq[original] ^ flips(rng, bits)]),
        descriptor=np.concatenate([look, moved(rng, look[original], distance).astype(np.float32)]),
        sharpness=rng.normal(6, 1, photos),
        document=np.zeros(photos),
    )
    order = np.argsort(library.taken_s, kind="stable")
    place = np.empty(photos, np.int64)
    place[order] = np.arange(photos)
    return Planted(columns=library.take(order), original=place[original], copy=place[first:], kind=kind)


def moved(rng: np.random.Generator, look: np.ndarray, distance: np.ndarray) -> np.ndarray:
    aside = rng.normal(size=look.shape).astype(np.float32)
    aside = unit(aside - (aside * look).sum(1, keepdims=True) * look)
    cosine = (1 - distance)[:, None]
    return cosine * look + np.sqrt(1 - cosine**2) * aside


def flips(rng: np.random.Generator, bits: np.ndarray) -> np.ndarray:
    """Return `(n, 32)` masks of exactly so many bits each."""
    masks = np.empty((len(bits), 32), np.uint8)
    for at in range(0, len(bits), 10_000):
        part = bits[at : at + 10_000]
        order = rng.random((len(part), 256)).argsort(1).argsort(1)
        masks[at : at + 10_000] = np.packbits(order < part[:, None], axis=1)
    return masks


def found_of(planted: Planted, label: np.ndarray) -> dict[str, float]:
    """Return the share of planted pairs of each kind that stand in one group."""
    together = label[planted.original] == label[planted.copy]
    return {kind: float(together[planted.kind == kind].mean()) for kind in KINDS}


def wrong_pairs(planted: Planted, label: np.ndarray) -> int:
    """Count pairs that stand in one group and are no versions or frames of one picture."""
    true = np.arange(len(label))
    copy = planted.kind != AGAIN
    true[planted.copy[copy]] = planted.original[copy]

    def count(groups: np.ndarray) -> int:
        sizes = np.unique(groups, return_counts=True)[1]
        return int((sizes * (sizes - 1) // 2).sum())

    return count(label) - count(label * len(label) + true)


def labels_of(n: int, groups: list[Group]) -> np.ndarray:
    """Return one label a photo: copies first, then the group of the copy that is kept."""
    label = np.arange(n)
    for group in groups:
        if group.kind != "burst":
            label[list(group.rows)] = group.best
    burst = np.arange(n)
    for group in groups:
        if group.kind == "burst":
            burst[list(group.rows)] = group.medoid
    return burst[label]


def without(compared: Comparisons, gone: np.ndarray) -> Comparisons:
    """Return what had been compared before some of the photos came."""
    kept = ~gone
    place = np.cumsum(kept) - 1
    both = kept[compared.a] & kept[compared.b]
    return Comparisons(
        photo_id=compared.photo_id[kept],
        facts=compared.facts[kept],
        a=place[compared.a[both]],
        b=place[compared.b[both]],
        projections=compared.projections,
        fresh=0,
    )


def plain(look: np.ndarray, distance: float) -> np.ndarray:
    """Return the labels of a union-find over everything within one distance, found in inverted lists."""
    lists = int(4 * np.sqrt(len(look)))
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(DIM), DIM, lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.niter, index.cp.max_points_per_centroid = 8, 64
    index.train(look)
    index.add(look)
    index.nprobe = 16
    parent = list(range(len(look)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for at in range(0, len(look), 4096):
        limits, _, hits = index.range_search(look[at : at + 4096], 1 - distance)
        for row in range(len(limits) - 1):
            for other in hits[int(limits[row]) : int(limits[row + 1])].tolist():
                parent[root(other)] = root(at + row)
    return np.array([root(row) for row in range(len(look))])


def peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def measure(photos: int, grid: Grid) -> None:
    planted = plant(photos)
    library = planted.columns
    started = clocks()
    groups, compared = find_again(library, None)
    took = since(started)
    shares = found_of(planted, labels_of(photos, groups)), wrong_pairs(planted, labels_of(photos, groups))
    add_row(grid, photos, "all", took, shares, f"{compared.projections} projections")
    rng = np.random.default_rng(2)
    new = np.zeros(len(compared.photo_id), bool)
    new[rng.choice(len(new), len(new) // 100, replace=False)] = True
    before = without(compared, new)
    started = clocks()
    again = compare(compared.photo_id, library.pdq, library.descriptor, before, RULES)
    took = since(started)
    same = np.array_equal(again.a, compared.a) and np.array_equal(again.b, compared.b)
    add_row(grid, photos, "1% new, compared", took, None, "equal to all" if same else "NOT EQUAL to all")
    started = clocks()
    regrouped, _ = find_again(library, before)
    took = since(started)
    add_row(grid, photos, "1% new, grouped", took, None, "equal to all" if regrouped == groups else "NOT EQUAL to all")


def measure_plain(photos: int, grid: Grid) -> None:
    planted = plant(photos)
    started = clocks()
    label = plain(planted.columns.descriptor, PLAIN_DISTANCE)
    took = since(started)
    shares = found_of(planted, label), wrong_pairs(planted, label)
    add_row(grid, photos, f"looks within {PLAIN_DISTANCE}, union-find", took, shares, "")


def clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def since(started: tuple[float, float]) -> tuple[float, float]:
    """Return seconds on the wall and of the processors; on a machine that is shared they tell different things."""
    return time.perf_counter() - started[0], time.process_time() - started[1]


def add_row(
    grid: Grid,
    photos: int,
    what: str,
    took: tuple[float, float],
    shares: tuple[dict[str, float], int] | None,
    note: str,
) -> None:
    wall, cpu = took
    found = [f"{share:.2%}" for share in shares[0].values()] if shares else [""] * len(KINDS)
    wrong = f"{shares[1]:,}" if shares else ""
    times = (f"{wall:.1f}", f"{cpu:.1f}", f"{1e6 * cpu / photos:.0f}")
    grid.add_row(f"{photos:,}", what, *times, *found, wrong, f"{peak_gb():.1f}", note)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--plain", type=int, default=100_000, help="Photos for the union-find; 0 leaves it out.")
    given = parser.parse_args()
    grid = Grid(title="Duplicates at scale", title_justify="left")
    for name in ("photos", "what", "wall s", "cpu s", "cpu us/photo", *KINDS, "wrong pairs", "peak GB", ""):
        grid.add_column(name, justify="left" if name in ("what", "") else "right")
    load = os.getloadavg()[0]
    find_again(plant(1000).columns, None)  # imports what is imported when it is first needed
    for photos in sorted(given.photos):
        measure(photos, grid)
    if given.plain:
        measure_plain(given.plain, grid)
    console = Console(width=150)
    console.print(grid)
    console.print(f"{os.cpu_count()} cores; load {load:.1f} before, {os.getloadavg()[0]:.1f} after")
    if find_spec("imagededup") is None:
        console.print("imagededup is not installed: not compared")


if __name__ == "__main__":
    main()

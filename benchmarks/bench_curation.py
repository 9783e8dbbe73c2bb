"""Curation: every algorithm against what is commonly done instead, and the seconds for one large owner.

    python -m benchmarks.bench_curation [--seeds 5]    for all comparisons

Quality is measured on generated lives with known truth (tests/fakes/lives.py), made hard on purpose; it compares
algorithms and predicts no real library. Looks and hashes keep the distances that were measured on generated pictures.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
from rich.console import Console
from rich.table import Table as Grid

from benchmarks.line import Line
from daguerre.curation.best_shot import best_frame
from daguerre.curation.columns import PhotoColumns
from daguerre.curation.duplicates import Group, find_duplicates
from daguerre.curation.events import boundaries, log_gap
from daguerre.curation.groups import components, edges
from daguerre.curation.home import Homes
from daguerre.curation.memories import make_memories
from daguerre.curation.pairs import look_pairs
from daguerre.curation.selection import diverse, select
from daguerre.curation.timeline import list_events, timeline
from daguerre.curation.trips import find_trips, trips_around
from tests.fakes.frames import Shooting, shooting
from tests.fakes.lives import DAY_S, Life, album, columns, flipped, journeys, life, moved, occasion, unit
from tests.fakes.measures import boundary_f1, f1, pair_scores, selection_scores, span_f1

PICKS = 8


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One row of the report: `ours` and `other` are what `measure` says; a floor of 0 asks for nothing."""

    task: str
    measure: str
    other_name: str
    other: float
    ours: float
    floor: float = 0.0


def event_lines(seeds: range) -> list[Comparison]:
    lines = []
    for gps, floor in ((0.7, 0.87), (0.1, 0.79)):
        lives = [life(seed, gps=gps) for seed in seeds]
        ours = mean(lives, lambda lived: boundary_f1(boundaries(lived.taken_s, lived.lat, lived.lon), lived.boundaries))
        for name, rule in {
            "calendar day": lambda lived: np.diff(np.floor(lived.taken_s / DAY_S)) > 0,
            "gap of 3 h": lambda lived: np.diff(lived.taken_s) > 3 * 3600,
            "log gap": lambda lived: log_gap(lived.taken_s),
        }.items():
            other = mean(lives, lambda lived, rule=rule: boundary_f1(rule(lived), lived.boundaries))
            task = f"events, {gps:.0%} with GPS"
            lines.append(
                Comparison(task=task, measure="boundary F1", other_name=name, other=other, ours=ours, floor=floor)
            )
    return lines


def trip_lines(seeds: range) -> list[Comparison]:
    lines = []
    for task, gps, at_home in (
        ("trips, 70% with GPS", 0.7, 1.0),
        ("trips, 20% with GPS", 0.2, 1.0),
        ("trips, few photos at home", 0.7, 0.12),
    ):
        lives = [journeys(seed, gps=gps, at_home=at_home) for seed in seeds]
        ours, other = mean(lives, trips_by_days), mean(lives, trips_by_median)
        lines.append(Comparison(task=task, measure="F1", other_name="median home", other=other, ours=ours, floor=0.95))
    return lines


def trips_by_days(lived: Life) -> float:
    found = find_trips(lived.taken_s, np.zeros(len(lived.taken_s)), lived.lat, lived.lon)
    return span_f1([(trip.first, trip.last) for trip in found], true_trips(lived))


def trips_by_median(lived: Life) -> float:
    home = Homes(overall=(float(np.nanmedian(lived.lat)), float(np.nanmedian(lived.lon))), by_year={})
    found = trips_around(home, lived.taken_s, lived.taken_s, lat=lived.lat, lon=lived.lon)
    return span_f1([(trip.first, trip.last) for trip in found], true_trips(lived))


def true_trips(lived: Life) -> list[tuple[int, int]]:
    rows = [np.flatnonzero(lived.trip == trip) for trip in np.unique(lived.trip[lived.trip > 0])]
    return [(int(r[0]), int(r[-1])) for r in rows]


def duplicate_lines(seeds: range) -> list[Comparison]:
    albums = [album(seed) for seed in seeds]
    ours = np.mean([pair_scores(group_labels(a.columns, find_duplicates(a.columns)), a.group) for a in albums], axis=0)
    lines = []
    for distance in (0.1, 0.03):
        merged = [components(len(a.group), look_pairs(a.columns.descriptor, distance)) for a in albums]
        other = np.mean([pair_scores(m, a.group) for m, a in zip(merged, albums, strict=True)], axis=0)
        name = f"look within {distance}, merged"
        for at, measure, floor in ((0, "pair precision", 0.93), (1, "pair recall", 0.9)):
            values = {"other": float(other[at]), "ours": float(ours[at])}
            lines.append(Comparison(task="duplicates", measure=measure, other_name=name, floor=floor, **values))
    return lines


def group_labels(photos: PhotoColumns, groups: list[Group]) -> np.ndarray:
    links = np.array([(g.medoid, row) for g in groups for row in g.rows if row != g.medoid], int).reshape(-1, 2)
    return components(len(photos), edges(links[:, 0], links[:, 1], np.zeros(len(links))))


def best_shot_line(seeds: range) -> Comparison:
    """Ask whether a chosen frame beats another one of its burst, painted and measured by the real extractor."""
    bursts = [shooting(100 * seed + i) for seed in seeds for i in range(20)]

    def won(choose: Callable[[Shooting], int]) -> float:
        wins = []
        for burst in bursts:
            best = choose(burst)
            wins += (burst.quality[best] > np.delete(burst.quality, best)).tolist()
        return float(np.mean(wins))

    return Comparison(
        task="best of a burst",
        measure="pairs won",
        other_name="sharpest",
        other=won(lambda burst: int(burst.columns.sharpness.argmax())),
        ours=won(lambda burst: best_frame(burst.columns, burst.rows).row),
        floor=0.8,
    )


def selection_lines() -> list[Comparison]:
    made = [each for each in map(occasion, range(300)) if len(each.quality) >= 20]

    def score(picker: Callable[..., np.ndarray]) -> np.ndarray:
        return np.mean([selection_scores(picker(e), e.moment, e.quality, PICKS) for e in made], axis=0)

    ours = score(lambda e: select(e.taken_s, e.quality, e.look, np.arange(len(e.quality)), most=PICKS))
    others = {
        "best by quality": score(lambda e: np.argsort(-e.quality)[:PICKS]),
        "MMR over all photos": score(lambda e: diverse(e.quality, e.look, PICKS)),
    }
    lines = []
    for name, other in others.items():
        for measure, a, b, floor in (
            (f"moments covered@{PICKS}", ours[0], other[0], 0.9),
            (f"good pictures@{PICKS}", ours[1], other[1], 0.8),
            ("F1 of both", f1(*ours), f1(*other), 0.0),
        ):
            values = {"other": float(b), "ours": float(a), "floor": floor}
            lines.append(Comparison(task="selection", measure=measure, other_name=name, **values))
    return lines


def mean(lives: list[Life], score: Callable[[Life], float]) -> float:
    return float(np.mean([score(lived) for lived in lives]))


def large_library(photos: int, seed: int = 1) -> PhotoColumns:
    """Return one owner's library; a tenth of the photos are copies or frames of the one before."""
    rng = np.random.default_rng(seed)
    years = max(2, photos // 4000)
    lived = journeys(seed, years=years)
    rows = np.sort(rng.choice(len(lived.taken_s), size=min(photos, len(lived.taken_s)), replace=False))
    n, dim = len(rows), 266
    themes = unit(np.abs(rng.normal(size=(200, dim))))
    look = unit(themes[rng.integers(0, 200, n)] + 0.5 * rng.normal(size=(n, dim)) / np.sqrt(dim) * 4)
    bits, taken = rng.random((n, 256)) < 0.5, lived.taken_s[rows].copy()
    for row in range(10, n, 10):
        look[row] = moved(rng, look[row - 1], float(rng.uniform(0, 0.02)))
        bits[row] = flipped(rng, bits[row - 1], int(rng.integers(0, 60)))
        taken[row] = taken[row - 1] + float(rng.choice([0.0, 0.5, 2.0, 5.0]))
    order = np.argsort(taken, kind="stable")
    return columns(
        n,
        taken_s=taken[order],
        lat=lived.lat[rows][order],
        lon=lived.lon[rows][order],
        place=np.where(lived.trip[rows][order] > 0, "Lisbon, PT", "Munich, DE").astype(object),
        descriptor=look[order].astype(np.float32),
        pdq=np.packbits(bits[order], axis=1),
        sharpness=rng.normal(6, 1, n),
        document=np.zeros(n),
    ).in_order()


def speed_lines(photos: int) -> list[Line]:
    library = large_library(photos)
    steps: dict[str, Callable[[], int]] = {
        "duplicates": lambda: len(find_duplicates(library)),
        "events and trips": lambda: len(list_events(timeline(library))),
        "memories": lambda: len(make_memories(timeline(library), np.arange(len(library)), date(2035, 5, 1))),
    }
    lines = []
    for name, step in steps.items():
        started = time.perf_counter()
        assert step()
        took = time.perf_counter() - started
        what = f"{name}, owner of {len(library):,}"
        lines.append(Line(what=what, measured=len(library) / took, unit="photos/s"))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [*lines, Line(what="  peak memory", measured=peak_mb, unit="MB")]


def quality_grid(lines: list[Comparison]) -> Grid:
    grid = Grid(title="Quality on generated lives", title_justify="left")
    for name in ("task", "measure", "instead", "that", "ours", "floor"):
        grid.add_column(name, justify="left" if name in ("task", "measure", "instead") else "right")
    for line in lines:
        missed = "[red]" if line.ours < line.floor else ""
        floor = f"{line.floor:.2f}" if line.floor else ""
        grid.add_row(line.task, line.measure, line.other_name, f"{line.other:.3f}", f"{missed}{line.ours:.3f}", floor)
    return grid


def comparisons(seeds: range) -> list[Comparison]:
    return [
        *event_lines(seeds),
        *trip_lines(seeds),
        *duplicate_lines(seeds),
        best_shot_line(seeds),
        *selection_lines(),
    ]


def measure(quick: bool) -> list[Line]:
    speed = speed_lines(5_000 if quick else 20_000)
    floors = {(each.task, each.measure): each for each in comparisons(range(5)) if each.floor}
    return [
        *speed,
        *(
            Line(what=f"{task}: {name}", measured=each.ours, unit="", at_least=each.floor)
            for (task, name), each in floors.items()
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    Console(width=120).print(quality_grid(comparisons(range(parser.parse_args().seeds))))


if __name__ == "__main__":
    main()

"""The tasks of curation, each measured per stratum on generated lives, ours and a common rule on the same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from benchmarks.bench_curation import group_labels, trips_by_days, trips_by_median
from benchmarks.curation_goals import Goal, Row
from daguerre.curation.best_shot import best_frame
from daguerre.curation.clock_skew import apply_skews, find_skews
from daguerre.curation.columns import PhotoColumns
from daguerre.curation.duplicates import find_duplicates
from daguerre.curation.events import boundaries
from daguerre.curation.exclusion_rules import ExclusionRules, excluded
from daguerre.curation.exclusions import never_shown
from daguerre.curation.groups import components
from daguerre.curation.pairs import look_pairs
from daguerre.curation.selection import moment_labels, select
from daguerre.curation.significance import kilometres, significance
from daguerre.stages.feed import still_shown
from tests.fakes.frames import Shooting, shooting
from tests.fakes.lives import DAY_S, START_S, Album, Life, Occasion, album, columns, journeys, life, occasion
from tests.fakes.measures import average_precision, boundary_f1, pair_scores, selection_scores
from tests.fakes.stories import Story, story
from tests.fakes.two_cameras import TwoCameras, two_cameras

PICKS = 8
_UNTIL_S = START_S + 1e9


def events(seeds: range, *, years: int = 2, told: bool = True) -> list[Row]:
    """Cut lives into events; calendar days are what most galleries do."""
    rows = []
    for name, gps, floor, aim in (("70 % GPS", 0.7, 0.87, 0.92), ("10 % GPS", 0.1, 0.79, 0.84)):
        goal = Goal(task=f"events, {name}", measure="boundary F1", baseline="calendar day", floor=floor, aim=aim)
        for stratum, asked, given in (
            ("a second camera an hour off", True, {"years": years}),
            ("one camera", False, {"years": years, "skewed_clock": False}),
            (f"{2 * years} years", False, {"years": 2 * years}),
        ):
            if not (asked or told):
                continue
            lives = [life(seed, gps=gps, **given) for seed in seeds]
            theirs = [boundary_f1(np.diff(np.floor(lived.taken_s / DAY_S)) > 0, lived.boundaries) for lived in lives]
            rows.append(Row(goal=goal, stratum=stratum, theirs=theirs, ours=list(map(_events_f1, lives)), asked=asked))
    return rows


def _events_f1(lived: Life) -> float:
    return boundary_f1(boundaries(lived.taken_s, lived.lat, lived.lon), lived.boundaries)


def clocks(seeds: range, *, years: int = 2, told: bool = True) -> list[Row]:
    """Find a second camera's wrong clock, and cut the corrected life into events."""
    found = Goal(task="clock skew", measure="offset within 60 s", baseline="none", floor=0.95, aim=0.95)
    repaired = Goal(task="clock skew", measure="boundary F1", baseline="as written", floor=0.04, aim=0.04, of_gain=True)
    rows = []
    for stratum, given, asked in (
        ("one hour", {}, True),
        ("37 minutes, 10 % GPS", {"offsets_s": (-2220.0,), "gps": 0.1}, False),
        ("set again half way", {"offsets_s": (3600.0, -7200.0)}, False),
    ):
        if not (asked or told):
            continue
        lives = [two_cameras(seed, years=years, **given) for seed in seeds]
        mended = [apply_skews(lived.columns, find_skews(lived.columns)) for lived in lives]
        hits = [_within_a_minute(lived, made) for lived, made in zip(lives, mended, strict=True)]
        rows.append(Row(goal=found, stratum=stratum, theirs=[0.0] * len(hits), ours=hits, asked=asked))
        before = [_cut(lived, lived.columns) for lived in lives]
        after = [_cut(lived, made) for lived, made in zip(lives, mended, strict=True)]
        rows.append(Row(goal=repaired, stratum=stratum, theirs=before, ours=after, asked=asked))
        if told:
            right = [_cut(lived, replace(lived.columns, taken_s=lived.true_s).in_order()) for lived in lives]
            name = f"{stratum}: true times"
            rows.append(Row(goal=repaired, stratum=name, theirs=before, ours=right, asked=False))
    return rows


def _within_a_minute(lived: TwoCameras, mended: PhotoColumns) -> float:
    """Return the share of the wrong photos whose time is right to a minute now."""
    row_of = {photo: row for row, photo in enumerate(mended.photo_id.tolist())}
    off = mended.skew_s[[row_of[photo] for photo in lived.columns.photo_id.tolist()]]
    wrong = lived.late_s != 0
    return float((np.abs(off - lived.late_s)[wrong] <= 60).mean())


def _cut(lived: TwoCameras, photos: PhotoColumns) -> float:
    event_of = dict(zip(lived.columns.photo_id.tolist(), lived.event.tolist(), strict=True))
    event = np.array([event_of[photo] for photo in photos.photo_id.tolist()])
    return boundary_f1(boundaries(photos.taken_s, photos.lat, photos.lon), np.diff(event) != 0)


def trips(seeds: range) -> list[Row]:
    """Find the journeys; around the median of all photos is what one reads in most scripts."""
    goal = Goal(task="trips", measure="F1", baseline="median home", floor=0.95, aim=0.98)
    rows = []
    for stratum, gps, at_home in (
        ("70 % GPS", 0.7, 1.0),
        ("20 % GPS", 0.2, 1.0),
        ("few photos at home", 0.7, 0.12),
    ):
        lives = [journeys(seed, gps=gps, at_home=at_home) for seed in seeds]
        theirs, ours = list(map(trips_by_median, lives)), list(map(trips_by_days, lives))
        rows.append(Row(goal=goal, stratum=stratum, theirs=theirs, ours=ours))
    return rows


def duplicates(seeds: range, *, sizes: Iterable[int] = (400, 1200)) -> list[Row]:
    """Group equals; merging every pair that looks alike is union-find, the usual script."""
    rows = []
    for scenes in sizes:
        albums = [album(seed, scenes=scenes) for seed in seeds]
        ours = [pair_scores(group_labels(a.columns, find_duplicates(a.columns)), a.group) for a in albums]
        theirs = [_merged(a) for a in albums]
        for at, (measure, floor, aim) in enumerate((("pair precision", 0.84, 0.93), ("pair recall", 0.9, 0.9))):
            goal = Goal(task="duplicates", measure=measure, baseline="union-find", floor=floor, aim=aim)
            stratum = f"{scenes:,} scenes"
            rows.append(
                Row(goal=goal, stratum=stratum, theirs=[t[at] for t in theirs], ours=[float(o[at]) for o in ours])
            )
    return rows


def _merged(a: Album, distance: float = 0.1) -> tuple[float, float]:
    return pair_scores(components(len(a.group), look_pairs(a.columns.descriptor, distance)), a.group)


def best_shot(seeds: range, *, bursts: int = 30) -> list[Row]:
    """Choose the frame of a burst; the truth is what the camera did, the signals are measured on pixels."""
    goal = Goal(task="best shot", measure="pairs won", baseline="first frame", floor=0.8, aim=0.9)
    rows = []
    for stratum, engaged in (("pixels alone", False), ("owners like some", True)):
        made = [[shooting(seed * bursts + i, engaged=engaged) for i in range(bursts)] for seed in seeds]
        ours = [_won(some, lambda burst: best_frame(burst.columns, burst.rows).row) for some in made]
        theirs = [_won(some, lambda _: 0) for some in made]
        rows.append(Row(goal=goal, stratum=stratum, theirs=theirs, ours=ours))
    return rows


def _won(bursts: list[Shooting], chosen: Callable[[Shooting], int]) -> float:
    wins: list[bool] = []
    for burst in bursts:
        best = chosen(burst)
        wins += (burst.quality[best] > np.delete(burst.quality, best)).tolist()
    return float(np.mean(wins))


def selection(seeds: range, *, occasions: int = 60) -> list[Row]:
    """Choose eight photos of an occasion; the best by quality are what a top list gives."""
    made = [[occasion(seed * occasions + i) for i in range(occasions)] for seed in seeds]
    rows = []
    for stratum, fewest, most in (
        ("20 photos and more", 20, 10_000),
        ("20 to 60", 20, 60),
        ("more than 60", 61, 10_000),
    ):
        some = [[one for one in each if fewest <= len(one.quality) <= most] for each in made]
        ours = [_picked(each, lambda o: select(o.taken_s, o.quality, o.look, _alone(o), most=PICKS)) for each in some]
        theirs = [_picked(each, lambda o: np.argsort(-o.quality)[:PICKS]) for each in some]
        for at, (measure, floor, aim) in enumerate(
            ((f"moments covered@{PICKS}", 0.9, 1.0), (f"good pictures@{PICKS}", 0.8, 0.85))
        ):
            goal = Goal(task="selection of 8", measure=measure, baseline="best by quality", floor=floor, aim=aim)
            values = {"theirs": [float(t[at]) for t in theirs], "ours": [float(o[at]) for o in ours]}
            rows.append(Row(goal=goal, stratum=stratum, asked=fewest == 20 and most > 60, **values))
    return rows


def _alone(one: Occasion) -> np.ndarray:
    return np.arange(len(one.quality))


def _picked(some: list[Occasion], picker: Callable[[Occasion], np.ndarray]) -> np.ndarray:
    return np.mean([selection_scores(picker(one), one.moment, one.quality, PICKS) for one in some], axis=0)


def exclusions(seeds: range, *, pairs: int = 20_000) -> list[Row]:
    """Read memories under rules that came after them; `pairs` of rules and memories for each seed."""
    goal = Goal(task="exclusions", measure="shown against the rules", baseline="as made", floor=0, aim=0, at_most=True)
    counts = [_shown_against_rules(seed, pairs) for seed in seeds]
    stratum = f"{pairs * len(seeds):,} pairs"
    return [Row(goal=goal, stratum=stratum, theirs=[c[0] for c in counts], ours=[c[1] for c in counts])]


def _shown_against_rules(seed: int, pairs: int, *, memories: int = 50) -> tuple[float, float]:
    rng, as_made, as_read = np.random.default_rng(seed), 0, 0
    places, concepts = ["Lisbon, PT", "Oslo, NO", "Rome, IT"], ["dog", "beach", "food"]
    for _ in range(pairs // memories):
        n = 80
        library = columns(
            n,
            taken_s=START_S + np.sort(rng.uniform(0, 800 * DAY_S, n)),
            place=rng.choice(np.array(places, object), n),
            concept=rng.choice(np.array(concepts, object), n),
        )
        ids = library.photo_id.tolist()
        rules = ExclusionRules(
            archived=frozenset(rng.choice(ids, int(rng.integers(8))).tolist()),
            places=frozenset(rng.choice(places, int(rng.integers(2))).tolist()),
            classes=frozenset(rng.choice(concepts, int(rng.integers(2))).tolist()),
        )
        allowed = set(library.photo_id[~excluded(library, rules, until_s=_UNTIL_S)].tolist())
        for _ in range(memories):
            photos = sorted(rng.choice(n, int(rng.integers(4, 13)), replace=False).tolist())
            row = {"photo_ids": [ids[p] for p in photos], "cover_id": ids[photos[0]]}
            kept = still_shown(row, allowed)
            as_made += sum(_forbidden(library, rules, p) for p in photos)
            shown = [ids.index(photo) for photo in kept["photo_ids"]] if kept else []
            as_read += sum(_forbidden(library, rules, p) for p in shown)
    return float(as_made), float(as_read)


def _forbidden(library: PhotoColumns, rules: ExclusionRules, row: int) -> bool:
    """Look at one photo at a time, as an owner would."""
    return (
        library.photo_id[row] in rules.archived
        or library.place[row] in rules.places
        or library.concept[row] in rules.classes
    )


def significant_days(seeds: range, *, years: int = 1) -> list[Row]:
    """Rank the days of a life; the number of photos is what a heat map shows."""
    goal = Goal(
        task="significant days", measure="AP of big days", baseline="photo count", floor=0.15, aim=0.25, of_gain=True
    )
    told = [story(seed, years=years) for seed in seeds]
    rows = []
    for stratum, change in {
        "everything known": lambda photos: photos,
        "10 % GPS": _with_little_gps,
        "no names, nothing marked": _unmarked,
        "neither, 10 % GPS": lambda photos: _with_little_gps(_unmarked(photos)),
    }.items():
        scores = [_judged(one, change(one.columns)) for one in told]
        rows.append(
            Row(
                goal=goal,
                stratum=stratum,
                theirs=[by_count for by_count, _ in scores],
                ours=[ours for _, ours in scores],
            )
        )
    return rows


def _judged(told: Story, photos: PhotoColumns) -> tuple[float, float]:
    day, label = np.unique(photos.local_day.astype(int), return_inverse=True)
    big = np.array([int(d) in told.big for d in day])
    moment = moment_labels(photos.taken_s, photos.descriptor, np.arange(len(photos)))
    shown = ~never_shown(photos, until_s=_UNTIL_S)
    found = significance(photos, label, moment, shown, kilometres(photos))
    return average_precision(np.bincount(label).astype(float), big), average_precision(found.score, big)


def _with_little_gps(photos: PhotoColumns) -> PhotoColumns:
    """Leave positions on every tenth day."""
    lost = photos.local_day.astype(int) % 10 > 0
    return replace(photos, lat=np.where(lost, np.nan, photos.lat), lon=np.where(lost, np.nan, photos.lon))


def _unmarked(photos: PhotoColumns) -> PhotoColumns:
    nobody = np.empty(len(photos), object)
    nobody[:] = [()] * len(photos)
    return replace(photos, people=nobody, favorites=np.zeros(len(photos)), views=np.zeros(len(photos)))


#: In the order in which a photo meets them.
TASKS: dict[str, Callable[[range], list[Row]]] = {
    "clocks": clocks,
    "events": events,
    "trips": trips,
    "duplicates": duplicates,
    "best-shot": best_shot,
    "selection": selection,
    "exclusions": exclusions,
    "significance": significant_days,
}

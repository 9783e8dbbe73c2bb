"""Memories: a few photos of something that mattered, with a title and the reason why they are shown.

Made from events and trips, not from dates alone: a day with three photos of a parking lot is no memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import numpy as np

from daguerre.curation.columns import Bools, Floats, Ints, PhotoColumns
from daguerre.curation.exclusions import never_shown
from daguerre.curation.groups import runs
from daguerre.curation.selection import RULES as SELECTION_RULES
from daguerre.curation.selection import SelectionRules, best_of_each, cover, diverse, moment_labels, proposals
from daguerre.curation.timeline import Timeline, places_by_photos
from daguerre.curation.titles import (
    DEFAULT_LOCALE,
    day_reason,
    day_title,
    month_reason,
    month_title,
    trip_reason,
    trip_title,
)
from daguerre.curation.trips import Trip

Kind = Literal["on_this_day", "trip", "best_of_month"]


@dataclass(frozen=True, kw_only=True)
class MemoryRules:
    """What is worth a memory, and how much of it is shown.

    Attributes:
        fewest, most: Photos of one memory.
        of_event: Most photos that one event of a trip or month may propose.
        month_moments: A month with fewer moments has no best.
        of_kind: Most memories of one kind.
        second_place: A second place is named when it has this share of a trip's photos.
        weight_of_day, weight_of_trip, weight_of_month: What a kind is worth on its day.
    """

    fewest: int = 4
    most: int = 12
    of_event: int = 5
    month_moments: int = 8
    of_kind: int = 12
    second_place: float = 0.3
    weight_of_day: float = 1.0
    weight_of_trip: float = 0.8
    weight_of_month: float = 0.6
    selection: SelectionRules = SELECTION_RULES
    locale: str = DEFAULT_LOCALE


RULES = MemoryRules()


@dataclass(frozen=True, kw_only=True)
class Memory:
    """One memory.

    Attributes:
        key: What it is about, stable while its photos change: kind, and day, month or first day of the trip.
        score: 0..1.
        rank: 1 for the best of this owner.
        cover: Row of the timeline.
        rows: Rows of the timeline in order of time.
        starts_s, ends_s: First and last capture time of what the memory is about, seconds since 1970 UTC.
    """

    kind: Kind
    key: str
    title: str
    reason: str
    score: float
    rank: int
    cover: int
    rows: tuple[int, ...]
    starts_s: float
    ends_s: float


@dataclass(frozen=True, kw_only=True, eq=False)
class _Stock:
    """What memories are made from: the timeline, what of it may be shown, and its moments."""

    line: Timeline
    shown: Bools
    moment: Ints
    equals: Ints
    usual: float  # moments of the owner's usual event
    made_for: date
    rules: MemoryRules


def make_memories(line: Timeline, equals: Ints, made_for: date, rules: MemoryRules = RULES) -> list[Memory]:
    """Return the memories of one owner for one day, best first.

    Args:
        line: The owner's timeline.
        equals: `(n,)` group of duplicates of each photo of the timeline; photos alone have a number of their own.
        made_for: The day on which they are shown.
        rules: What is worth it.
    """
    columns = line.columns
    end_of_day = datetime.combine(made_for + timedelta(days=1), datetime.min.time(), UTC).timestamp()
    shown = ~never_shown(columns, until_s=end_of_day) & (columns.local_s < end_of_day)
    moment = moment_labels(columns.taken_s, columns.descriptor, equals, rules.selection)
    sizes = [len(np.unique(moment[rows])) for rows in runs(line.event)]
    usual = float(np.median(sizes)) if sizes else 0.0
    stock = _Stock(line=line, shown=shown, moment=moment, equals=equals, usual=usual, made_for=made_for, rules=rules)
    found = [m for kind in (_on_this_day, _trips, _best_of_months) for m in _top(kind(stock), rules.of_kind)]
    ranked = sorted(found, key=_by_score)
    return [replace(memory, rank=place) for place, memory in enumerate(ranked, start=1)]


def _by_score(memory: Memory) -> tuple[float, str]:
    return -memory.score, memory.key


def _top(memories: list[Memory], most: int) -> list[Memory]:
    return sorted(memories, key=_by_score)[:most]


def _on_this_day(stock: _Stock) -> list[Memory]:
    """Return the days of earlier years with this date on which an event took place that was more than usual."""
    columns, found = stock.line.columns, []
    days = columns.local_s.astype("datetime64[s]").astype("datetime64[D]")
    for year in range(int(days.min().astype(object).year) if len(days) else stock.made_for.year, stock.made_for.year):
        day = _same_day(stock.made_for, year)
        rows = np.flatnonzero(days == np.datetime64(day))
        rows = rows[_significant(stock, rows)]
        memory = _memory(
            stock,
            rows,
            kind="on_this_day",
            key=f"on_this_day/{day.isoformat()}",
            title=day_title(stock.made_for.year - year, _named(stock, rows), stock.rules.locale),
            reason=lambda picks, day=day, rows=rows: day_reason(  # type: ignore[misc]
                on=day, photos=len(rows), picks=picks, locale=stock.rules.locale
            ),
            weight=stock.rules.weight_of_day,
            usual=stock.usual,
            novelty=0.5,
        )
        found += [memory] if memory else []
    return found


def _trips(stock: _Stock) -> list[Memory]:
    found = []
    for trip in stock.line.trips:
        memory = _trip(stock, trip)
        found += [memory] if memory else []
    return found


def _trip(stock: _Stock, trip: Trip) -> Memory | None:
    columns, rules = stock.line.columns, stock.rules
    rows = np.arange(trip.first, trip.last + 1)
    start = _date(columns.local_s[trip.first])
    days = int(columns.local_day[trip.last] - columns.local_day[trip.first]) + 1
    return _memory(
        stock,
        rows,
        kind="trip",
        key=f"trip/{start.isoformat()}",
        title=trip_title(days, _named(stock, rows), start, rules.locale),
        reason=lambda picks: trip_reason(
            km=_rounded_km(trip.farthest_km), photos=len(rows), days=days, picks=picks, locale=rules.locale
        ),
        weight=rules.weight_of_trip,
        usual=4 * stock.usual,
        novelty=min(1.0, trip.farthest_km / 1000),
    )


def _best_of_months(stock: _Stock) -> list[Memory]:
    """Return the best of every month that is over."""
    columns, found = stock.line.columns, []
    month = columns.local_s.astype("datetime64[s]").astype("datetime64[M]")
    present = np.datetime64(stock.made_for, "M")
    months = {first: np.flatnonzero(month == first) for first in np.unique(month[month < present])}
    sizes = {first: len(np.unique(stock.moment[rows[stock.shown[rows]]])) for first, rows in months.items()}
    for first, rows in months.items():
        if sizes[first] < stock.rules.month_moments:
            continue
        start: date = first.astype("datetime64[D]").astype(object)
        events = len(np.unique(stock.line.event[rows]))
        memory = _memory(
            stock,
            rows,
            kind="best_of_month",
            key=f"best_of_month/{start:%Y-%m}",
            title=month_title(start, stock.rules.locale),
            reason=lambda picks, start=start, rows=rows, events=events: month_reason(  # type: ignore[misc]
                start=start, photos=len(rows), events=events, picks=picks, locale=stock.rules.locale
            ),
            weight=stock.rules.weight_of_month,
            usual=float(np.median(list(sizes.values()))),
            novelty=0.0,
        )
        found += [memory] if memory else []
    return found


def _memory(
    stock: _Stock,
    rows: Ints,
    *,
    kind: Kind,
    key: str,
    title: str,
    reason: Callable[[int], str],
    weight: float,
    usual: float,
    novelty: float,
) -> Memory | None:
    """Choose the photos of one memory and score it; None when too few are left to show.

    The score is `weight` x (size, against the `usual` moments of such a thing; quality of the photos; `novelty`).
    """
    picks = _highlights(stock, rows[stock.shown[rows]])
    if len(picks) < stock.rules.fewest:
        return None
    columns, quality = stock.line.columns, stock.line.quality
    moments = len(np.unique(stock.moment[rows]))
    size = moments / (moments + max(usual, 1.0))
    score = weight * (0.5 * size + 0.3 * float(quality[picks].mean()) + 0.2 * novelty)
    return Memory(
        kind=kind,
        key=key,
        title=title,
        reason=reason(len(picks)),
        score=float(score),
        rank=0,
        cover=int(picks[cover(_upright_first(columns, picks, quality[picks]), columns.descriptor[picks])]),
        rows=tuple(picks.tolist()),
        starts_s=float(columns.taken_s[rows[0]]),
        ends_s=float(columns.taken_s[rows[-1]]),
    )


def _highlights(stock: _Stock, rows: Ints) -> Ints:
    """Return the rows to show of those given, ascending: some of each event, no duplicates, unlike each other."""
    if not len(rows):
        return rows
    look, quality, rules = stock.line.columns.descriptor, stock.line.quality, stock.rules
    pool = []
    for part in runs(stock.line.event[rows]):
        of_event = rows[part]
        of_event = of_event[
            proposals(stock.moment[of_event], stock.equals[of_event], quality[of_event], rules.selection)
        ]
        pool.append(of_event[diverse(quality[of_event], look[of_event], rules.of_event, rules.selection)])
    chosen = np.sort(np.concatenate(pool))
    # Duplicates may lie in two events: a copy that kept its time, a burst cut in two.
    chosen = chosen[best_of_each(stock.equals[chosen], quality[chosen])]
    return np.sort(chosen[diverse(quality[chosen], look[chosen], rules.most, rules.selection)])


def _significant(stock: _Stock, rows: Ints) -> Bools:
    """Return which rows lie in an event of more moments than the owner's usual one."""
    least = max(stock.usual, float(stock.rules.fewest))
    large = {
        int(event)
        for event in np.unique(stock.line.event[rows])
        if len(np.unique(stock.moment[stock.line.event == event])) >= least
    }
    return np.isin(stock.line.event[rows], sorted(large))


def _named(stock: _Stock, rows: Ints) -> list[str]:
    """Return the place that most of the photos show, and a second one if it has its share."""
    places = places_by_photos(stock.line.columns, rows)
    placed = sum(count for _, count in places)
    return [name for i, (name, count) in enumerate(places[:2]) if i == 0 or count >= stock.rules.second_place * placed]


def _upright_first(columns: PhotoColumns, rows: Ints, quality: Floats) -> Floats:
    """Return the quality with a small bonus for pictures that survive being cropped to a card: not extreme in shape."""
    shape = columns.width[rows] / np.maximum(columns.height[rows], 1)
    return quality + 0.1 * ((shape > 0.6) & (shape < 2.0)) - 0.2 * (columns.media[rows] == "video")


def _same_day(day: date, year: int) -> date:
    """Return the same day of another year; the 29th of February is remembered on the 1st of March."""
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def _rounded_km(km: float) -> float:
    return round(km, -1) if km < 1000 else round(km, -2)


def _date(local_s: float) -> date:
    return datetime.fromtimestamp(local_s, UTC).date()

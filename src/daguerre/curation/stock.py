"""What memories are made from, and the making of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from daguerre.curation.columns import Bools, Floats, Ints, PhotoColumns
from daguerre.curation.exclusion_rules import ExclusionRules, excluded
from daguerre.curation.groups import runs
from daguerre.curation.memory import Kind, Memory, MemoryRules
from daguerre.curation.selection import best_of_each, choose, cover, diverse, moment_labels
from daguerre.curation.timeline import Timeline, places_by_photos


@dataclass(frozen=True, kw_only=True, eq=False)
class Stock:
    """One owner's photos on one day, n of them.

    Attributes:
        line: The owner's timeline.
        shown: `(n,)` which photos may be shown.
        past: `(n,)` which photos were taken by the end of the day.
        moment, equals: `(n,)` moment and group of duplicates of each photo.
        sizes: How many moments each event has, by its number.
        usual: The median of those.
        made_for: The day.
    """

    line: Timeline
    shown: Bools
    past: Bools
    moment: Ints
    equals: Ints
    sizes: Ints
    usual: float
    made_for: date
    rules: MemoryRules


def stock_up(line: Timeline, equals: Ints, made_for: date, rules: MemoryRules, exclusions: ExclusionRules) -> Stock:
    """Look once at the whole timeline; arguments as for `make_memories`."""
    columns = line.columns
    end_of_day = datetime.combine(made_for + timedelta(days=1), datetime.min.time(), UTC).timestamp()
    past = columns.local_s < end_of_day
    moment = moment_labels(columns.taken_s, columns.descriptor, equals, rules.selection)
    sizes = moments_of(line.event, moment)
    return Stock(
        line=line,
        shown=past & ~excluded(columns, exclusions, until_s=end_of_day),
        past=past,
        moment=moment,
        equals=equals,
        sizes=sizes,
        usual=float(np.median(sizes)) if len(sizes) else 0.0,
        made_for=made_for,
        rules=rules,
    )


def compose(
    stock: Stock,
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


def _highlights(stock: Stock, rows: Ints) -> Ints:
    """Return the rows to show of those given, ascending: some of each event, no duplicates, unlike each other."""
    if not len(rows):
        return rows
    look, quality, rules = stock.line.columns.descriptor, stock.line.quality, stock.rules
    pool = []
    for part in runs(stock.line.event[rows]):
        of_event = rows[part]
        of_moment, equals = stock.moment[of_event], stock.equals[of_event]
        picks = choose(of_moment, quality[of_event], look[of_event], equals, most=rules.of_event, rules=rules.selection)
        pool.append(of_event[picks])
    chosen = np.sort(np.concatenate(pool))
    # Duplicates may lie in two events: a copy that kept its time, a burst cut in two.
    chosen = chosen[best_of_each(stock.equals[chosen], quality[chosen])]
    return np.sort(chosen[diverse(quality[chosen], look[chosen], rules.most, rules.selection)])


def moments_of(event: Ints, moment: Ints) -> Ints:
    """Return how many moments each event has, by its number: `(events,) int64`. Both arguments count from 0."""
    both = np.unique(event * (len(moment) + 1) + moment)
    return np.bincount(both // (len(moment) + 1))


def significant(stock: Stock, rows: Ints) -> Bools:
    """Return which rows lie in an event of at least as many moments as the owner's usual one."""
    return stock.sizes[stock.line.event[rows]] >= max(stock.usual, float(stock.rules.fewest))


def named(stock: Stock, rows: Ints) -> list[str]:
    """Return the place that most of the photos show, and a second one if it has its share."""
    places = places_by_photos(stock.line.columns, rows)
    placed = sum(count for _, count in places)
    return [name for i, (name, count) in enumerate(places[:2]) if i == 0 or count >= stock.rules.second_place * placed]


def _upright_first(columns: PhotoColumns, rows: Ints, quality: Floats) -> Floats:
    """Return the quality with a small bonus for pictures that survive being cropped to a card: not extreme in shape."""
    shape = columns.width[rows] / np.maximum(columns.height[rows], 1)
    return quality + 0.1 * ((shape > 0.6) & (shape < 2.0)) - 0.2 * (columns.media[rows] == "video")

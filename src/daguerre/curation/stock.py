"""What memories are made from: one owner's photos on one day, looked at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from daguerre.curation.columns import Bools, Floats, Ints
from daguerre.curation.exclusion_rules import ExclusionRules, excluded
from daguerre.curation.memory import MemoryRules
from daguerre.curation.selection import moment_labels
from daguerre.curation.significance import Significance, kilometres, significance
from daguerre.curation.timeline import Timeline, places_by_photos
from daguerre.curation.titles.locales import speech
from daguerre.curation.titles.speech import Speech


@dataclass(frozen=True, kw_only=True, eq=False)
class Stock:
    """One owner's photos on one day, n of them.

    Attributes:
        line: The owner's timeline.
        shown: Rows that may be shown, ascending. Nothing is told of any other: not even its number or place.
        past: `(n,)` which photos were taken by the end of the day.
        moment, equals: `(n,)` moment and group of duplicates of each photo.
        year: `(n,)` calendar year of each photo.
        km: `(n,)` from home; NaN where nobody knows.
        event_stands_out: How much each event does, by its number.
        day: `(n,)` number of each photo's day, from 0.
        day_stands_out: How much each day does, by its number.
        made_for: The day.
        told: Its language.
    """

    line: Timeline
    shown: Ints
    past: Bools
    moment: Ints
    equals: Ints
    year: Ints
    km: Floats
    event_stands_out: Significance
    day: Ints
    day_stands_out: Significance
    made_for: date
    rules: MemoryRules
    told: Speech


def stock_up(line: Timeline, equals: Ints, made_for: date, rules: MemoryRules, exclusions: ExclusionRules) -> Stock:
    """Look once at the whole timeline; arguments as for `make_memories`."""
    columns = line.columns
    end_of_day = datetime.combine(made_for + timedelta(days=1), datetime.min.time(), UTC).timestamp()
    past = columns.local_s < end_of_day
    shown = past & ~excluded(columns, exclusions, until_s=end_of_day)
    moment, km = moment_labels(columns.taken_s, columns.descriptor, equals, rules.selection), kilometres(columns)
    day = np.unique(columns.local_day, return_inverse=True)[1].astype(np.int64)
    return Stock(
        line=line,
        shown=np.flatnonzero(shown),
        past=past,
        moment=moment,
        equals=equals,
        year=columns.local_s.astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64) + 1970,
        km=km,
        event_stands_out=significance(columns, line.event, moment, shown, km),
        day=day,
        day_stands_out=significance(columns, day, moment, shown, km),
        made_for=made_for,
        rules=rules,
        told=speech(rules.locale),
    )


def moments_in(stock: Stock, rows: Ints) -> int:
    """Return how many moments these rows show."""
    return len(np.unique(stock.moment[rows]))


def standing_out(stock: Stock, rows: Ints, share: float, least: float = 0.0) -> Ints:
    """Return those of the rows that lie on a day among this share of the owner's most significant ones.

    By share, because how far a day can stand out depends on how much is known of the photos; but `least` is what it
    takes, 0 for the usual day.
    """
    score = stock.day_stands_out.score
    least = max(least, float(np.quantile(score[np.unique(stock.day[stock.shown])], 1 - share)))
    return rows[score[stock.day[rows]] >= least]


def reasons(stock: Stock, rows: Ints) -> list[str]:
    """Return what makes the most significant day among the rows stand out, strongest first."""
    days = np.unique(stock.day[rows])
    return stock.day_stands_out.reasons(int(days[stock.day_stands_out.score[days].argmax()]))


def worth(stock: Stock, rows: Ints, best: int = 1) -> float:
    """Return what the most significant days among the rows are worth together, 0..1; the owner's usual one .27."""
    scores = stock.day_stands_out.score[np.unique(stock.day[rows])]
    return float(1 / (1 + np.exp(-(np.sort(scores)[-best:].mean() - 2) / 2)))


def named(stock: Stock, rows: Ints) -> list[str]:
    """Return the place away from home that most of the photos show, and a second one if it has its share."""
    places = places_by_photos(stock.line.columns, rows[~(stock.km[rows] < stock.rules.away_km)])
    placed = sum(count for _, count in places)
    return [name for i, (name, count) in enumerate(places[:2]) if i == 0 or count >= stock.rules.second_place * placed]


def day_of(stock: Stock, row: int) -> date:
    """Return the day of one row, as a calendar on the wall showed it."""
    return datetime.fromtimestamp(float(stock.line.columns.local_s[row]), UTC).date()

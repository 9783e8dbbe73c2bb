"""What happened on this day, and around it, in earlier years."""

from __future__ import annotations

import calendar
from datetime import date

import numpy as np

from daguerre.curation.columns import Ints
from daguerre.curation.composing import Idea
from daguerre.curation.memory import Kind
from daguerre.curation.stock import Stock, day_of, named, reasons, standing_out, worth
from daguerre.curation.titles.speech import Told

#: This week is so many days before and after the day.
_AROUND = 3


def on_this_day(stock: Stock) -> list[Idea]:
    """Return the days of earlier years with this date that were no small ones."""
    found = []
    for year, rows in _years(stock):
        for day in same_days(stock.made_for, year):
            on_it = standing_out(stock, rows[_days(stock, rows) == np.datetime64(day)], stock.rules.remembered)
            if len(on_it):
                found.append(_idea(stock, on_it, day, stock.made_for.year - year, "on_this_day"))
    return found


def this_week(stock: Stock) -> list[Idea]:
    """Return, for each earlier year, what happened around this date and was more than usual, other than on the day."""
    found = []
    for year, _ in _years(stock):
        day = (same_days(stock.made_for, year) or [date(year, 3, 1)])[-1]
        off = (_days(stock, stock.shown) - np.datetime64(day)).astype(np.int64)
        near = stock.shown[(np.abs(off) <= _AROUND) & (off != 0)]
        near = standing_out(stock, near, stock.rules.of_week, stock.rules.unusual)
        if len(near):
            found.append(_idea(stock, near, day_of(stock, int(near[0])), stock.made_for.year - year, "this_week"))
    return found


def same_days(day: date, year: int) -> list[date]:
    """Return the days of another year that are remembered on this one.

    The 29th of February is remembered on the 1st of March of years that have none.
    """
    leap_day = day.month == 3 and day.day == 1 and calendar.isleap(year) and not calendar.isleap(day.year)
    exists = (day.month, day.day) != (2, 29) or calendar.isleap(year)
    return [*([date(year, 2, 29)] if leap_day else []), *([day.replace(year=year)] if exists else [])]


def _idea(stock: Stock, rows: Ints, on: date, years: int, kind: Kind) -> Idea:
    tell = stock.told.on_this_day if kind == "on_this_day" else stock.told.this_week
    parts, places = reasons(stock, rows), named(stock, rows)

    def told(picks: int) -> Told:
        return tell(years=years, on=on, places=places, parts=parts, photos=len(rows), picks=picks)

    return Idea(kind=kind, key=f"{kind}/{on.isoformat()}", rows=rows, worth=worth(stock, rows), tell=told)


def _years(stock: Stock) -> list[tuple[int, Ints]]:
    """Return the earlier years with the rows that may be shown of them."""
    year = stock.year[stock.shown]
    return [(int(y), stock.shown[year == y]) for y in np.unique(year[year < stock.made_for.year])]


def _days(stock: Stock, rows: Ints) -> np.ndarray:
    return stock.line.columns.local_s[rows].astype("datetime64[s]").astype("datetime64[D]")

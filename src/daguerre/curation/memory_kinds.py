"""The kinds of memories: what each is about, which photos it is made from, and what it is called."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime

import numpy as np

from daguerre.curation.columns import Ints
from daguerre.curation.memory import Memory
from daguerre.curation.stock import Stock, compose, named, significant
from daguerre.curation.titles import day_reason, day_title, month_reason, month_title, trip_reason, trip_title
from daguerre.curation.trips import Trip


def on_this_day(stock: Stock) -> list[Memory]:
    """Return the days of earlier years with this date on which an event took place that was no small one."""
    days = stock.line.columns.local_s.astype("datetime64[s]").astype("datetime64[D]")
    first = days.min().astype(object).year if len(days) else stock.made_for.year
    anniversaries = (day for year in range(first, stock.made_for.year) for day in same_days(stock.made_for, year))
    found = (_day(stock, day, np.flatnonzero(days == np.datetime64(day))) for day in anniversaries)
    return [memory for memory in found if memory]


def _day(stock: Stock, day: date, rows: Ints) -> Memory | None:
    rows, rules = rows[significant(stock, rows)], stock.rules
    return compose(
        stock,
        rows,
        kind="on_this_day",
        key=f"on_this_day/{day.isoformat()}",
        title=day_title(stock.made_for.year - day.year, named(stock, rows), rules.locale),
        reason=lambda picks: day_reason(on=day, photos=len(rows), picks=picks, locale=rules.locale),
        weight=rules.weight_of_day,
        usual=stock.usual,
        novelty=0.5,
    )


def same_days(day: date, year: int) -> list[date]:
    """Return the days of another year that are remembered on this one.

    The 29th of February is remembered on the 1st of March of years that have none.
    """
    leap_day = day.month == 3 and day.day == 1 and calendar.isleap(year) and not calendar.isleap(day.year)
    exists = (day.month, day.day) != (2, 29) or calendar.isleap(year)
    return [*([date(year, 2, 29)] if leap_day else []), *([day.replace(year=year)] if exists else [])]


def trips(stock: Stock) -> list[Memory]:
    """Return the trips that are over."""
    found = (_trip(stock, trip) for trip in stock.line.trips if stock.past[trip.last])
    return [memory for memory in found if memory]


def _trip(stock: Stock, trip: Trip) -> Memory | None:
    columns, rules = stock.line.columns, stock.rules
    rows = np.arange(trip.first, trip.last + 1)
    start = _date(columns.local_s[trip.first])
    days = int(columns.local_day[trip.last] - columns.local_day[trip.first]) + 1
    return compose(
        stock,
        rows,
        kind="trip",
        key=f"trip/{start.isoformat()}",
        title=trip_title(days, named(stock, rows), start, rules.locale),
        reason=lambda picks: trip_reason(
            km=_rounded_km(trip.farthest_km), photos=len(rows), days=days, picks=picks, locale=rules.locale
        ),
        weight=rules.weight_of_trip,
        usual=4 * stock.usual,
        novelty=min(1.0, trip.farthest_km / 1000),
    )


def best_of_months(stock: Stock) -> list[Memory]:
    """Return the best of every month that is over."""
    columns = stock.line.columns
    month = columns.local_s.astype("datetime64[s]").astype("datetime64[M]")
    present = np.datetime64(stock.made_for, "M")
    months = {first: np.flatnonzero(month == first) for first in np.unique(month[month < present])}
    sizes = {first: len(np.unique(stock.moment[rows[stock.shown[rows]]])) for first, rows in months.items()}
    usual = float(np.median(list(sizes.values()))) if sizes else 0.0
    found = (
        _month(stock, first.astype("datetime64[D]").astype(object), rows, usual)
        for first, rows in months.items()
        if sizes[first] >= stock.rules.month_moments
    )
    return [memory for memory in found if memory]


def _month(stock: Stock, start: date, rows: Ints, usual: float) -> Memory | None:
    rules, events = stock.rules, len(np.unique(stock.line.event[rows]))
    return compose(
        stock,
        rows,
        kind="best_of_month",
        key=f"best_of_month/{start:%Y-%m}",
        title=month_title(start, rules.locale),
        reason=lambda picks: month_reason(
            start=start, photos=len(rows), events=events, picks=picks, locale=rules.locale
        ),
        weight=rules.weight_of_month,
        usual=usual,
        novelty=0.0,
    )


def _rounded_km(km: float) -> float:
    return round(km, -1) if km < 1000 else round(km, -2)


def _date(local_s: float) -> date:
    return datetime.fromtimestamp(local_s, UTC).date()

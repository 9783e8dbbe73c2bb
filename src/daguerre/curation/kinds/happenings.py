"""Trips that are over, and days that stood out weeks or months ago."""

from __future__ import annotations

from datetime import date

import numpy as np

from daguerre.curation.columns import Bools, Ints
from daguerre.curation.composing import Idea
from daguerre.curation.groups import runs
from daguerre.curation.stock import Stock, day_of, named, reasons, standing_out, worth
from daguerre.curation.titles.speech import Told
from daguerre.curation.trips import Trip

#: A day is remembered from two weeks after it until the second year; later it has its anniversaries.
_FROM_DAYS, _TO_DAYS = 14, 540
#: A trip is worth what its best days are.
_OF_TRIP = 3


def trips(stock: Stock) -> list[Idea]:
    """Return the trips that are over."""
    found = []
    for trip in stock.line.trips:
        rows = stock.shown[slice(*np.searchsorted(stock.shown, (trip.first, trip.last + 1)))]
        if stock.past[trip.last] and len(rows):
            found.append(_trip(stock, trip, rows))
    return found


def _trip(stock: Stock, trip: Trip, rows: Ints) -> Idea:
    start, last = day_of(stock, int(rows[0])), day_of(stock, int(rows[-1]))
    days, places = (last - start).days + 1, named(stock, rows)
    far = stock.km[rows][~np.isnan(stock.km[rows])]
    km = _rounded(float(far.max())) if len(far) else None

    def told(picks: int) -> Told:
        return stock.told.trip(days=days, start=start, places=places, km=km, photos=len(rows), picks=picks)

    # Named by its first day, whatever may be shown of that.
    key = f"trip/{day_of(stock, trip.first).isoformat()}"
    return Idea(kind="trip", key=key, rows=rows, worth=worth(stock, rows, _OF_TRIP), tell=told)


def events(stock: Stock) -> list[Idea]:
    """Return the days at home that stood out weeks or months ago; those of a trip are told with it."""
    ago = (stock.made_for - date(1970, 1, 1)).days - stock.line.columns.local_day[stock.shown]
    recent = stock.shown[(ago >= _FROM_DAYS) & (ago <= _TO_DAYS) & ~_away(stock)[stock.shown]]
    recent = standing_out(stock, recent, stock.rules.standing_out, stock.rules.unusual)
    return [_day(stock, recent[rows]) for rows in runs(stock.day[recent])]


def _away(stock: Stock) -> Bools:
    """Return which rows belong to a trip."""
    away = np.zeros(len(stock.line.event), bool)
    for trip in stock.line.trips:
        away[trip.first : trip.last + 1] = True
    return away


def _day(stock: Stock, rows: Ints) -> Idea:
    on, places = day_of(stock, int(rows[0])), named(stock, rows)
    parts, ago = reasons(stock, rows), (stock.made_for - on).days

    def told(picks: int) -> Told:
        return stock.told.event(days_ago=ago, on=on, places=places, parts=parts, photos=len(rows), picks=picks)

    return Idea(kind="event", key=f"event/{on.isoformat()}", rows=rows, worth=worth(stock, rows), tell=told)


def _rounded(km: float) -> float:
    return round(km, -1) if km < 1000 else round(km, -2)

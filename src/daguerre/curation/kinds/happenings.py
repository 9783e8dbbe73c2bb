"""Trips that are over, and events that stood out weeks or months ago."""

from __future__ import annotations

from datetime import date

import numpy as np

from daguerre.curation.columns import Bools, Ints
from daguerre.curation.composing import Idea
from daguerre.curation.groups import runs
from daguerre.curation.stock import Stock, best_event, day_of, named, worth
from daguerre.curation.titles.speech import Told
from daguerre.curation.trips import Trip

#: An event is remembered from two weeks after it until the second year; later it has its anniversaries.
_FROM_DAYS, _TO_DAYS = 14, 540
#: A trip is worth what its best events are.
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
    """Return the days at home with an event that stood out weeks or months ago; those of a trip are told with it."""
    starts = stock.line.columns.local_day[np.searchsorted(stock.line.event, np.arange(stock.line.event.max() + 1))]
    began = starts[stock.line.event[stock.shown]].astype(np.int64)
    ago = (stock.made_for - date(1970, 1, 1)).days - began
    near = (ago >= _FROM_DAYS) & (ago <= _TO_DAYS) & ~_away(stock)[stock.shown]
    near &= stock.stands_out.score[stock.line.event[stock.shown]] >= stock.rules.standing_out
    recent = stock.shown[near]
    return [_day(stock, recent[rows]) for rows in runs(began[near])]


def _away(stock: Stock) -> Bools:
    """Return which rows belong to a trip."""
    away = np.zeros(len(stock.line.event), bool)
    for trip in stock.line.trips:
        away[trip.first : trip.last + 1] = True
    return away


def _day(stock: Stock, rows: Ints) -> Idea:
    on, places, parts = (
        day_of(stock, int(rows[0])),
        named(stock, rows),
        stock.stands_out.reasons(best_event(stock, rows)),
    )
    ago = (stock.made_for - on).days

    def told(picks: int) -> Told:
        return stock.told.event(days_ago=ago, on=on, places=places, parts=parts, photos=len(rows), picks=picks)

    return Idea(kind="event", key=f"event/{on.isoformat()}", rows=rows, worth=worth(stock, rows), tell=told)


def _rounded(km: float) -> float:
    return round(km, -1) if km < 1000 else round(km, -2)

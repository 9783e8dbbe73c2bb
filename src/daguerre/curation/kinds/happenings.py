"""Trips that are over, and events that stood out weeks or months ago."""

from __future__ import annotations

import numpy as np

from daguerre.curation.columns import Ints
from daguerre.curation.composing import Idea
from daguerre.curation.stock import Stock, day_of, named, worth
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
    """Return the events at home that stood out weeks or months ago; those of a trip are told with it."""
    event, columns = stock.line.event, stock.line.columns
    ago = np.datetime64(stock.made_for) - columns.local_s[stock.shown].astype("datetime64[s]").astype("datetime64[D]")
    recent = stock.shown[(ago.astype(np.int64) >= _FROM_DAYS) & (ago.astype(np.int64) <= _TO_DAYS)]
    away = np.zeros(len(columns), bool)
    for trip in stock.line.trips:
        away[trip.first : trip.last + 1] = True
    recent = recent[~away[recent]]
    recent = recent[stock.stands_out.score[event[recent]] >= stock.rules.standing_out]
    cuts = np.flatnonzero(np.diff(event[recent])) + 1
    return [_event(stock, rows) for rows in np.split(recent, cuts) if len(rows)]


def _event(stock: Stock, rows: Ints) -> Idea:
    on, places = day_of(stock, int(rows[0])), named(stock, rows)
    number = int(stock.line.event[rows[0]])
    parts, ago = stock.stands_out.reasons(number), (stock.made_for - on).days

    def told(picks: int) -> Told:
        return stock.told.event(days_ago=ago, on=on, places=places, parts=parts, photos=len(rows), picks=picks)

    # Named by its first photo, whether that may be shown or not.
    first = stock.line.columns.photo_id[np.searchsorted(stock.line.event, number)]
    key = f"event/{on.isoformat()}/{first}"
    return Idea(kind="event", key=key, rows=rows, worth=worth(stock, rows), tell=told)


def _rounded(km: float) -> float:
    return round(km, -1) if km < 1000 else round(km, -2)

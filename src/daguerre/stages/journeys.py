"""Journeys as people look at them on a map: where the photos of a trip that may be shown were taken, and home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from daguerre.curation.columns import Ints, PhotoColumns
from daguerre.curation.home import find_homes
from daguerre.curation.places import distance_km
from daguerre.curation.trips import RULES as TRIP_RULES


@dataclass(frozen=True, kw_only=True)
class Stop:
    """One occasion of a journey: the middle of its photos in degrees, the place's name if it has one, how many."""

    lat: float
    lon: float
    place: str
    photos: int


@dataclass(frozen=True, kw_only=True)
class Journey:
    """A trip. Its stops are in order of time, those without a position left out; `home` is (lat, lon) in degrees."""

    trip_id: str
    photo_ids: frozenset[str]
    stops: tuple[Stop, ...]
    home: tuple[float, float] | None


def journeys(shown: PhotoColumns, events: Sequence[dict[str, Any]]) -> list[Journey]:
    """Return the journeys with at least one stop, in order of time.

    Args:
        shown: The owner's photos that may be shown; no other photo's position goes into a map.
        events: Stored events of the owner.
    """
    row_of = {photo: row for row, photo in enumerate(shown.photo_id.tolist())}
    rows_of: dict[str, list[Ints]] = {}
    for event in sorted(events, key=lambda event: event["starts_at"]):
        if event["trip_id"] is not None:
            rows = np.array([row_of[photo] for photo in event["photo_ids"] if photo in row_of], np.int64)
            rows_of.setdefault(event["trip_id"], []).append(rows)
    found = (_journey(shown, trip, parts) for trip, parts in rows_of.items())
    return [journey for journey in found if journey.stops]


def _journey(shown: PhotoColumns, trip: str, parts: Sequence[Ints]) -> Journey:
    stops = tuple(_stop(shown, rows) for rows in parts if not np.isnan(shown.lat[rows]).all())
    rows = np.concatenate(parts)
    home = _home(shown, float(shown.local_s[rows[0]]), stops) if stops else None
    return Journey(trip_id=trip, photo_ids=frozenset(shown.photo_id[rows].tolist()), stops=stops, home=home)


def _stop(shown: PhotoColumns, rows: Ints) -> Stop:
    names, counts = np.unique(shown.place[rows].astype(str), return_counts=True)
    named = [(-int(count), str(name)) for name, count in zip(names, counts, strict=True) if name]
    return Stop(
        lat=float(np.nanmedian(shown.lat[rows])),
        lon=float(np.nanmedian(shown.lon[rows])),
        place=min(named)[1] if named else "",
        photos=len(rows),
    )


def _home(shown: PhotoColumns, local_s: float, stops: Sequence[Stop]) -> tuple[float, float] | None:
    """Return where home was at that time, as far as the photos that may be shown tell."""
    timed = ~np.isnan(shown.local_s)
    homes = find_homes(shown.local_s[timed], shown.lat[timed], shown.lon[timed])
    if homes is None:
        return None
    lat, lon = homes.at(np.array([local_s]))
    stop_lat, stop_lon = np.array([stop.lat for stop in stops]), np.array([stop.lon for stop in stops])
    # Where home itself may not be shown, the place that is left with most days can be the journey's own.
    if distance_km(stop_lat, stop_lon, lat, lon).max() < TRIP_RULES.away_km:
        return None
    return float(lat[0]), float(lon[0])

"""Trips: days far from home with at least one night between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daguerre.curation.columns import DAY_S, Bools, Floats, Ints
from daguerre.curation.home import Homes, find_homes
from daguerre.curation.places import distance_km, filled_positions


@dataclass(frozen=True, kw_only=True)
class TripRules:
    """What counts as a trip.

    Attributes:
        away_km: Farther from home than this is away.
        nights: Fewest calendar days between the first and the last photo.
        gap_s: A pause longer than this ends a trip.
        next_day_s: Photos without a position belong to the trip beside them over pauses up to this.
        photos: Fewest photos with a position of their own; one wrong fix is no journey.
        fill_s: A photo without GPS was where the nearest photo was taken, if that is no longer away than this.
        past_home, past_home_s: Between two photos so long apart, a way that makes the way over home at most this many
            times as long led past it: one journey ended there and another began.
    """

    away_km: float = 80.0
    nights: int = 1
    gap_s: float = 1.5 * DAY_S
    next_day_s: float = 14 * 3600.0
    photos: int = 2
    fill_s: float = 30 * 60.0
    past_home: float = 1.5
    past_home_s: float = 6 * 3600.0


@dataclass(frozen=True, kw_only=True)
class Trip:
    """Rows `first..last` (both included) of a library in order of time, and how far away the farthest of them was."""

    first: int
    last: int
    farthest_km: float


RULES = TripRules()


def find_trips(taken_s: Floats, offset_s: Floats, lat: Floats, lon: Floats, rules: TripRules = RULES) -> list[Trip]:
    """Return the trips in order of time. Photos without GPS belong to the trip whose time spans them.

    Args:
        taken_s: `(n,)` ascending, without NaN.
        offset_s: `(n,)` what to add for the wall clock.
        lat, lon: Degrees, NaN without GPS.
    """
    local_s = taken_s + offset_s
    homes = find_homes(local_s, lat, lon)
    return [] if homes is None else trips_around(homes, taken_s, local_s, lat=lat, lon=lon, rules=rules)


def trips_around(
    homes: Homes, taken_s: Floats, local_s: Floats, *, lat: Floats, lon: Floats, rules: TripRules = RULES
) -> list[Trip]:
    """Return the trips away from given homes, in order of time."""
    own = ~np.isnan(lat)
    lat, lon = filled_positions(taken_s, lat, lon, within_s=rules.fill_s)
    rows = np.flatnonzero(~np.isnan(lat))
    home_lat, home_lon = homes.at(local_s[rows])
    distance = distance_km(lat[rows], lon[rows], home_lat, home_lon)
    # The longest pause between two photos with a position, counting the photos without one that lie between them.
    pause = np.maximum.reduceat(np.diff(taken_s)[: rows[-1]], rows[:-1]) if len(rows) > 1 else np.zeros(0)
    trips = []
    leap = distance_km(lat[rows][:-1], lon[rows][:-1], lat[rows][1:], lon[rows][1:])
    over_home = (distance[:-1] + distance[1:] <= rules.past_home * leap) & (np.diff(taken_s[rows]) > rules.past_home_s)
    for part in _stretches(distance > rules.away_km, (pause > rules.gap_s) | over_home):
        first, last = _stretched(int(rows[part[0]]), int(rows[part[-1]]), taken_s, np.isnan(lat), rules.next_day_s)
        nights = np.floor(local_s[last] / DAY_S) - np.floor(local_s[first] / DAY_S)
        if nights >= rules.nights and own[first : last + 1].sum() >= rules.photos:
            trips.append(Trip(first=first, last=last, farthest_km=float(distance[part].max())))
    return trips


def _stretches(away: Bools, ended: Bools) -> list[Ints]:
    """Return the runs of places away from home, of which none goes on where one has `ended`."""
    ends = (away[1:] != away[:-1]) | ended
    parts = np.split(np.arange(len(away)), np.flatnonzero(ends) + 1)
    return [part for part in parts if len(part) and away[part[0]]]


def _stretched(first: int, last: int, taken_s: Floats, lost: Bools, next_day_s: float) -> tuple[int, int]:
    """Return the trip with the photos before and after it that have no position and follow each other closely."""
    while first > 0 and lost[first - 1] and taken_s[first] - taken_s[first - 1] <= next_day_s:
        first -= 1
    while last + 1 < len(lost) and lost[last + 1] and taken_s[last + 1] - taken_s[last] <= next_day_s:
        last += 1
    return first, last

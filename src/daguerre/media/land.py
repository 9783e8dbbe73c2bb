"""Where land is, offline and coarse: enough for the backdrop of a map picture, not for navigation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from daguerre.media.zone import finder

#: Who made the outlines; a picture drawn with them says so.
LAND_CREDIT = "© OpenStreetMap contributors"


def on_land(lat: npt.NDArray[np.float64], lon: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return which positions lie on land or within some 20 km of a coast: `(n,) bool`, from `(n,)` degrees.

    By the outlines of time zones, which reach as far into the sea as the states that keep them. 70,000 positions take
    a second.
    """
    zone_at = finder().timezone_at_land
    wrapped = (lon + 180.0) % 360.0 - 180.0
    pairs = zip(lat.tolist(), wrapped.tolist(), strict=True)
    return np.array([abs(y) <= 90 and zone_at(lat=y, lng=x) is not None for y, x in pairs], bool)

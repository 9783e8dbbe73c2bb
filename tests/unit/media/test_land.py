from __future__ import annotations

import numpy as np

from daguerre.media.land import on_land


def test_land_is_told_from_the_sea_whatever_the_turn_of_the_globe() -> None:
    places = {
        "Munich": (48.1, 11.6, True),
        "the Sahara": (23.0, 10.0, True),
        "Antarctica": (-80.0, 30.0, True),
        "the Atlantic": (30.0, -40.0, False),
        "the Pacific, a turn further": (0.0, 220.0, False),
        "Munich, a turn back": (48.1, 11.6 - 360.0, True),
        "beyond the pole": (95.0, 0.0, False),
    }
    lat, lon, land = (np.array(column) for column in zip(*places.values(), strict=True))
    assert dict(zip(places, on_land(lat, lon).tolist(), strict=True)) == dict(zip(places, land.tolist(), strict=True))

"""Where an owner lives, and when that changes."""

from __future__ import annotations

import numpy as np

from daguerre.curation.columns import DAY_S
from daguerre.curation.home import find_homes

LEEDS, ALPS, LYON = (53.8, -1.55), (47.27, 11.4), (45.76, 4.84)
_2023 = np.datetime64("2023-01-01", "s").astype(np.int64)


def _homes(*stays: tuple[int, int, tuple[float, float]]):
    """`stays`: (first day since 2023, days, place), one photo a day at noon."""
    days = np.concatenate([np.arange(first, first + count) for first, count, _ in stays])
    places = np.concatenate([np.tile(place, (count, 1)) for _, count, place in stays])
    return find_homes(_2023 + days * float(DAY_S) + DAY_S / 2, places[:, 0], places[:, 1])


def _at(homes, day: int) -> tuple[float, float]:
    lat, lon = homes.at(np.array([_2023 + day * float(DAY_S)]))
    return round(float(lat[0]), 2), round(float(lon[0]), 2)


def test_a_long_journey_in_a_quiet_year_is_no_move():
    homes = _homes((10, 6, LEEDS), (100, 8, ALPS), (370, 40, LEEDS))
    assert _at(homes, 105) == LEEDS


def test_who_moves_has_another_home_from_that_year_on():
    homes = _homes((10, 60, LEEDS), (400, 30, LYON))
    assert _at(homes, 20) == LEEDS
    assert _at(homes, 410) == LYON


def test_without_any_position_there_is_no_home():
    nowhere = np.array([np.nan])
    assert find_homes(np.array([float(_2023)]), nowhere, nowhere) is None

from __future__ import annotations

import numpy as np

from daguerre.curation.clocks import settle_zones
from tests.fakes.lives import DAY_S, HOUR_S


def test_a_clock_without_zone_takes_that_of_the_photos_around_it():
    true = 1.7e9 + np.array([0.0, 60, 120, 10 * DAY_S, 10 * DAY_S + 60])
    offset = HOUR_S * np.array([9, np.nan, 9, -5, np.nan])
    assumed = np.array([False, True, False, False, True])
    written = true + np.where(assumed, HOUR_S * np.array([9, 9, 9, -5, -5]), 0)
    settled, offsets = settle_zones(written, offset, assumed)
    assert settled.tolist() == true.tolist()
    assert (offsets / HOUR_S).tolist() == [9, 9, 9, -5, -5]


def test_far_from_everything_the_usual_zone_counts():
    taken = 1.7e9 + DAY_S * np.array([0.0, 1, 2, 100])
    offset = HOUR_S * np.array([2, 2, 9, np.nan])
    settled, offsets = settle_zones(taken, offset, np.array([False, False, False, True]))
    assert offsets[3] == 2 * HOUR_S
    assert settled[3] == taken[3] - 2 * HOUR_S


def test_without_any_known_zone_times_stay_and_unknown_times_stay_unknown():
    taken = np.array([1.7e9, np.nan])
    settled, offsets = settle_zones(taken, np.full(2, np.nan), np.ones(2, bool))
    assert settled[0] == 1.7e9
    assert np.isnan(settled[1])
    assert offsets.tolist() == [0, 0]

from __future__ import annotations

import numpy as np
import pytest

from daguerre.curation.events import boundaries, event_labels, log_gap
from tests.fakes.lives import DAY_S, Life, life
from tests.fakes.measures import boundary_f1

SEEDS = range(5)


def day_boundary(lived: Life) -> np.ndarray:
    return np.diff(np.floor(lived.taken_s / DAY_S)) > 0


def mean_f1(lives: list[Life], rule) -> float:
    return float(np.mean([boundary_f1(rule(lived), lived.boundaries) for lived in lives]))


def ours(lived: Life) -> np.ndarray:
    return boundaries(lived.taken_s, lived.lat, lived.lon)


def test_events_with_gps_reach_their_floor_and_beat_calendar_days_by_a_fifth():
    lives = [life(seed, gps=0.7) for seed in SEEDS]
    found = mean_f1(lives, ours)
    assert found >= 0.87
    assert found >= mean_f1(lives, day_boundary) + 0.3


def test_events_with_little_gps_reach_their_floor_and_beat_log_gaps_alone():
    lives = [life(seed, gps=0.1) for seed in SEEDS]
    found = mean_f1(lives, ours)
    assert found >= 0.79
    assert found >= mean_f1(lives, lambda lived: log_gap(lived.taken_s)) + 0.02


def test_one_position_in_a_stay_tells_of_all_its_photos():
    taken = np.array([0.0, 1500, 3000, 4500, 8000, 9500])
    lat = 48 + np.array([0, np.nan, np.nan, np.nan, 10, np.nan]) / 111.2
    assert boundaries(taken, lat, np.where(np.isnan(lat), np.nan, 11.0)).tolist() == [False, False, False, True, False]


def test_a_right_clock_is_worth_four_hundredths():
    wrong = mean_f1([life(seed) for seed in SEEDS], ours)
    right = mean_f1([life(seed, skewed_clock=False) for seed in SEEDS], ours)
    assert right >= wrong + 0.04


@pytest.mark.parametrize(
    ("gap_s", "km", "ends"),
    [(1800, 50.0, False), (3000, 50.0, True), (3000, 0.5, False), (3.6 * 3600, 0.0, True)],
)
def test_a_short_pause_needs_a_way_and_a_long_one_does_not(gap_s, km, ends):
    taken = np.array([0.0, 60, 120, 120 + gap_s, 180 + gap_s])
    lat = 48 + np.array([0, 0, 0, km, km]) / 111.2
    assert boundaries(taken, lat, np.full(5, 11.0)).tolist() == [False, False, ends, False]


def test_one_photo_a_day_is_one_event_a_day_even_without_positions():
    taken = DAY_S * np.arange(30.0)
    nowhere = np.full(30, np.nan)
    assert event_labels(taken, nowhere, nowhere).tolist() == list(range(30))


@pytest.mark.parametrize("n", [0, 1])
def test_libraries_without_gaps_have_at_most_one_event(n):
    some = np.zeros(n)
    assert event_labels(some, some, some).tolist() == [0] * n

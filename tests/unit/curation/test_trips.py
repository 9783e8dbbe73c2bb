from __future__ import annotations

import numpy as np
import pytest

from daguerre.curation.home import Homes, find_homes
from daguerre.curation.trips import Trip, find_trips, trips_around
from tests.fakes.lives import DAY_S, HOME, START_S, Life, journeys
from tests.fakes.measures import span_f1

SEEDS = range(4)


def true_spans(lived: Life) -> list[tuple[int, int]]:
    rows = [np.flatnonzero(lived.trip == trip) for trip in np.unique(lived.trip[lived.trip > 0])]
    return [(int(r[0]), int(r[-1])) for r in rows]


def spans(trips: list[Trip]) -> list[tuple[int, int]]:
    return [(trip.first, trip.last) for trip in trips]


def ours(lived: Life) -> float:
    found = find_trips(lived.taken_s, np.zeros(len(lived.taken_s)), lived.lat, lived.lon)
    return span_f1(spans(found), true_spans(lived))


def around_the_median(lived: Life) -> float:
    home = Homes(overall=(float(np.nanmedian(lived.lat)), float(np.nanmedian(lived.lon))), by_year={})
    found = trips_around(home, lived.taken_s, lived.taken_s, lat=lived.lat, lon=lived.lon)
    return span_f1(spans(found), true_spans(lived))


def test_trips_are_found_with_much_and_with_little_gps():
    assert np.mean([ours(journeys(seed, gps=0.7)) for seed in SEEDS]) >= 0.9
    assert np.mean([ours(journeys(seed, gps=0.2)) for seed in SEEDS]) >= 0.9


def test_trips_of_people_who_photograph_on_journeys_beat_the_median_home_by_a_third():
    lives = [journeys(seed, at_home=0.12) for seed in SEEDS]
    found = np.mean([ours(lived) for lived in lives])
    assert found >= 0.95
    assert found >= np.mean([around_the_median(lived) for lived in lives]) + 0.33


def test_home_moves_with_its_owner():
    days = np.arange(0, 730.0)
    lat = np.where(days < 365, 48.1, 52.5)
    lon = np.where(days < 365, 11.6, 13.4)
    homes = find_homes(START_S + days * DAY_S, lat, lon)
    assert homes is not None
    assert homes.by_year[2023] == pytest.approx((48.1, 11.6))
    assert homes.by_year[2024] == pytest.approx((52.5, 13.4))
    assert find_trips(START_S + days * DAY_S, np.zeros(730), lat, lon) == []


def test_a_year_with_few_days_borrows_home_from_the_others():
    days = np.concatenate([np.arange(100.0), 366 + np.arange(3.0)])
    lat = np.where(days < 365, HOME[0], 30.0)
    homes = find_homes(START_S + days * DAY_S, lat, np.full(len(days), HOME[1]))
    assert homes is not None
    assert homes.at(np.array([START_S + 367 * DAY_S]))[0].round(3).tolist() == [HOME[0]]


def test_a_day_out_and_a_single_wrong_position_are_no_trips():
    days = np.repeat(np.arange(60.0), 4)
    taken = START_S + days * DAY_S + np.tile([36_000, 39_600, 43_200, 46_800.0], 60)
    lat = np.full(len(days), HOME[0])
    lat[days == 30] += 3  # far away, and home for the night
    lat[80] = 0.0
    assert find_trips(taken, np.zeros(len(taken)), lat, np.full(len(days), HOME[1])) == []


def test_photos_without_position_belong_to_the_trip_around_them():
    taken = START_S + DAY_S * np.array([*range(20), 20, 20.5, 20.6, 20.7, 21.2, *range(24, 30)])
    lat = np.array([HOME[0]] * 20 + [40.0, np.nan, np.nan, np.nan, 40.0] + [HOME[0]] * 6)
    lon = np.where(np.isnan(lat), np.nan, HOME[1])
    assert spans(find_trips(taken, np.zeros(len(taken)), lat, lon)) == [(20, 24)]


def test_without_any_position_there_is_no_trip():
    nowhere = np.full(10, np.nan)
    assert find_trips(START_S + DAY_S * np.arange(10.0), np.zeros(10), nowhere, nowhere) == []


def test_a_trip_takes_the_photos_without_position_at_its_ends_up_to_the_next_day():
    taken = START_S + DAY_S * np.array([*range(20), 20.4, 20.8, 21.2, 21.5, 22.0, 22.4, *range(26, 30)])
    lat = np.array([HOME[0]] * 20 + [np.nan, 40.0, 40.0, np.nan, np.nan, np.nan] + [HOME[0]] * 4)
    lon = np.where(np.isnan(lat), np.nan, HOME[1])
    assert spans(find_trips(taken, np.zeros(len(taken)), lat, lon)) == [(20, 25)]


def test_a_long_pause_ends_a_trip_and_photos_without_position_bridge_it():
    home = [*range(20)]
    away = [40.0, 40.5, 41.5, 43.2, 43.5, 44.5]
    taken = START_S + DAY_S * np.array([*home, *away, 60.0])
    lat = np.array([HOME[0]] * 20 + [30.0] * 6 + [HOME[0]])
    lon = np.full(27, HOME[1])
    assert spans(find_trips(taken, np.zeros(27), lat, lon)) == [(20, 22), (23, 25)]
    taken = START_S + DAY_S * np.array([*home, 40.0, 40.5, 41.5, 42.5, 43.5, 44.5, 60.0])
    lat[23] = np.nan
    lon[23] = np.nan
    assert spans(find_trips(taken, np.zeros(27), lat, lon)) == [(20, 25)]

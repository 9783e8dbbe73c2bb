from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from daguerre.curation.columns import PhotoColumns
from daguerre.curation.events import EventRules
from daguerre.curation.exclusion_rules import NOTHING_EXCLUDED, Area, Days, hidden
from daguerre.curation.inferred_places import infer_places
from daguerre.curation.timeline import list_events, timeline
from tests.fakes.lives import HOUR_S, START_S, columns, journeys

LISBON, PORTO = (38.72, -9.14), (41.15, -8.61)


def photos(hours: list[float], where: list[tuple[float, float] | None]) -> PhotoColumns:
    lat, lon = np.array([(np.nan, np.nan) if place is None else place for place in where]).T
    names = {None: "", LISBON: "Lisbon, PT", PORTO: "Porto, PT"}
    place = np.array([names[each] for each in where], object)
    return columns(len(hours), taken_s=START_S + HOUR_S * np.array(hours), lat=lat, lon=lon, place=place)


@pytest.mark.parametrize(
    ("hours", "where", "place"),
    [
        ([0, 0.4], [LISBON, None], "Lisbon, PT"),  # half an hour before
        ([0, 2], [LISBON, None], ""),  # anywhere by now
        ([0, 4, 9], [LISBON, None, LISBON], "Lisbon, PT"),  # nobody went away
        ([0, 4, 9], [LISBON, None, PORTO], ""),  # on the way
        ([0, 10, 20], [LISBON, None, LISBON], ""),  # too long
    ],
)
def test_neighbours_in_time_tell_the_place_as_far_as_they_can(hours, where, place):
    found = infer_places(photos(hours, where))
    assert found.place[1] == place
    assert found.inferred.tolist() == [i == 1 and bool(place) for i in range(len(hours))]
    assert np.isnan(found.lat[1]) == (not place)


def test_own_positions_and_photos_without_time_stay_as_they_are():
    some = photos([0, 0.1, 0.2], [LISBON, None, PORTO])
    some.taken_s[1] = np.nan
    found = infer_places(some)
    assert not found.inferred.any()
    assert found.lat[[0, 2]].tolist() == [LISBON[0], PORTO[0]]


def test_inferred_positions_are_near_the_true_ones_and_more_than_half_an_hour_would_tell():
    lived, full = journeys(0, gps=0.2), journeys(0, gps=1.0)
    found = infer_places(columns(len(lived.taken_s), taken_s=lived.taken_s, lat=lived.lat, lon=lived.lon))
    off_km = 111 * np.hypot(found.lat - full.lat, (found.lon - full.lon) * 0.67)[found.inferred]
    assert np.mean(off_km <= 10) >= 0.97
    within = found.away_s[found.inferred] <= 1800
    assert found.inferred.sum() >= 0.85 * np.isnan(lived.lat).sum()
    assert within.sum() < found.inferred.sum()


def test_an_event_without_gps_gets_the_place_of_its_neighbours_and_says_so():
    hourly = EventRules(longest_gap_s=HOUR_S)
    line = timeline(photos([0, 0.1, 5.9, 6, 11.9], [LISBON, LISBON, None, None, LISBON]), hourly)
    events = list_events(line)
    assert [(event.place, event.inferred, event.moments) for event in events] == [
        ("Lisbon, PT", False, 2),
        ("Lisbon, PT", True, 2),
        ("Lisbon, PT", False, 1),
    ]


def test_an_excluded_place_hides_the_photos_that_were_taken_there_as_their_neighbours_tell():
    some = photos([0, 0.1, 4, 9, 30], [LISBON, None, None, LISBON, None])
    by_name = NOTHING_EXCLUDED.having("places", ["Lisbon, PT"])
    by_area = NOTHING_EXCLUDED.having("areas", [Area(lat=LISBON[0], lon=LISBON[1], km=5)])
    for rules in (by_name, by_area):
        assert hidden(some, rules).tolist() == [True, True, True, True, False]


def test_an_excluded_day_hides_by_the_corrected_and_by_the_written_time():
    some = columns(3, taken_s=START_S + HOUR_S * np.array([12, 23.5, 40]), skew_s=np.array([0, HOUR_S, 0]))
    for day, expected in (("2023-01-02", [True, True, False]), ("2023-01-03", [False, True, True])):
        rules = NOTHING_EXCLUDED.having("days", [Days(first=date.fromisoformat(day), last=date.fromisoformat(day))])
        assert hidden(some, rules).tolist() == expected

"""Map pictures: every position lies inside, also across the date line, and nothing is loaded from elsewhere."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest

from daguerre.cli.map_window import great_circle, window_around
from daguerre.cli.trip_map import stops_there, way_there
from daguerre.stages.journeys import Journey, Stop

MUNICH, LISBON, SUVA, APIA, TROMSO = (48.1, 11.6), (38.7, -9.1), (-18.1, 178.4), (-13.8, -171.8), (69.6, 18.9)


def journey(
    *stops: tuple[float, float], home: tuple[float, float] | None = MUNICH, place: str = "Lisbon, PT"
) -> Journey:
    told = tuple(Stop(lat=lat, lon=lon, place=place, photos=3 + i) for i, (lat, lon) in enumerate(stops))
    return Journey(trip_id="t", photo_ids=frozenset(), stops=told, home=home)


@pytest.mark.parametrize(
    "positions",
    [[MUNICH], [MUNICH, LISBON], [SUVA, APIA], [TROMSO, SUVA], [(89.0, 0.0), (-89.0, 179.0)], [LISBON, LISBON]],
)
def test_every_position_lies_inside_the_window(positions: list[tuple[float, float]]) -> None:
    window = window_around(positions, width=500, height=300)
    for x, y in map(window.xy, positions):
        assert -1 <= x <= 501
        assert -35 <= y <= 335  # beyond 84 degrees nothing is drawn to scale
    assert window.degrees_wide <= 360.01
    assert window.lat + window.degrees_high / 2 <= 90


def test_across_the_date_line_two_near_places_are_near() -> None:
    window = window_around([SUVA, APIA], width=500, height=300)
    assert window.degrees_wide < 60
    assert window.xy(SUVA)[0] < window.xy(APIA)[0]


def test_a_window_is_true_to_scale_in_its_middle() -> None:
    window = window_around([(60.0, 10.0), (60.2, 10.4)], width=500, height=300)
    north = window.xy((60.2, 10.2))[1] - window.xy((60.1, 10.2))[1]
    east = window.xy((60.1, 10.4))[0] - window.xy((60.1, 10.2))[0]
    assert east == pytest.approx(-north, rel=0.01)  # at 60 degrees, .2 of longitude are as long as .1 of latitude
    assert window.px_per_km == pytest.approx(-north / 11.12, rel=0.01)


def test_the_shortest_way_bends_towards_the_pole_and_keeps_its_ends() -> None:
    way = great_circle((50.0, -100.0), (50.0, 10.0))
    assert way[0] == pytest.approx((50.0, -100.0))
    assert way[-1] == pytest.approx((50.0, 10.0))
    assert max(lat for lat, _ in way) > 60
    assert great_circle(MUNICH, MUNICH) == [MUNICH, MUNICH]


@pytest.mark.parametrize(
    ("one", "home"), [((LISBON, (38.8, -9.3)), MUNICH), ((APIA,), SUVA), ((TROMSO, TROMSO), (48.1, 11.6))]
)
def test_pictures_are_whole_and_mark_home_and_stops(
    one: tuple[tuple[float, float], ...], home: tuple[float, float]
) -> None:
    trip = journey(*one, home=home)
    way, there = way_there([trip]), stops_there(trip)
    for picture in (way, there):
        drawn = ElementTree.fromstring(picture)
        assert drawn.attrib["aria-label"]
        assert "http" not in picture
        for spot in drawn.iter("circle"):
            assert math.isfinite(float(spot.attrib["cx"]) + float(spot.attrib["cy"]))
    assert "class='home'" in way
    assert "class='way'" in way
    assert "class='land'" in way
    assert there.count("class='stop'") == len(one)


def test_without_a_home_none_is_marked() -> None:
    assert "class='home'" not in way_there([journey(LISBON, home=None)])


def test_names_are_escaped() -> None:
    trip = journey(LISBON, place="<b>'x' & co, PT")
    for picture in (way_there([trip]), stops_there(trip)):
        assert "<b>" not in picture
        ElementTree.fromstring(picture)

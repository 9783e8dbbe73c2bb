from __future__ import annotations

import pytest

from daguerre.media.exif import Position
from daguerre.media.place import place_names, towns_around


@pytest.mark.parametrize(
    ("lat", "lon", "name"),
    [
        (38.7125, -9.1280, "Lisbon, PT"),  # in Alfama, which has an entry of its own
        (48.8584, 2.2945, "Paris, FR"),
        (63.06, -179.9, "Beringovskiy, RU"),  # the nearest town lies across the date line
        (0.0, -140.0, None),
        (-82.0, 30.0, None),
    ],
)
def test_places_have_the_name_that_people_use(lat: float, lon: float, name: str | None) -> None:
    assert place_names([Position(lat=lat, lon=lon)]) == [name]


def test_many_positions_in_one_call_keep_their_order() -> None:
    towns = [Position(lat=52.52, lon=13.405), Position(lat=0.0, lon=-140.0), Position(lat=35.68, lon=139.69)]
    assert place_names(towns) == ["Berlin, DE", None, "Tokyo, JP"]
    assert place_names([]) == []


def test_towns_around_are_the_most_populous_near_enough() -> None:
    lisbon = Position(lat=38.72, lon=-9.14)
    towns = towns_around(lisbon, within_km=20, most=5)
    assert towns[0].name == "Lisbon"
    assert [town.population for town in towns] == sorted((town.population for town in towns), reverse=True)
    assert all(abs(town.lat - 38.72) < 0.2 and abs(town.lon + 9.14) < 0.25 for town in towns)
    assert towns_around(Position(lat=0.0, lon=-140.0), within_km=50, most=5) == []

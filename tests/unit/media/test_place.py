from __future__ import annotations

import pytest

from daguerre.media.exif import Position
from daguerre.media.place import place_names


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

from __future__ import annotations

from datetime import date

import pytest

from daguerre.curation import titles

MAY = date(2025, 5, 2)


@pytest.mark.parametrize(
    ("days", "places", "expected"),
    [
        (3, ["Lisbon, PT"], "Three days in Lisbon, May 2025"),
        (14, ["Lisbon, PT", "Sintra, PT"], "14 days in Lisbon and Sintra, May 2025"),
        (2, ["Lisbon, PT", "Lisbon, US"], "Two days in Lisbon, May 2025"),
        (2, [], "Two days away from home, May 2025"),
    ],
)
def test_trips(days, places, expected):
    assert titles.trip_title(days, places, MAY) == expected


@pytest.mark.parametrize(
    ("years", "places", "expected"),
    [
        (1, [], "One year ago today"),
        (2, ["Lisbon, PT"], "Two years ago today in Lisbon"),
        (1, ["Lisbon, PT"], "One year ago today in Lisbon"),
        (13, [], "13 years ago today"),
    ],
)
def test_days(years, places, expected):
    assert titles.day_title(years, places) == expected


def test_months():
    assert titles.month_title(MAY) == "The best of May 2025"


def test_reasons_say_numbers_in_words():
    assert titles.trip_reason(km=1900, photos=58, days=3, picks=9) == (
        "58 photos on three days, 1,900 km from home; these nine are the best of its moments."
    )
    assert titles.day_reason(on=MAY, photos=30, picks=5).startswith("On May 2, 2025 you took 30 photos")
    assert titles.month_reason(start=MAY, photos=90, events=14, picks=12).startswith("90 photos of 14 occasions in May")
    assert titles.month_reason(start=MAY, photos=9, events=1, picks=4).startswith("9 photos of one occasion in May")


def test_every_locale_has_twelve_months():
    assert all(len(phrases.months) == 12 for phrases in titles.PHRASES.values())

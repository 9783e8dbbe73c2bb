from __future__ import annotations

from datetime import date

import pytest

from daguerre.curation.memory import KINDS
from daguerre.curation.significance import PARTS
from daguerre.curation.titles.locales import LOCALES, UnknownLocaleError, speech
from daguerre.curation.titles.speech import THEMES, Told

MAY = date(2025, 5, 2)
LISBON = ["Lisbon, PT"]
ENGLISH, GERMAN = speech("en"), speech("de")


def every_kind(locale: str, *, picks: int = 4, photos: int = 1234, places=LISBON, parts=("far", "loved")):
    """Return what a locale tells of each kind of memory."""
    told, many = speech(locale), {"photos": photos, "picks": picks}
    return {
        "on_this_day": told.on_this_day(years=2, on=MAY, places=places, parts=parts, **many),
        "this_week": told.this_week(years=1, on=MAY, places=places, parts=parts, **many),
        "trip": told.trip(days=3, start=MAY, places=places, km=1900.0, **many),
        "event": told.event(days_ago=120, on=MAY, places=places, parts=parts, **many),
        "person_over_years": told.person_over_years(name="Ada", years=[2019, 2021, 2025], **many),
        "recurring_place": told.recurring_place(place=places[0] if places else "", years=[2019, 2021, 2025], **many),
        "theme": told.theme(theme="snow", year=2024, days=5, **many),
        "best_of_month": told.best_of_month(start=MAY, events=14, **many),
        "best_of_year": told.best_of_year(year=2025, events=1, **many),
        "then_and_now": told.then_and_now(what=places[0] if places else "", then=2019, now=2025, picks=picks),
    }


@pytest.mark.parametrize("locale", sorted(LOCALES))
@pytest.mark.parametrize("places", [[], LISBON, [*LISBON, "Sintra, PT"]])
def test_every_kind_has_a_title_and_a_reason_in_every_locale(locale, places):
    told = every_kind(locale, places=places)
    assert set(told) == set(KINDS)
    assert len({one.title for one in told.values()}) == len(KINDS)
    for one in told.values():
        assert one.title[0].isupper()
        assert one.title == one.title.strip()
        assert one.reason.endswith(".")
        for text in (one.title, one.reason):
            assert "{" not in text
            assert "  " not in text
            assert ", PT" not in text


@pytest.mark.parametrize("locale", sorted(LOCALES))
def test_every_theme_and_every_part_of_a_day_has_words(locale):
    told = speech(locale)
    assert len({told.theme(theme=t, year=2024, photos=9, days=3, picks=4).title for t in THEMES}) == len(THEMES)
    days = {told.event(days_ago=20, on=MAY, places=[], parts=[p], photos=9, picks=4).reason for p in [*PARTS]}
    assert len(days) == len(PARTS)


def test_locales_say_different_things():
    english, german = every_kind("en"), every_kind("de")
    assert all(english[kind].title != german[kind].title for kind in KINDS)
    assert all(english[kind].reason != german[kind].reason for kind in KINDS)


@pytest.mark.parametrize(
    ("days", "places", "english", "german"),
    [
        (3, LISBON, "Three days in Lisbon, May 2025", "Drei Tage in Lisbon, Mai 2025"),
        (
            14,
            [*LISBON, "Sintra, PT"],
            "14 days in Lisbon and Sintra, May 2025",
            "14 Tage in Lisbon und Sintra, Mai 2025",
        ),
        (2, ["Lisbon, PT", "Lisbon, US"], "Two days in Lisbon, May 2025", "Zwei Tage in Lisbon, Mai 2025"),
        (2, [], "Two days away from home, May 2025", "Zwei Tage unterwegs, Mai 2025"),
    ],
)
def test_trips(days, places, english, german):
    given = {"days": days, "places": places, "start": MAY, "km": None, "photos": 9, "picks": 4}
    assert ENGLISH.trip(**given).title == english
    assert GERMAN.trip(**given).title == german


@pytest.mark.parametrize(
    ("years", "places", "english", "german"),
    [
        (1, [], "One year ago today", "Heute vor einem Jahr"),
        (2, LISBON, "Two years ago today in Lisbon", "Heute vor zwei Jahren in Lisbon"),
        (13, [], "13 years ago today", "Heute vor 13 Jahren"),
    ],
)
def test_anniversaries(years, places, english, german):
    given = {"years": years, "on": MAY, "places": places, "parts": [], "photos": 9, "picks": 4}
    assert ENGLISH.on_this_day(**given).title == english
    assert GERMAN.on_this_day(**given).title == german


@pytest.mark.parametrize(
    ("ago", "english", "german"),
    [
        (14, "Two weeks ago", "Vor zwei Wochen"),
        (60, "Nine weeks ago", "Vor neun Wochen"),
        (61, "A day in May 2025", "Ein Tag im Mai 2025"),
    ],
)
def test_weeks_become_months(ago, english, german):
    given = {"days_ago": ago, "on": MAY, "places": [], "parts": [], "photos": 9, "picks": 4}
    assert ENGLISH.event(**given).title == english
    assert GERMAN.event(**given).title == german


def test_a_day_long_ago_is_told_by_its_place_and_month():
    given = {"days_ago": 200, "on": MAY, "places": LISBON, "parts": ["people", "far"], "photos": 9, "picks": 4}
    assert ENGLISH.event(**given).title == "A day in Lisbon, May 2025"
    assert GERMAN.event(**given).title == "Ein Tag in Lisbon, Mai 2025"
    assert GERMAN.event(**given).reason.startswith("2. Mai 2025: Menschen, die du selten triffst, und weit weg von")


def test_reasons_say_why_in_numbers_and_words():
    assert ENGLISH.trip(days=3, start=MAY, places=[], km=1900.0, photos=58, picks=9).reason == (
        "58 photos on three days, 1,900 km from home; these nine are the best of its moments."
    )
    assert GERMAN.trip(days=3, start=MAY, places=[], km=1900.0, photos=1258, picks=9).reason == (
        "1.258 Fotos an drei Tagen, 1.900 km von zu Hause; diese neun sind die besten aus ihren Momenten."
    )
    day = {"years": 2, "on": MAY, "places": [], "photos": 30, "picks": 5}
    assert ENGLISH.on_this_day(**day, parts=["people", "far"]).reason == (
        "May 2, 2025: people you seldom meet and far from home; these five are the best of 30 photos."
    )
    assert GERMAN.on_this_day(**day, parts=["people"]).reason == (
        "2. Mai 2025: Menschen, die du selten triffst; diese fünf sind die besten von 30 Fotos."
    )
    assert ENGLISH.best_of_month(start=MAY, events=1, photos=9, picks=4).reason.startswith("9 photos of one occasion")
    assert GERMAN.best_of_month(start=MAY, events=1, photos=9, picks=4).reason.startswith("9 Fotos von einem Anlass")


def test_a_winter_has_two_years_and_a_place_may_have_no_name():
    assert ENGLISH.theme(theme="snow", year=2024, photos=9, days=3, picks=4).title == "Snow in the winter of 2023/24"
    assert GERMAN.then_and_now(what="", then=2019, now=2025, picks=6) == Told(
        title="Damals und heute",
        reason="Sechs Jahre liegen zwischen dem ersten und dem letzten dieser sechs Fotos, 2019 und 2025.",
    )


def test_locales_are_found_by_language_and_others_refused():
    assert speech("de_AT.UTF-8") is speech("de")
    assert speech("en-GB") is speech("en")
    with pytest.raises(UnknownLocaleError, match="Use one of: de, en"):
        speech("fr")

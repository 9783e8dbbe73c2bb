"""What a memory is called and why it is shown, in plain words of one locale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

DEFAULT_LOCALE = "en"


@dataclass(frozen=True, kw_only=True)
class Phrases:
    """The words of one locale. Names in braces are filled in by the functions below.

    Attributes:
        numbers: From none to twelve; larger numbers are written in digits.
        months: January to December.
    """

    numbers: tuple[str, ...]
    months: tuple[str, ...]
    month_of_year: str
    day_of_month: str
    both: str
    somewhere: str
    days_in: str
    one_year_ago: str
    years_ago: str
    years_ago_in: str
    one_year_ago_in: str
    best_of: str
    trip_reason: str
    day_reason: str
    month_reason: str
    month_reason_one: str


PHRASES = {
    "en": Phrases(
        numbers=(
            "no",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ),
        months=(
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ),
        month_of_year="{month} {year}",
        day_of_month="{month} {day}, {year}",
        both="{first} and {second}",
        somewhere="away from home",
        days_in="{days} days in {place}, {when}",
        one_year_ago="One year ago today",
        years_ago="{years} years ago today",
        one_year_ago_in="One year ago today in {place}",
        years_ago_in="{years} years ago today in {place}",
        best_of="The best of {when}",
        trip_reason="{photos} photos on {days} days, {km} km from home; these {picks} are the best of its moments.",
        day_reason="On {when} you took {photos} photos, more than on your usual day out; these {picks} are the best.",
        month_reason="{photos} photos of {events} occasions in {when}; these {picks} are good and unlike each other.",
        month_reason_one="{photos} photos of one occasion in {when}; these {picks} are good and unlike each other.",
    )
}


def trip_title(days: int, places: Sequence[str], start: date, locale: str = DEFAULT_LOCALE) -> str:
    """Return as in `Three days in Lisbon, May 2025`. `places` are names, most photographed first; none may be known."""
    words = PHRASES[locale]
    if not places:
        return f"{_count(days, words).capitalize()} days {words.somewhere}, {month(start, locale)}"
    return words.days_in.format(
        days=_count(days, words).capitalize(), place=_names(places, words), when=month(start, locale)
    )


def day_title(years: int, places: Sequence[str], locale: str = DEFAULT_LOCALE) -> str:
    """Return as in `Two years ago today in Lisbon`."""
    words = PHRASES[locale]
    number, place = _count(years, words).capitalize(), _names(places, words) if places else ""
    if years == 1:
        return words.one_year_ago_in.format(place=place) if place else words.one_year_ago
    return (words.years_ago_in if place else words.years_ago).format(years=number, place=place)


def month_title(start: date, locale: str = DEFAULT_LOCALE) -> str:
    """Return as in `The best of May 2025`."""
    return PHRASES[locale].best_of.format(when=month(start, locale))


def trip_reason(*, km: float, photos: int, days: int, picks: int, locale: str = DEFAULT_LOCALE) -> str:
    """Say why a trip is shown."""
    words = PHRASES[locale]
    return words.trip_reason.format(
        km=f"{km:,.0f}", photos=photos, days=_count(days, words), picks=_count(picks, words)
    )


def day_reason(*, on: date, photos: int, picks: int, locale: str = DEFAULT_LOCALE) -> str:
    """Say why a day of an earlier year is shown."""
    words = PHRASES[locale]
    when = words.day_of_month.format(month=words.months[on.month - 1], day=on.day, year=on.year)
    return words.day_reason.format(when=when, photos=photos, picks=_count(picks, words))


def month_reason(*, start: date, photos: int, events: int, picks: int, locale: str = DEFAULT_LOCALE) -> str:
    """Say why a month is shown."""
    words = PHRASES[locale]
    return (words.month_reason_one if events == 1 else words.month_reason).format(
        photos=photos, events=_count(events, words), when=month(start, locale), picks=_count(picks, words)
    )


def month(on: date, locale: str = DEFAULT_LOCALE) -> str:
    """Return as in `May 2025`."""
    words = PHRASES[locale]
    return words.month_of_year.format(month=words.months[on.month - 1], year=on.year)


def short_place(place: str) -> str:
    """Return `Lisbon` of `Lisbon, PT`."""
    return place.rsplit(",", 1)[0].strip()


def _count(number: int, words: Phrases) -> str:
    return words.numbers[number] if number < len(words.numbers) else str(number)


def _names(places: Sequence[str], words: Phrases) -> str:
    names = list(dict.fromkeys(short_place(p) for p in places))
    return words.both.format(first=names[0], second=names[1]) if len(names) > 1 else names[0]

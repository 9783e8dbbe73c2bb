"""Memories told in English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from daguerre.curation.titles.speech import Told, short_place, short_places

_NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_MONTHS = [
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
]
#: Up to so many days ago is told in weeks, what is longer ago by its month.
_WEEKS_UP_TO_DAYS = 60
_PARTS = {
    "moments": "more to see than on your usual day",
    "hours": "a longer day than usual",
    "faces": "more faces than usual",
    "people": "people you seldom meet",
    "new_place": "a place where you seldom are",
    "far": "far from home",
    "loved": "photos that you came back to",
}
_THEMES = {
    "beach": "Summer at the beach, {year}",
    "snow": "Snow in the winter of {before}/{short}",
    "flowers": "The flowers of {year}",
    "sunsets": "The sunsets of {year}",
}


class English:
    """See `Speech`."""

    def on_this_day(
        self, *, years: int, on: date, places: Sequence[str], parts: Sequence[str], photos: int, picks: int
    ) -> Told:
        """Tell as in `Two years ago today in Lisbon`."""
        return Told(title=_start(f"{_years(years)} ago today{_in(places)}"), reason=_day(on, parts, photos, picks))

    def this_week(
        self, *, years: int, on: date, places: Sequence[str], parts: Sequence[str], photos: int, picks: int
    ) -> Told:
        """Tell as in `This week two years ago in Lisbon`."""
        return Told(title=f"This week {_years(years)} ago{_in(places)}", reason=_day(on, parts, photos, picks))

    def trip(self, *, days: int, start: date, places: Sequence[str], km: float | None, photos: int, picks: int) -> Told:
        """Tell as in `Three days in Lisbon, May 2025`."""
        where = _in(places) or " away from home"
        far = f", {km:,.0f} km from home" if km is not None else ""
        return Told(
            title=_start(f"{_count(days)} days{where}, {_month(start)}"),
            reason=f"{photos:,} photos on {_count(days)} days{far}; these {_count(picks)} are the best of its moments.",
        )

    def event(
        self, *, days_ago: int, on: date, places: Sequence[str], parts: Sequence[str], photos: int, picks: int
    ) -> Told:
        """Tell as in `Four weeks ago in Lisbon`, or `A day in Lisbon, May 2025`."""
        if days_ago <= _WEEKS_UP_TO_DAYS:
            title = _start(f"{_many(max(1, round(days_ago / 7)), 'week')} ago{_in(places)}")
        else:
            title = f"A day{_in(places)}, {_month(on)}" if places else f"A day in {_month(on)}"
        return Told(title=title, reason=_day(on, parts, photos, picks))

    def person_over_years(self, *, name: str, years: Sequence[int], photos: int, picks: int) -> Told:
        """Tell as in `Ada over the years`."""
        return Told(
            title=f"{name} over the years",
            reason=f"{photos:,} photos with {name} from {_count(len(years))} years between {years[0]} and {years[-1]}; "
            f"these {_count(picks)} tell of each of them.",
        )

    def recurring_place(self, *, place: str, years: Sequence[int], photos: int, picks: int) -> Told:
        """Tell as in `Lisbon through the years`."""
        name = short_place(place) or "the same place"
        return Told(
            title=_start(f"{name} through the years"),
            reason=f"You were there in {_count(len(years))} years between {years[0]} and {years[-1]}, with "
            f"{photos:,} photos; these {_count(picks)} tell of each of them.",
        )

    def theme(self, *, theme: str, year: int, photos: int, days: int, picks: int) -> Told:
        """Tell as in `Summer at the beach, 2025`."""
        return Told(
            title=_THEMES[theme].format(year=year, before=year - 1, short=f"{year % 100:02d}"),
            reason=f"{photos:,} such photos on {_many(days, 'day')}; these {_count(picks)} are good and unlike "
            "each other.",
        )

    def best_of_month(self, *, start: date, events: int, photos: int, picks: int) -> Told:
        """Tell as in `The best of May 2025`."""
        return Told(title=f"The best of {_month(start)}", reason=_best(_month(start), events, photos, picks))

    def best_of_year(self, *, year: int, events: int, photos: int, picks: int) -> Told:
        """Tell as in `The best of 2025`."""
        return Told(title=f"The best of {year}", reason=_best(str(year), events, photos, picks))

    def then_and_now(self, *, what: str, then: int, now: int, picks: int) -> Told:
        """Tell as in `Lisbon, then and now`."""
        name = short_place(what)
        title = f"{name}, then and now" if name else "Then and now"
        return Told(
            title=title,
            reason=f"{_start(_years(now - then))} lie between the first and the last of these {_count(picks)} photos, "
            f"{then} and {now}.",
        )


def _day(on: date, parts: Sequence[str], photos: int, picks: int) -> str:
    why = " and ".join(_PARTS[part] for part in parts) or "no less than on your usual day"
    when = f"{_MONTHS[on.month - 1]} {on.day}, {on.year}"
    return f"{when}: {why}; these {_count(picks)} are the best of {_many_in_digits(photos)}."


def _best(when: str, events: int, photos: int, picks: int) -> str:
    return (
        f"{_many_in_digits(photos)} of {_many(events, 'occasion')} in {when}; these {_count(picks)} are good and "
        "unlike each other."
    )


def _month(on: date) -> str:
    return f"{_MONTHS[on.month - 1]} {on.year}"


def _in(places: Sequence[str]) -> str:
    names = short_places(places)
    return f" in {' and '.join(names)}" if names else ""


def _years(many: int) -> str:
    return _many(many, "year")


def _many(many: int, what: str) -> str:
    return f"{_count(many)} {what}{'' if many == 1 else 's'}"


def _many_in_digits(photos: int) -> str:
    return f"{photos:,} {'photo' if photos == 1 else 'photos'}"


def _count(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else f"{number:,}"


def _start(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]

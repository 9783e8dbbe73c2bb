"""What every locale can say, one method per kind of memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Told:
    """A title, and a sentence that says why."""

    title: str
    reason: str


class Speech(Protocol):
    """One locale.

    `places` are names as in `Lisbon, PT`, most photographed first; none may be known. `photos` is how many there are,
    `picks` how many of them are shown. `parts` are names of what makes a day stand out, as in `significance.PARTS`.
    """

    def on_this_day(
        self, *, years: int, on: date, places: Sequence[str], parts: Sequence[str], photos: int, picks: int
    ) -> Told:
        """Tell of a day with the same date, so many years ago."""

    def this_week(
        self, *, years: int, on: date, places: Sequence[str], parts: Sequence[str], photos: int, picks: int
    ) -> Told:
        """Tell of the days around this date, so many years ago; `on` is the first of them that is told of."""

    def trip(self, *, days: int, start: date, places: Sequence[str], km: float | None, photos: int, picks: int) -> Told:
        """Tell of days away; `km` from home is None when that is not known."""

    def event(
        self, *, days_ago: int, on: date, places: Sequence[str], parts: Sequence[str], photos: int, picks: int
    ) -> Told:
        """Tell of a day weeks or months ago."""

    def person_over_years(self, *, name: str, years: Sequence[int], photos: int, picks: int) -> Told:
        """Tell of a person; `years` are those with photos, ascending."""

    def recurring_place(self, *, place: str, years: Sequence[int], photos: int, picks: int) -> Told:
        """Tell of a place away from home; `place` may be empty."""

    def theme(self, *, theme: str, year: int, photos: int, days: int, picks: int) -> Told:
        """Tell of one of `THEMES` in a year; a winter is that of the year in which it ends."""

    def best_of_month(self, *, start: date, events: int, photos: int, picks: int) -> Told:
        """Tell of a month."""

    def best_of_year(self, *, year: int, events: int, photos: int, picks: int) -> Told:
        """Tell of a year."""

    def then_and_now(self, *, what: str, then: int, now: int, picks: int) -> Told:
        """Tell of a place or a person in two years; `what` may be empty, for a place without a name."""


#: Names of the themes of `Speech.theme`.
THEMES = ("beach", "snow", "flowers", "sunsets")


def short_place(place: str) -> str:
    """Return `Lisbon` of `Lisbon, PT`."""
    return place.rsplit(",", 1)[0].strip()


def short_places(places: Sequence[str]) -> list[str]:
    """Return the first two different short names."""
    return list(dict.fromkeys(short_place(place) for place in places))[:2]

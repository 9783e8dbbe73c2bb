"""Memories told in German."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from daguerre.curation.titles.speech import Told, short_place, short_places

_NUMBERS = ["kein", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf"]
_MONTHS = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
]
#: Up to so many days ago is told in weeks, what is longer ago by its month.
_WEEKS_UP_TO_DAYS = 60
_PARTS = {
    "moments": "mehr zu sehen als an deinem üblichen Tag",
    "hours": "ein längerer Tag als sonst",
    "faces": "mehr Gesichter als sonst",
    "people": "Menschen, die du selten triffst",
    "new_place": "ein Ort, an dem du selten bist",
    "far": "weit weg von zu Hause",
    "loved": "Fotos, zu denen du zurückgekehrt bist",
}
_THEMES = {
    "beach": "Sommer am Strand {year}",
    "snow": "Schnee im Winter {before}/{short}",
    "flowers": "Die Blumen von {year}",
    "sunsets": "Die Sonnenuntergänge von {year}",
}


class German:
    """See `Speech`."""

    def on_this_day(
        self, *, years: int, on: date, places: Sequence[str], parts: Sequence[str], photos: int, picks: int
    ) -> Told:
        """Tell as in `Heute vor zwei Jahren in Lisbon`."""
        return Told(title=f"Heute vor {_years_ago(years)}{_in(places)}", reason=_day(on, parts, photos, picks))

    def this_week(
        self, *, years: int, on: date, places: Sequence[str], parts: Sequence[str], photos: int, picks: int
    ) -> Told:
        """Tell as in `Diese Woche vor zwei Jahren in Lisbon`."""
        return Told(title=f"Diese Woche vor {_years_ago(years)}{_in(places)}", reason=_day(on, parts, photos, picks))

    def trip(self, *, days: int, start: date, places: Sequence[str], km: float | None, photos: int, picks: int) -> Told:
        """Tell as in `Drei Tage in Lisbon, Mai 2025`."""
        where = _in(places) or " unterwegs"
        far = f", {_digits(km)} km von zu Hause" if km is not None else ""
        return Told(
            title=_start(f"{_count(days)} Tage{where}, {_month(start)}"),
            reason=f"{_photos(photos)} an {_count(days)} Tagen{far}; {_best_of(picks)} aus ihren Momenten.",
        )

    def event(
        self, *, days_ago: int, on: date, places: Sequence[str], parts: Sequence[str], photos: int, picks: int
    ) -> Told:
        """Tell as in `Vor vier Wochen in Lisbon`, or `Ein Tag in Lisbon, Mai 2025`."""
        if days_ago <= _WEEKS_UP_TO_DAYS:
            weeks = max(1, round(days_ago / 7))
            title = f"Vor {'einer Woche' if weeks == 1 else f'{_count(weeks)} Wochen'}{_in(places)}"
        else:
            title = f"Ein Tag{_in(places)}, {_month(on)}" if places else f"Ein Tag im {_month(on)}"
        return Told(title=title, reason=_day(on, parts, photos, picks))

    def person_over_years(self, *, name: str, years: Sequence[int], photos: int, picks: int) -> Told:
        """Tell as in `Ada im Lauf der Jahre`."""
        return Told(
            title=f"{name} im Lauf der Jahre",
            reason=f"{_photos(photos)} mit {name} aus {_count(len(years))} Jahren zwischen {years[0]} und {years[-1]}; "
            f"{_shown(picks)} aus jedem etwas.",
        )

    def recurring_place(self, *, place: str, years: Sequence[int], photos: int, picks: int) -> Told:
        """Tell as in `Lisbon im Lauf der Jahre`."""
        return Told(
            title=f"{short_place(place) or 'Derselbe Ort'} im Lauf der Jahre",
            reason=f"Du warst in {_count(len(years))} Jahren zwischen {years[0]} und {years[-1]} dort und hast "
            f"{_photos(photos)} gemacht; {_shown(picks)} aus jedem etwas.",
        )

    def theme(self, *, theme: str, year: int, photos: int, days: int, picks: int) -> Told:
        """Tell as in `Sommer am Strand 2025`."""
        on = "an einem Tag" if days == 1 else f"an {_count(days)} Tagen"
        return Told(
            title=_THEMES[theme].format(year=year, before=year - 1, short=f"{year % 100:02d}"),
            reason=f"{_photos(photos)} davon {on}; {_good(picks)}.",
        )

    def best_of_month(self, *, start: date, events: int, photos: int, picks: int) -> Told:
        """Tell as in `Das Beste aus dem Mai 2025`."""
        when = _month(start)
        return Told(title=f"Das Beste aus dem {when}", reason=_best(f"im {when}", events, photos, picks))

    def best_of_year(self, *, year: int, events: int, photos: int, picks: int) -> Told:
        """Tell as in `Das Beste aus 2025`."""
        return Told(title=f"Das Beste aus {year}", reason=_best(f"im Jahr {year}", events, photos, picks))

    def then_and_now(self, *, what: str, then: int, now: int, picks: int) -> Told:
        """Tell as in `Lisbon, damals und heute`."""
        name, years = short_place(what), now - then
        lie = "Ein Jahr liegt" if years == 1 else f"{_start(_count(years))} Jahre liegen"
        return Told(
            title=f"{name}, damals und heute" if name else "Damals und heute",
            reason=f"{lie} zwischen dem ersten und dem letzten dieser {_count(picks)} Fotos, {then} und {now}.",
        )


def _day(on: date, parts: Sequence[str], photos: int, picks: int) -> str:
    said = [_PARTS[part] for part in parts]
    # A relative clause in front of "und" is closed by a comma.
    why = (", und " if "," in "".join(said[:-1]) else " und ").join(said) or "nicht weniger als an deinem üblichen Tag"
    when = f"{on.day}. {_MONTHS[on.month - 1]} {on.year}"
    if photos == 1:
        return f"{when}: {why}; dies ist das Foto davon."
    return f"{when}: {why}; {_best_of(picks)} von {_photos(photos)}."


def _best(when: str, events: int, photos: int, picks: int) -> str:
    of = "einem Anlass" if events == 1 else f"{_count(events)} Anlässen"
    return f"{_photos(photos)} von {of} {when}; {_good(picks)}."


def _best_of(picks: int) -> str:
    return "dieses ist das beste" if picks == 1 else f"diese {_count(picks)} sind die besten"


def _good(picks: int) -> str:
    return "dieses ist gut" if picks == 1 else f"diese {_count(picks)} sind gut und einander unähnlich"


def _shown(picks: int) -> str:
    return "dieses eine zeigt" if picks == 1 else f"diese {_count(picks)} zeigen"


def _month(on: date) -> str:
    return f"{_MONTHS[on.month - 1]} {on.year}"


def _in(places: Sequence[str]) -> str:
    names = short_places(places)
    return f" in {' und '.join(names)}" if names else ""


def _years_ago(years: int) -> str:
    return "einem Jahr" if years == 1 else f"{_count(years)} Jahren"


def _photos(many: int) -> str:
    return "1 Foto" if many == 1 else f"{_digits(many)} Fotos"


def _digits(number: float) -> str:
    return f"{number:,.0f}".replace(",", ".")


def _count(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else _digits(number)


def _start(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]

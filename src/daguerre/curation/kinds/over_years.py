"""People and places that come back: over the years, and then and now."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from daguerre.curation.columns import Ints
from daguerre.curation.composing import Idea
from daguerre.curation.groups import runs
from daguerre.curation.stock import Stock, worth
from daguerre.curation.titles.speech import Told

#: People and places with the most photos are looked at, up to so many.
_LOOKED_AT = 200
_PARTS = 3


def people_over_years(stock: Stock) -> list[Idea]:
    """Return the people who were there in several years."""
    found = []
    for name, rows in _people(stock):
        years = np.unique(stock.year[rows]).tolist()
        if len(years) >= stock.rules.years:
            found.append(_person(stock, name, rows, years))
    return found


def _person(stock: Stock, name: str, rows: Ints, years: list[int]) -> Idea:
    def told(picks: int) -> Told:
        return stock.told.person_over_years(name=name, years=years, photos=len(rows), picks=picks)

    key = f"person_over_years/{name}"
    return Idea(
        kind="person_over_years", key=key, rows=rows, worth=_lasting(stock, rows), tell=told, part=stock.year[rows]
    )


def recurring_places(stock: Stock) -> list[Idea]:
    """Return the places away from home where the owner was in several years."""
    found = []
    for place, rows in _places(stock):
        years = np.unique(stock.year[rows]).tolist()
        if len(years) >= stock.rules.years:
            found.append(_place(stock, place, rows, years))
    return found


def _place(stock: Stock, place: str, rows: Ints, years: list[int]) -> Idea:
    def told(picks: int) -> Told:
        return stock.told.recurring_place(place=place, years=years, photos=len(rows), picks=picks)

    key = f"recurring_place/{place}"
    return Idea(
        kind="recurring_place", key=key, rows=rows, worth=_lasting(stock, rows), tell=told, part=stock.year[rows]
    )


def then_and_now(stock: Stock) -> list[Idea]:
    """Return the first and the last year of people and places that are far enough apart."""
    found = []
    for about, subjects in (("person", _people(stock)), ("place", _places(stock))):
        for what, rows in subjects:
            years = stock.year[rows]
            if years.max() - years.min() >= stock.rules.apart_years:
                ends = rows[(years == years.min()) | (years == years.max())]
                found.append(_apart(stock, f"then_and_now/{about}/{what}", what, ends))
    return found


def _apart(stock: Stock, key: str, what: str, rows: Ints) -> Idea:
    then, now = int(stock.year[rows].min()), int(stock.year[rows].max())

    def told(picks: int) -> Told:
        return stock.told.then_and_now(what=what, then=then, now=now, picks=picks)

    return Idea(
        kind="then_and_now",
        key=key,
        rows=rows,
        worth=_lasting(stock, rows),
        tell=told,
        part=stock.year[rows],
        facing=True,
    )


def _lasting(stock: Stock, rows: Ints) -> float:
    """Return what is worth more the longer it lasts, and the more its best events are."""
    years = int(np.ptp(stock.year[rows]))
    return 0.5 * worth(stock, rows, _PARTS) + 0.5 * years / (years + 3)


def _people(stock: Stock) -> Iterable[tuple[str, Ints]]:
    rows_of: dict[str, list[int]] = {}
    people = stock.line.columns.people
    for row in stock.shown.tolist():
        for name in people[row]:
            rows_of.setdefault(name, []).append(row)
    return _most_photographed((name, np.array(rows, np.int64)) for name, rows in rows_of.items())


def _places(stock: Stock) -> Iterable[tuple[str, Ints]]:
    """Return the named places away from home."""
    away = stock.shown[np.nan_to_num(stock.km[stock.shown]) >= stock.rules.away_km]
    away = away[stock.line.columns.place[away] != ""]
    names, code = np.unique(stock.line.columns.place[away].astype(str), return_inverse=True)
    return _most_photographed((str(name), away[rows]) for name, rows in zip(names, runs(code), strict=True))


def _most_photographed(subjects: Iterable[tuple[str, Ints]]) -> list[tuple[str, Ints]]:
    return sorted(subjects, key=lambda each: (-len(each[1]), each[0]))[:_LOOKED_AT]

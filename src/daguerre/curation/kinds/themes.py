"""Summers at the beach, snow, flowers, sunsets: what the concepts of the photos tell of a season."""

from __future__ import annotations

import numpy as np

from daguerre.curation.columns import Floats, Ints
from daguerre.curation.composing import Idea
from daguerre.curation.stock import Stock, moments_in, worth
from daguerre.curation.titles.speech import Told

#: Which concepts make a theme, and the months of its season north of the equator; all months where it has none.
_THEMES: dict[str, tuple[frozenset[str], tuple[int, ...]]] = {
    "beach": (frozenset({"beach", "sea"}), (6, 7, 8, 9)),
    "snow": (frozenset({"snow"}), (11, 12, 1, 2, 3, 4)),
    "flowers": (frozenset({"flower"}), (3, 4, 5, 6, 7, 8)),
    "sunsets": (frozenset({"sunset"}), tuple(range(1, 13))),
}
#: One afternoon is no season.
_DAYS = 3
#: Some of the best concepts of photos are wrong; a theme that is a rare exception is a mistake rather than a theme.
_SHARE = 0.01


def themes(stock: Stock) -> list[Idea]:
    """Return the themes of every season that is over, where there are enough photos on enough days."""
    columns, rows = stock.line.columns, stock.shown
    south = _southern(columns.lat[rows])
    # South of the equator everything is half a year later.
    month = _month(columns.local_s[rows]) - 6 * south
    present = _month(np.array([np.datetime64(stock.made_for, "s").astype(np.float64)]))[0] - 6 * south
    found = []
    for theme, (concepts, months) in _THEMES.items():
        # A season that goes over the turn of the year is that of the year in which it ends.
        early = 12 - months[0] + 1 if months[0] > months[-1] else 0
        year = 1970 + (month + early) // 12
        ends = 12 * (year - 1970) + months[-1]
        season = (present >= ends) & np.isin(month % 12 + 1, months)
        here = season & np.array([name in concepts for name in columns.concept[rows]], bool)
        for y in np.unique(year[here]):
            if here[year == y].sum() >= _SHARE * (year == y).sum():
                found += _season(stock, theme, int(y), rows[here & (year == y)])
    return found


def _season(stock: Stock, theme: str, year: int, rows: Ints) -> list[Idea]:
    days = len(np.unique(stock.line.columns.local_day[rows]))
    if days < _DAYS or moments_in(stock, rows) < stock.rules.moments["theme"]:
        return []

    def told(picks: int) -> Told:
        return stock.told.theme(theme=theme, year=year, photos=len(rows), days=days, picks=picks)

    key = f"theme/{theme}/{year}"
    return [Idea(kind="theme", key=key, rows=rows, worth=worth(stock, rows, _DAYS), tell=told)]


def _southern(lat: Floats) -> Ints:
    """Return 1 for photos taken south of the equator, or probably so."""
    known = lat[~np.isnan(lat)]
    usually = bool(len(known)) and float(np.median(known)) < 0
    return np.where(np.isnan(lat), usually, lat < 0).astype(np.int64)


def _month(local_s: Floats) -> Ints:
    """Return months since January 1970."""
    return local_s.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)

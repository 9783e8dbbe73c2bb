"""The best of months and years that are over."""

from __future__ import annotations

from datetime import date

import numpy as np

from daguerre.curation.columns import Ints
from daguerre.curation.composing import Idea
from daguerre.curation.groups import runs
from daguerre.curation.stock import Stock, moments_in
from daguerre.curation.titles.speech import Told

#: So many days a month or year is told of as news; after that it is worth less.
_NEWS_DAYS = 45
_OLD_NEWS = 0.8
#: A year with fewer months than this is none.
_MONTHS_OF_A_YEAR = 3


def best_of_months(stock: Stock) -> list[Idea]:
    """Return the best of every month that is over."""
    month = stock.line.columns.local_s[stock.shown].astype("datetime64[s]").astype("datetime64[M]")
    months = [stock.shown[rows] for rows in runs(month)]
    sizes = [moments_in(stock, rows) for rows in months]
    usual = float(np.median(sizes))
    starts = np.unique(month).astype("datetime64[D]").tolist()
    over = np.datetime64(stock.made_for, "M").astype("datetime64[D]").astype(object)
    return [
        _month(stock, rows, start, size / (size + usual))
        for rows, start, size in zip(months, starts, sizes, strict=True)
        if start < over and size >= stock.rules.moments["best_of_month"]
    ]


def _month(stock: Stock, rows: Ints, start: date, worth: float) -> Idea:
    events = len(np.unique(stock.line.event[rows]))

    def told(picks: int) -> Told:
        return stock.told.best_of_month(start=start, events=events, photos=len(rows), picks=picks)

    age = (stock.made_for - start).days - 30
    key = f"best_of_month/{start:%Y-%m}"
    return Idea(kind="best_of_month", key=key, rows=rows, worth=_news(worth, age), tell=told)


def best_of_years(stock: Stock) -> list[Idea]:
    """Return the best of every year that is over."""
    years = [stock.shown[rows] for rows in runs(stock.year[stock.shown])]
    sizes = [moments_in(stock, rows) for rows in years]
    usual = float(np.median(sizes))
    return [
        _year(stock, rows, size / (size + usual))
        for rows, size in zip(years, sizes, strict=True)
        if stock.year[rows[0]] < stock.made_for.year
        and size >= stock.rules.moments["best_of_year"]
        and _months(stock, rows) >= _MONTHS_OF_A_YEAR
    ]


def _year(stock: Stock, rows: Ints, worth: float) -> Idea:
    year, events = int(stock.year[rows[0]]), len(np.unique(stock.line.event[rows]))

    def told(picks: int) -> Told:
        return stock.told.best_of_year(year=year, events=events, photos=len(rows), picks=picks)

    age = (stock.made_for - date(year, 12, 31)).days
    return Idea(kind="best_of_year", key=f"best_of_year/{year}", rows=rows, worth=_news(worth, age), tell=told)


def _months(stock: Stock, rows: Ints) -> int:
    return len(np.unique(stock.line.columns.local_s[rows].astype("datetime64[s]").astype("datetime64[M]")))


def _news(worth: float, age_days: int) -> float:
    return worth if age_days <= _NEWS_DAYS else _OLD_NEWS * worth

"""Days and windows of days, UTC."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

T = TypeVar("T")

WINDOW_DAYS = 28


def end_of(day: date) -> datetime:
    """Return the moment at which a day is over: the time that its counts describe."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def in_window(of_days: Mapping[date, T], day: date) -> list[T]:
    """Return what belongs to the 28 days that end with `day`."""
    return [value for d, value in of_days.items() if timedelta(0) <= day - d < timedelta(days=WINDOW_DAYS)]


def leaving(days: Iterable[date]) -> set[date]:
    """Return the days on which these days leave the window."""
    return {day + timedelta(days=WINDOW_DAYS) for day in days}

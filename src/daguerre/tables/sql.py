"""Literals of the filter language that tables understand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime


def quote(text: str) -> str:
    """Return `text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def instant(at: datetime) -> str:
    """Return an aware datetime as an SQL literal that compares with the tables' UTC microseconds.

    Raises:
        ValueError: `at` has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone; every time in Daguerre is aware")
    utc = at.astimezone(UTC).replace(tzinfo=None)
    return f"arrow_cast('{utc.isoformat(timespec='microseconds')}', 'Timestamp(Microsecond, Some(\"UTC\"))')"


def one_of(column: str, values: Iterable[str]) -> str:
    """Return the condition that `column` has one of `values`; of no values, a condition that nothing meets."""
    literals = ", ".join(quote(value) for value in values)
    return f"{column} IN ({literals})" if literals else "false"

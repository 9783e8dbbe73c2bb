"""Seconds of the columns as the instants of the tables."""

from __future__ import annotations

from datetime import UTC, datetime


def instant(seconds: float) -> datetime:
    """Return seconds since 1970 as an aware UTC datetime."""
    return datetime.fromtimestamp(float(seconds), UTC)

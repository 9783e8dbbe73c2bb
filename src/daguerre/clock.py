"""Time, as a thing that can be handed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

#: Returns the present as an aware UTC datetime. Tests and simulations hand in their own.
Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the present."""
    return datetime.now(UTC)


def frozen_clock(at: datetime) -> Clock:
    """Return a clock that always shows `at`; refuses a naive datetime."""
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone; every time in Daguerre is aware")
    return lambda: at.astimezone(UTC)

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from daguerre.tables.sql import instant, one_of, quote


def test_a_quote_inside_text_is_doubled() -> None:
    assert quote("o'hara' OR 'a'='a") == "'o''hara'' OR ''a''=''a'"


def test_equal_instants_are_equal_literals() -> None:
    at = datetime(2024, 5, 5, 12, tzinfo=UTC)
    assert instant(at) == instant(at.astimezone(timezone(timedelta(hours=5, minutes=30))))
    assert "2024-05-05T12:00:00.000000" in instant(at)


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        instant(datetime(2024, 5, 5))


def test_one_of_nothing_meets_nothing() -> None:
    assert one_of("a", []) == "false"
    assert one_of("a", ["x", "y'"]) == "a IN ('x', 'y''')"

from __future__ import annotations

from assets.showing import records, table


def test_an_empty_table_is_shown_as_none() -> None:
    assert table("concept", "photos", {}).value == "none"
    assert records([]).value == "none"


def test_the_largest_value_comes_first() -> None:
    rows = table("reason", "objects", {"a": 1, "c": 2, "b": 2}).value.records
    assert [row.data["reason"] for row in rows] == ["b", "c", "a"]

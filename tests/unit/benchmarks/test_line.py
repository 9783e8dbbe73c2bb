from __future__ import annotations

import pytest

from benchmarks.line import Line


@pytest.mark.parametrize(
    ("asked", "target", "met"),
    [
        ({"limit": 10.0, "at_least": 0.8}, ">= 0.8", True),
        ({"limit": 10.0, "at_least": 0.85}, ">= 0.85", False),
        ({"limit": 4.0, "at_most": 2.0}, "<= 2", True),
        ({"limit": 1.0, "at_most": 2.0}, "<= 2", False),
        ({"at_most": 8.0}, "<= 8", True),
        ({"at_least": 8.5}, ">= 8.5", False),
        ({"at_least": 7.0, "at_most": 7.5}, ">= 7 and <= 7.5", False),
        ({"limit": 1.0}, "", None),
        ({}, "", None),
    ],
)
def test_the_ratio_is_judged_where_there_is_a_limit_and_the_measurement_otherwise(asked, target, met) -> None:
    line = Line(what="x", measured=8.0, unit="s", **asked)
    assert line.target == target
    assert line.met is met


def test_without_a_limit_there_is_no_ratio() -> None:
    assert Line(what="x", measured=8.0, unit="s").ratio is None
    assert Line(what="x", measured=8.0, unit="s", limit=4.0).ratio == 2.0

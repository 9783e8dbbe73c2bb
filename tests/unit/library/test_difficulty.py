from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from daguerre.library.plan import LibraryPlan
from daguerre.library.truth import TruthRow

PlanAt = Callable[[str], LibraryPlan]


def events_found_by_a_fixed_gap(plan: LibraryPlan, gap_s: float) -> float:
    """F1 of event boundaries put where two photos lie more than `gap_s` apart, by the clock that is written."""
    rows: list[TruthRow] = sorted(
        (row for row in plan.rows if row.event_id and row.exif_time and row.fault is None),
        key=lambda row: row.taken_at.timestamp() + row.clock_skew_s,
    )
    times = [row.taken_at.timestamp() + row.clock_skew_s for row in rows]
    found = [b - a > gap_s for a, b in pairwise(times)]
    true = [a.event_id != b.event_id for a, b in pairwise(rows)]
    hits = sum(f and t for f, t in zip(found, true, strict=True))
    return 2 * hits / (sum(found) + sum(true))


@pytest.mark.parametrize("gap_s", [3600, 2 * 3600, 3 * 3600])
def test_the_same_rule_finds_fewer_events_on_a_harder_level(plan_at: PlanAt, gap_s: float) -> None:
    easy, normal, hard = (events_found_by_a_fixed_gap(plan_at(level), gap_s) for level in ("easy", "normal", "hard"))
    assert easy > normal > hard
    assert easy - hard > 0.1


def test_harder_levels_say_less(plan_at: PlanAt) -> None:
    def share_with(level: str, has: Callable[[TruthRow], bool]) -> float:
        rows = plan_at(level).rows
        return sum(map(has, rows)) / len(rows)

    for has in (lambda row: row.gps_lat is not None, lambda row: row.exif_offset is not None):
        easy, normal, hard = (share_with(level, has) for level in ("easy", "normal", "hard"))
        assert easy > normal > hard
    flawed = [share_with(level, lambda row: row.quality.score < 0.5) for level in ("easy", "normal", "hard")]
    assert flawed[0] < flawed[1] < flawed[2]


def test_easy_libraries_have_no_faults_and_no_wrong_clocks(plan_at: PlanAt) -> None:
    assert not any(row.fault or row.clock_skew_s for row in plan_at("easy").rows)
    assert any(row.clock_skew_s for row in plan_at("hard").rows)

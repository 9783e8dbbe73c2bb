"""The floors of every task of curation, on less than `make bench-curation` measures, which prints all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from benchmarks.curation_goals import Goal, Row
from benchmarks.curation_table import grid
from benchmarks.curation_tasks import (
    best_shot,
    clocks,
    duplicates,
    events,
    exclusions,
    selection,
    significant_days,
    trips,
)

SEEDS, FEW = range(5), range(2)
SMALL: dict[str, Callable[[], list[Row]]] = {
    "events": lambda: events(SEEDS, told=False),
    "trips": lambda: trips(SEEDS),
    "duplicates": lambda: duplicates(FEW, sizes=(300,)),
    "best shot": lambda: best_shot(FEW, bursts=12),
    "selection": lambda: selection(SEEDS),
    "exclusions": lambda: exclusions(FEW, pairs=2000),
    "significant days": lambda: significant_days(FEW),
}


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


@pytest.mark.parametrize("task", SMALL)
def test_no_floor_is_missed_and_the_common_rule_is_beaten(task: str) -> None:
    asked = [row for row in SMALL[task]() if row.asked]
    assert asked
    for row in asked:
        name = f"{row.goal.task}, {row.stratum}, {row.goal.measure}"
        assert row.met in ("floor", "aim"), (name, row.reached, row.goal.floor)
        # Merging everything finds every pair, and a top list is all good: what these rules lack is the other half. The
        # median home is right for who is mostly at home.
        if row.goal.measure not in ("pair recall", "good pictures@8") and row.goal.task != "trips":
            ahead = mean(row.ours) - mean(row.theirs)
            assert (-ahead if row.goal.at_most else ahead) > 0.1, name


def test_wrong_clocks_are_found_and_most_of_what_they_cost_comes_back() -> None:
    rows = {(row.stratum, row.goal.measure): row for row in clocks(FEW, years=1)}
    assert rows["one hour", "offset within 60 s"].met == "aim"
    for stratum in ("one hour", "set again half way"):
        repaired, right = rows[stratum, "boundary F1"], rows[f"{stratum}: true times", "boundary F1"]
        assert repaired.reached >= 0.9 * right.reached > 0.01


@pytest.mark.parametrize(
    ("ours", "given", "met"),
    [
        ([0.9, 1.0], {}, "aim"),
        ([0.9, 0.8], {}, "floor"),
        ([0.6, 0.6], {}, "missed"),
        ([0.6, 0.6], {"of_gain": True, "floor": 0.1, "aim": 0.3}, "floor"),
        ([0.0, 0.0], {"at_most": True, "floor": 0, "aim": 0}, "aim"),
        ([0.0, 1.0], {"at_most": True, "floor": 0, "aim": 0}, "missed"),
    ],
)
def test_a_row_says_what_was_met(ours: list[float], given: dict[str, float], met: str) -> None:
    values = {"floor": 0.8, "aim": 0.95} | given
    row = Row(
        goal=Goal(task="a task", measure="F1", baseline="none", **values), stratum="all", theirs=[0.4, 0.4], ours=ours
    )
    assert row.met == met
    assert Row(goal=row.goal, stratum="all", theirs=[0], ours=ours, asked=False).met == ""
    assert grid([row], 2).row_count == 1

from __future__ import annotations

from dataclasses import replace

import pytest

from daguerre.index.planner import FLAT_ROWS, Plan, plan
from daguerre.index.snapshot import Snapshot
from tests.fakes.spaces import NOW, SPACE

BIG = Snapshot(
    space=SPACE, dim=3, version=7, tag="t", rows=4_000_000, ann=True, partitions=976, nprobes=16, refine=3, built_at=NOW
)


@pytest.mark.parametrize(
    ("snapshot", "matching", "filtered", "wanted"),
    [
        (replace(BIG, ann=False), 4_000_000, False, Plan(ann=False)),
        (BIG, FLAT_ROWS, True, Plan(ann=False)),
        (replace(BIG, rows=2000, partitions=1), 2000, False, Plan(ann=True, nprobes=1, refine=3)),
        (BIG, FLAT_ROWS + 1, True, Plan(ann=True, nprobes=64, refine=10)),
        (BIG, 4_000_000, False, Plan(ann=True, nprobes=61, refine=3)),
        (replace(BIG, partitions=24), 100_000, False, Plan(ann=True, nprobes=16, refine=3)),
        (replace(BIG, partitions=4), 100_000, True, Plan(ann=True, nprobes=4, refine=10)),
        (replace(BIG, nprobes=256, refine=10), 100_000, True, Plan(ann=True, nprobes=256, refine=10)),
    ],
)
def test_the_way_of_a_query(snapshot: Snapshot, matching: int, filtered: bool, wanted: Plan) -> None:
    assert plan(snapshot, matching=matching, filtered=filtered) == wanted

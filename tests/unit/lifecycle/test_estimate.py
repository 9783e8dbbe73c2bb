from __future__ import annotations

import json

import numpy as np
import pytest

from daguerre.lifecycle.estimate import Estimate, WriteCost, estimate
from daguerre.lifecycle.pace import Step

FREE = WriteCost(commit_s=0, row_s=0, commit_bytes=0, row_bytes=0)


def guess(steps: list[Step], write: WriteCost = FREE, **facts: object) -> Estimate:
    known = {"photos": 36_000, "batches": 1, "refused": 0, "dim": 64, "ann": False, "seed": 1}
    return estimate(steps, write, **(known | facts))


def even(groups: int = 16) -> list[Step]:
    return [Step(photos=32, wall_s=0.32, cpu_s=0.64)] * groups


def test_an_even_sample_scales_up():
    found = guess(even())
    assert found.photos_per_s.value == pytest.approx(100)
    assert (found.hours.value, found.core_hours.value) == (pytest.approx(0.1), pytest.approx(0.2))
    assert found.hours.low == pytest.approx(found.hours.high)


def test_writing_adds_commits_and_rows():
    write = WriteCost(commit_s=1.0, row_s=0.01, commit_bytes=1000, row_bytes=100)
    found = guess(even(), write, batches=12, refused=128)
    commits = 12 + 36_000 // 4096
    assert found.hours.value == pytest.approx((360 + 360 + commits) / 3600)
    assert found.refused_share == 0.25
    rows = 36_000 * 0.75
    assert found.stored_bytes.low == pytest.approx(rows * 100)
    assert found.stored_bytes.value == pytest.approx(rows * 180 + commits * 1000)
    assert found.stored_bytes.high == pytest.approx(2 * found.stored_bytes.value)


def test_an_approximate_index_takes_its_bits():
    rows = 36_000
    assert guess(even(), ann=True).stored_bytes.value - guess(even()).stored_bytes.value == rows * (64 * 5 / 8 + 16)


def test_it_is_kept_and_read_again():
    found = guess([Step(photos=n, wall_s=0.3 + n / 200, cpu_s=0.5) for n in (32, 32, 32, 7)])
    assert Estimate.from_row(json.loads(json.dumps(found.to_row()))) == found


def test_when_groups_vary_as_the_backfill_does_the_interval_holds_it():
    rng = np.random.default_rng(2)
    held = []
    for seed in range(200):
        seconds = rng.gamma(9.0, 0.32 / 9, 16)
        steps = [Step(photos=32, wall_s=s, cpu_s=s) for s in seconds]
        actual = 32 * 1000 / rng.gamma(9.0, 0.32 / 9, 1000).sum()
        held.append(guess(steps, seed=seed).photos_per_s.holds(actual))
    assert 0.87 <= np.mean(held) <= 0.99

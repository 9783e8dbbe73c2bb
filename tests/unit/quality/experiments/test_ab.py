from __future__ import annotations

import numpy as np
import pytest

from daguerre.quality.experiments.ab import Arm, ArmValues, ratio_interval, variance_left
from tests.unit.quality.experiments.crowds import arms


def plain(old: np.ndarray, new: np.ndarray) -> ArmValues:
    return ArmValues(production=Arm(total=old, per=np.ones(len(old))), candidate=Arm(total=new, per=np.ones(len(new))))


def test_counted_by_person_it_is_welchs_interval() -> None:
    from scipy.stats import ttest_ind

    r = np.random.default_rng(0)
    old, new = r.normal(5, 1, 60), r.normal(5.5, 3, 25)
    expected = ttest_ind(new, old, equal_var=False).confidence_interval(0.95)
    found = ratio_interval(plain(old, new), alpha=0.05)
    # Both variances are divided by n - 1, so the numbers are the same.
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_a_ratio_covers_the_truth_although_people_differ_in_how_much_they_search() -> None:
    inside = naive = 0
    for run in range(300):
        r = np.random.default_rng(run)
        taste, searches = r.beta(3, 7, 400), r.geometric(0.1, 400).astype(float)
        clicks = r.binomial(searches.astype(int), taste).astype(float)
        new = np.arange(400) % 2 == 0
        sides = [Arm(total=clicks[at], per=searches[at]) for at in (~new, new)]
        found = ratio_interval(ArmValues(production=sides[0], candidate=sides[1]), alpha=0.05)
        inside += found.low < 0 < found.high
        # As if every search were independent of the others of that person.
        p = clicks.sum() / searches.sum()
        half = 1.96 * np.sqrt(p * (1 - p) * (1 / searches[new].sum() + 1 / searches[~new].sum()))
        naive += abs(found.mean) < half
    assert 0.92 <= inside / 300 <= 0.985
    assert naive / 300 < 0.85


def test_what_was_known_before_narrows_the_interval_and_keeps_the_truth() -> None:
    inside, left = 0, []
    for run in range(60):
        [values] = arms(np.random.default_rng(run), 0.0, persons=600)
        found = ratio_interval(values, alpha=0.05)
        inside += found.low < 0 < found.high
        left.append(variance_left(values))
    assert inside >= 53
    assert 0.6 < np.mean(left) < 0.95


def test_a_perfect_memory_leaves_nothing_to_chance() -> None:
    r = np.random.default_rng(0)
    usual = r.normal(10, 3, 200)
    old = Arm(total=usual[:100], per=np.ones(100), before=usual[:100])
    new = Arm(total=usual[100:] + 0.5, per=np.ones(100), before=usual[100:])
    found = ratio_interval(ArmValues(production=old, candidate=new), alpha=0.05)
    assert (found.low, found.high) == pytest.approx((0.5, 0.5))


def test_a_share_of_production() -> None:
    r = np.random.default_rng(0)
    old, new = r.gamma(4, 1, 4000), 1.1 * r.gamma(4, 1, 4000)
    found = ratio_interval(plain(old, new), alpha=0.05, relative=True)
    assert found.low < 0.1 < found.high
    assert found.high - found.low < 0.06


def test_a_memory_without_any_spread_changes_nothing() -> None:
    r = np.random.default_rng(0)
    old, new = (Arm(total=r.normal(size=50), per=np.ones(50), before=np.zeros(50)) for _ in range(2))
    assert variance_left(ArmValues(production=old, candidate=new)) == pytest.approx(1.0)

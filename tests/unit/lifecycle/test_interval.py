from __future__ import annotations

import numpy as np
import pytest

from daguerre.lifecycle.interval import Interval, bootstrap


def mean(drawn: np.ndarray) -> np.ndarray:
    return drawn[..., 0].mean(axis=1)


def test_nineteen_of_twenty_intervals_hold_the_truth():
    rng = np.random.default_rng(5)
    held = [bootstrap(rng.gamma(4.0, 0.25, (20, 1)), mean, seed=i, resamples=400).holds(1.0) for i in range(400)]
    assert 0.89 <= np.mean(held) <= 0.98


def test_equal_arguments_give_equal_bounds():
    rows = np.random.default_rng(0).normal(size=(30, 1))
    assert bootstrap(rows, mean, seed=3) == bootstrap(rows, mean, seed=3)
    assert bootstrap(rows, mean, seed=3) != bootstrap(rows, mean, seed=4)


def test_one_observation_has_no_spread():
    assert bootstrap(np.array([[2.0]]), mean, seed=0) == Interval(low=2.0, value=2.0, high=2.0)


def test_a_quotient_turns_the_bounds_round():
    rate = Interval(low=0.01, value=0.02, high=0.05).into(1.0)
    assert (rate.low, rate.value, rate.high) == (pytest.approx(20), pytest.approx(50), pytest.approx(100))

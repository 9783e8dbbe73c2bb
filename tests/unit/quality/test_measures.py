"""Each measure sees what it is for, stays silent on chance, and is not fooled by what fools the ready ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from daguerre.quality.measures import divergence, rate_change, shift
from daguerre.quality.thresholds import CATEGORY, SHIFT

RNG = np.random.default_rng(1)
N = 5000


def test_shift_is_the_wasserstein_distance_in_deviations() -> None:
    a, b = RNG.normal(3, 2, N), RNG.normal(4, 2.5, 700)
    low, high = np.quantile(a, [0.001, 0.999])
    a_in, b_in = np.clip(a, low, high), np.clip(b, low, high)
    assert shift(a, b) == pytest.approx(wasserstein_distance(a_in, b_in) / a_in.std())


def test_identical_data_have_no_shift() -> None:
    a = RNG.normal(size=N)
    assert shift(a, a) == 0
    assert shift(a, RNG.permutation(a)) == pytest.approx(0, abs=1e-12)


def test_chance_does_not_warn_at_the_least_number_of_rows() -> None:
    values = [shift(RNG.normal(size=1500), RNG.normal(size=1500)) for _ in range(60)]
    assert max(values) < SHIFT.warn


@pytest.mark.parametrize(("by", "over"), [(0.15, SHIFT.warn), (0.4, SHIFT.block)])
def test_a_shift_of_everything_is_seen(by: float, over: float) -> None:
    assert shift(RNG.normal(size=N), RNG.normal(by, 1, N)) > over


def test_one_extreme_value_neither_hides_nor_makes_a_shift() -> None:
    reference, current = RNG.normal(size=N), RNG.normal(size=N)
    assert shift(reference, np.append(current, 1e9)) < SHIFT.warn
    assert shift(np.append(reference, 1e4), current + 1) > SHIFT.block


def test_a_wider_spread_is_seen() -> None:
    assert shift(RNG.normal(size=N), RNG.normal(0, 2, N)) > SHIFT.block


@pytest.mark.parametrize("constant", [0.0, 1.0, -250.0])
def test_a_constant_reference(constant: float) -> None:
    reference = np.full(2000, constant)
    assert shift(reference, reference) == 0
    assert shift(reference, reference + 1) > SHIFT.block


def test_divergence_is_the_jensen_shannon_distance() -> None:
    a, b = ["x"] * 60 + ["y"] * 40, ["x"] * 30 + ["y"] * 70
    value, detail = divergence(a, b)
    assert value == pytest.approx(jensenshannon([0.6, 0.4], [0.3, 0.7]))
    assert detail == "'x': 60.0% -> 30.0%"


def test_new_levels_count_as_one() -> None:
    value, detail = divergence(["x"] * 1000, ["x"] * 500 + [f"new {i}" for i in range(500)])
    assert value > CATEGORY.block
    assert "50.0%" in detail


def test_many_levels_by_chance_do_not_warn() -> None:
    values = [divergence(_levels(40), _levels(40))[0] for _ in range(40)]
    assert max(values) < CATEGORY.warn


def _levels(n: int) -> list[str]:
    return [f"level {i}" for i in RNG.integers(0, n, 1500)]


def _flags(n: int, yes: int) -> np.ndarray:
    return np.arange(n) < yes


def test_a_rare_flag_that_became_five_times_as_frequent() -> None:
    change = rate_change(_flags(N, 10), _flags(N, 60))
    assert change.sure
    assert change.ratio > 5


@pytest.mark.parametrize(("before", "after"), [(10, 12), (0, 1), (0, 0), (5, 12)])
def test_a_rare_flag_by_chance(before: int, after: int) -> None:
    assert not rate_change(_flags(2000, before), _flags(2000, after)).sure


def test_a_flag_that_vanished_or_appeared() -> None:
    assert rate_change(_flags(2000, 100), _flags(2000, 0)).sure
    appeared = rate_change(_flags(2000, 0), _flags(2000, 100))
    assert appeared.sure
    assert appeared.ratio > 100


def test_chance_is_rarely_called_a_change() -> None:
    draws = [rate_change(RNG.random(2000) < 0.02, RNG.random(2000) < 0.02).sure for _ in range(500)]
    assert sum(draws) <= 3

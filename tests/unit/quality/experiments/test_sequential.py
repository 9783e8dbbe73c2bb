from __future__ import annotations

import numpy as np
import pytest

from daguerre.quality.experiments.sequential import confidence_sequence, peeking_quantile


def test_looking_costs_half_as_much_again_at_the_planned_size_and_more_before() -> None:
    assert peeking_quantile(1.0, 0.05) == pytest.approx(3.03, abs=0.01)
    assert peeking_quantile(0.1, 0.05) > peeking_quantile(0.5, 0.05) > peeking_quantile(1.0, 0.05)


def test_the_bounds_are_tightest_where_they_were_planned_to_be() -> None:
    """Of all plans, the one for this size has the smallest quantile at this size."""
    assert peeking_quantile(1.0, 0.05) <= min(peeking_quantile(share, 0.05) for share in (0.3, 0.7, 1.5, 3.0)) + 0.1


def test_all_looks_together_are_wrong_as_rarely_as_one() -> None:
    wrong = fooled = 0
    for run in range(200):
        values = np.random.default_rng(run).normal(0.0, 1.0, 2000)
        low, high = confidence_sequence(values, alpha=0.05, planned=2000)
        wrong += bool(((low > 0) | (high < 0))[50:].any())
        n = np.arange(1, 2001)
        plain = np.cumsum(values) / n / (np.sqrt(1 / n))
        fooled += bool((np.abs(plain) > 1.96)[50:].any())
    assert wrong <= 0.05 * 200
    assert fooled > 0.3 * 200


def test_what_is_there_is_found_before_the_end() -> None:
    values = np.random.default_rng(0).normal(0.2, 1.0, 2000)
    low, _ = confidence_sequence(values, alpha=0.05, planned=1000)
    assert np.flatnonzero(low > 0)[0] < 1000


def test_one_value_has_no_bounds() -> None:
    low, high = confidence_sequence([1.0], alpha=0.05, planned=10)
    assert (low[0], high[0]) == (-np.inf, np.inf)

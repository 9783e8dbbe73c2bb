from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daguerre.search.agreement import overlap_at_k, rank_biased_overlap

rankings = st.lists(st.integers(0, 30), unique=True, max_size=15)


def extrapolated(first: list[int], second: list[int], p: float) -> float:
    """RBO as the paper explains it: what was not seen goes on agreeing as the end of what was seen did; summed far."""
    short, long = sorted((first, second), key=len)
    if not short:
        return 1.0 if not long else 0.0
    s, n = len(short), len(long)

    def shared(depth: int) -> int:
        return len(set(short[:depth]) & set(long[:depth]))

    total = 0.0
    for d in range(1, 400):
        if d <= s:
            agreement = shared(d) / d
        elif d <= n:
            agreement = (shared(d) + shared(s) * (d - s) / s) / d
        else:
            agreement = (shared(n) - shared(s)) / n + shared(s) / s
        total += agreement * p ** (d - 1)
    return (1 - p) * total


@given(first=rankings, second=rankings)
def test_rank_biased_overlap_is_the_sum_that_the_paper_defines(first: list[int], second: list[int]) -> None:
    assert rank_biased_overlap(first, second) == pytest.approx(extrapolated(first, second, 0.9), abs=1e-9)


@given(first=rankings, second=rankings)
def test_both_measures_are_symmetric_and_bounded(first: list[int], second: list[int]) -> None:
    assert rank_biased_overlap(first, second) == pytest.approx(rank_biased_overlap(second, first))
    assert overlap_at_k(first, second, 10) == overlap_at_k(second, first, 10)
    assert 0.0 <= rank_biased_overlap(first, second) <= 1.0 + 1e-9
    assert 0.0 <= overlap_at_k(first, second, 10) <= 1.0


def test_the_top_weighs_more_than_the_bottom() -> None:
    right = list(range(10))
    assert rank_biased_overlap(right, right) == pytest.approx(1.0)
    assert rank_biased_overlap(right, list(range(50, 60))) == 0.0
    first_wrong, last_wrong = [99, *right[1:]], [*right[:-1], 99]
    assert rank_biased_overlap(right, first_wrong) < rank_biased_overlap(right, last_wrong) < 1.0
    assert overlap_at_k(right, first_wrong, 10) == overlap_at_k(right, last_wrong, 10) == 0.9


def test_overlap_counts_only_the_first_places_and_forgives_short_lists() -> None:
    assert overlap_at_k([1, 2, 3], [3, 2, 9], 2) == 0.5
    assert overlap_at_k([1, 2], [2, 1], 10) == 1.0
    assert overlap_at_k([1, 2], [1], 10) == 0.5
    assert overlap_at_k([], [], 10) == 1.0
    assert overlap_at_k([], [1], 10) == 0.0

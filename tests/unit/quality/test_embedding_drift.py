from __future__ import annotations

import numpy as np
import pytest

from daguerre.quality.embedding_drift import _auc, embedding_drift


def _rows(n: int, seed: int, *, by: float = 0.0, dim: int = 16) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, dim)).astype(np.float32)
    x[:, 0] += by
    return x


def test_equal_distributions_are_rarely_told_apart() -> None:
    found = [embedding_drift(_rows(150, s), _rows(150, s + 1000), seed=s) for s in range(20)]
    assert sum(d.p_value < 0.01 for d in found) <= 1
    assert 0.4 < np.mean([d.auc for d in found]) < 0.56


def test_a_shift_is_found_and_sized() -> None:
    drift = embedding_drift(_rows(400, 1), _rows(300, 2, by=1.5), seed=0)
    assert drift.p_value == pytest.approx(1 / 201)
    assert drift.auc > 0.75


def test_another_mix_of_clusters_is_found() -> None:
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(10, 16)) * 2

    def mix(weights: np.ndarray, n: int) -> np.ndarray:
        return (centres[rng.choice(10, n, p=weights)] + rng.normal(size=(n, 16))).astype(np.float32)

    even, odd = np.full(10, 0.1), np.r_[np.full(5, 0.18), np.full(5, 0.02)]
    assert embedding_drift(mix(even, 400), mix(odd, 400), seed=0).p_value < 0.01
    assert embedding_drift(mix(even, 400), mix(even, 400), seed=0).p_value > 0.01


def test_the_same_seed_gives_the_same_answer() -> None:
    a, b = _rows(100, 1), _rows(120, 2)
    assert embedding_drift(a, b, seed=5) == embedding_drift(a, b, seed=5)


def test_rows_that_are_not_finite_are_left_out_and_counted() -> None:
    a, b = _rows(100, 1), _rows(100, 2)
    a[3, 2], b[4, 1] = np.nan, np.inf
    assert embedding_drift(a, b, seed=0).not_finite == 2


def test_rows_that_are_all_the_same() -> None:
    same = np.ones((50, 4), np.float32)
    assert embedding_drift(same, same, seed=0).auc == pytest.approx(0.5)


def test_the_area_under_the_curve_counts_pairs() -> None:
    rng = np.random.default_rng(4)
    scores = rng.integers(0, 9, 200).astype(np.float32)
    positive = rng.random(200) < 0.3
    pairs = scores[positive][:, None] - scores[~positive]
    assert _auc(scores, positive) == pytest.approx(np.mean((np.sign(pairs) + 1) / 2))

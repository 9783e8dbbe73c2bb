"""Drift of vectors: one test that says whether, one classifier that says how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

_PERMUTATIONS = 200


@dataclass(frozen=True, kw_only=True)
class EmbeddingDrift:
    """How two sets of vectors differ.

    Attributes:
        auc: Held-out area under the curve of a linear classifier that tells the sets apart; .5: it cannot.
        p_value: Share of random relabellings with an MMD at least as large; never below 1/201.
        not_finite: Rows with a NaN or an infinity, on both sides.
    """

    auc: float
    p_value: float
    not_finite: int


def embedding_drift(reference: Vectors, current: Vectors, *, seed: int) -> EmbeddingDrift:
    """Compare `(m, d)` with `(n, d)` float32 rows; m + n up to a few thousand.

    MMD with a Gaussian kernel, median heuristic, and labels permuted over the pooled rows (Gretton et al. 2012).
    Permuting is the point: a threshold from the reference alone alarms on identical data.
    """
    rng = np.random.default_rng(seed)
    a, b = _finite(reference), _finite(current)
    lost = len(reference) + len(current) - len(a) - len(b)
    pooled = np.vstack([a, b]).astype(np.float32)
    return EmbeddingDrift(
        auc=_held_out_auc(pooled, len(a), rng), p_value=_mmd_p_value(pooled, len(a), rng), not_finite=lost
    )


def _finite(x: Vectors) -> Vectors:
    return x[np.isfinite(x).all(axis=1)]


def _held_out_auc(pooled: Vectors, m: int, rng: np.random.Generator) -> float:
    """Fit on one half and rank the other, both ways round."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    label = np.arange(len(pooled)) >= m
    scaled = (pooled - pooled.mean(axis=0)) / (pooled.std(axis=0) + 1e-6)
    # Halves with equal shares of both sides, however few there are.
    fold = np.empty(len(pooled), np.int64)
    for side in (~label, label):
        fold[side] = rng.permutation(int(side.sum())) % 2
    scores = []
    for held_out in (0, 1):
        fit, judge = fold != held_out, fold == held_out
        model: Any = LogisticRegression(C=1e-3, max_iter=300).fit(scaled[fit], label[fit])
        scores.append(float(roc_auc_score(label[judge], model.decision_function(scaled[judge]))))
    return float(np.mean(scores))


def _mmd_p_value(pooled: Vectors, m: int, rng: np.random.Generator) -> float:
    total, n = len(pooled), len(pooled) - m
    square = np.einsum("ij,ij->i", pooled, pooled)
    kernel = square[:, None] + square - 2 * pooled @ pooled.T  # squared distances; the kernel takes their place
    sample = kernel[rng.integers(0, total, 4000), rng.integers(0, total, 4000)]
    width = max(float(np.median(sample)), 1e-12)
    np.exp(np.minimum(kernel / -width, 0), out=kernel)
    np.fill_diagonal(kernel, 0)
    # Column 0 is the true labelling; every other column a random one of the same sizes.
    chosen = np.zeros((total, _PERMUTATIONS + 1), np.float32)
    chosen[:m, 0] = 1
    for j in range(1, _PERMUTATIONS + 1):
        chosen[rng.permutation(total)[:m], j] = 1
    towards = kernel @ chosen
    inside = np.einsum("ij,ij->j", chosen, towards, dtype=np.float64)
    between = towards.sum(axis=0, dtype=np.float64) - inside
    others = float(kernel.sum(dtype=np.float64)) - inside - 2 * between
    mmd2 = inside / (m * (m - 1)) + others / (n * (n - 1)) - 2 * between / (m * n)
    return float((1 + np.sum(mmd2[1:] >= mmd2[0])) / (_PERMUTATIONS + 1))

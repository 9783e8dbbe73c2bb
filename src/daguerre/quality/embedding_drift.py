"""Drift of vectors: one test that says whether, one classifier that says how much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

_PERMUTATIONS = 200
#: Weight of the ridge beside features of unit variance: directions that the data hardly fill decide nothing.
_RIDGE = 0.1


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
    """Fit a ridge discriminant on one half and rank the other, both ways round."""
    side = np.where(np.arange(len(pooled)) < m, -1.0, 1.0).astype(np.float32)
    scaled = (pooled - pooled.mean(axis=0)) / (pooled.std(axis=0) + 1e-6)
    # Halves with equal shares of both sides, however few there are.
    fold = np.empty(len(pooled), np.int64)
    for part in (side < 0, side > 0):
        fold[part] = rng.permutation(int(part.sum())) % 2
    scores = []
    for held_out in (0, 1):
        fit, judge = fold != held_out, fold == held_out
        x = scaled[fit]
        ridge = _RIDGE * len(x) * np.eye(x.shape[1], dtype=np.float32)
        weights = np.linalg.solve(x.T @ x + ridge, x.T @ (side[fit] - side[fit].mean()))
        scores.append(_auc(scaled[judge] @ weights, side[judge] > 0))
    return float(np.mean(scores))


def _auc(scores: Vectors, positive: npt.NDArray[np.bool_]) -> float:
    """Return the share of pairs in which the positive one scores higher; ties count half."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[place]
    yes, no = int(positive.sum()), int((~positive).sum())
    return float((rank[positive].sum() - yes * (yes + 1) / 2) / (yes * no))


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

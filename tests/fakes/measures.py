"""How well boundaries, spans, groups and selections agree with the truth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / max(precision + recall, 1e-9)


def boundary_f1(found: np.ndarray, true: np.ndarray) -> float:
    hits = (found & true).sum()
    return f1(hits / max(found.sum(), 1), hits / max(true.sum(), 1))


def span_f1(found: Sequence[tuple[int, int]], true: Sequence[tuple[int, int]], *, overlap: float = 0.7) -> float:
    """Return F1 of spans of rows, both ends included; a span is found when it shares `overlap` of the union."""

    def iou(a: tuple[int, int], b: tuple[int, int]) -> float:
        shared = max(0, min(a[1], b[1]) - max(a[0], b[0]) + 1)
        return shared / (a[1] - a[0] + b[1] - b[0] + 2 - shared)

    def share(some: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]]) -> float:
        return sum(any(iou(a, b) >= overlap for b in others) for a in some) / max(len(some), 1)

    return f1(share(found, true), share(true, found))


def pair_scores(found: np.ndarray, true: np.ndarray) -> tuple[float, float]:
    """Return precision and recall of the pairs that two labellings of the same rows put together."""
    both = np.unique(np.stack([found, true]), axis=1, return_inverse=True)[1]
    shared = _pairs(both)
    return shared / max(_pairs(found), 1), shared / max(_pairs(true), 1)


def _pairs(label: np.ndarray) -> int:
    counts = np.unique(label, return_counts=True)[1]
    return int((counts * (counts - 1) // 2).sum())


def selection_scores(picks: np.ndarray, moment: np.ndarray, quality: np.ndarray, k: int) -> tuple[float, float]:
    """Return the share of moments covered (of at most k) and the share of good pictures among the picks."""
    covered = len(np.unique(moment[picks])) / min(k, len(np.unique(moment)))
    return covered, float((quality[picks] >= 0.6).mean())


def average_precision(score: np.ndarray, true: np.ndarray) -> float:
    """Return the mean precision at each true one, best score first; the first row wins a tie."""
    found = true[np.argsort(-score, kind="stable")]
    return float((np.cumsum(found) / np.arange(1, len(found) + 1))[found].mean())

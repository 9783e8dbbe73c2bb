"""One batch against the batches before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from daguerre.quality import thresholds as bounds
from daguerre.quality.embedding_drift import embedding_drift
from daguerre.quality.findings import Finding, Status
from daguerre.quality.measures import divergence, rate_change, shift
from daguerre.quality.thresholds import Bound, Thresholds
from daguerre.quality.window import Window

SHARE_DRIFTED = "share of drifted subjects"
#: Below these counts a measure has no meaning at all, whatever the verdict's own least number of rows is.
_LEAST_VALUES = 20


def compare(reference: Window, current: Window, thresholds: Thresholds, *, seed: int) -> list[Finding]:
    """Return one finding per subject that either side knows."""
    findings = [
        *_numbers(reference, current, thresholds),
        *_categories(reference, current, thresholds),
        *_flags(reference, current, thresholds),
        *_embeddings(reference, current, thresholds, seed),
    ]
    return [*findings, *_summary(findings)]


def _numbers(reference: Window, current: Window, thresholds: Thresholds) -> Iterator[Finding]:
    for name in _union(reference.numbers, current.numbers):
        a, b = reference.numbers.get(name), current.numbers.get(name)
        if a is None:
            yield _new(name)
            continue
        if b is None:
            yield _absent(name)
            continue
        yield _missing(name, a, b, thresholds)
        a, b = a[np.isfinite(a)], b[np.isfinite(b)]
        if min(len(a), len(b)) >= _LEAST_VALUES:
            detail = f"mean {a.mean():.4g} -> {b.mean():.4g}"
            yield _finding(name, "Wasserstein, in deviations", bounds.SHIFT, shift(a, b), thresholds, detail)


def _missing(name: str, a: npt.NDArray[np.float64], b: npt.NDArray[np.float64], thresholds: Thresholds) -> Finding:
    before, after = float(np.mean(~np.isfinite(a))), float(np.mean(~np.isfinite(b)))
    detail = f"{before:.1%} -> {after:.1%}"
    return _finding(f"{name} missing", "added share", bounds.MISSING, max(0.0, after - before), thresholds, detail)


def _categories(reference: Window, current: Window, thresholds: Thresholds) -> Iterator[Finding]:
    for name in _union(reference.categories, current.categories):
        a, b = reference.categories.get(name), current.categories.get(name)
        if a is None:
            yield _new(name)
        elif b is None:
            yield _absent(name)
        elif name == "top_concept" and not _same_model(reference, current):
            continue  # scores of two models are no drift of the photos
        elif name != "concept_model":
            value, detail = divergence(a, b)
            yield _finding(name, "Jensen-Shannon distance", bounds.CATEGORY, value, thresholds, detail)


def _same_model(reference: Window, current: Window) -> bool:
    return set(reference.categories.get("concept_model", ())) == set(current.categories.get("concept_model", ()))


def _flags(reference: Window, current: Window, thresholds: Thresholds) -> Iterator[Finding]:
    nobody = np.zeros(1, np.bool_)
    for name in _union(reference.flags, current.flags):
        # A flag that one side does not know is a flag that none of its photos has.
        a = reference.flags.get(name, nobody.repeat(_length(reference)))
        b = current.flags.get(name, nobody.repeat(_length(current)))
        change = rate_change(a, b)
        detail = f"{change.before:.2%} -> {change.after:.2%}" + ("" if change.sure else ", may be chance")
        value = change.ratio if change.sure else 1.0
        yield _finding(name, "ratio of shares", bounds.RATE, value, thresholds, detail)


def _embeddings(reference: Window, current: Window, thresholds: Thresholds, seed: int) -> Iterator[Finding]:
    a, b = reference.vectors, current.vectors
    if min(len(a), len(b)) < _LEAST_VALUES:
        return
    drift = embedding_drift(a, b, seed=seed)
    surely = drift.p_value < 0.01
    detail = f"permutation p = {drift.p_value:.3f}, {len(a)} and {len(b)} rows"
    value = drift.auc if surely else min(drift.auc, bounds.EMBEDDING.warn)
    yield _finding("embeddings", "held-out AUC", bounds.EMBEDDING, value, thresholds, detail)
    if drift.not_finite:
        yield _always_blocks("embeddings not finite", f"{drift.not_finite} rows hold a NaN or an infinity")


def _summary(findings: Iterable[Finding]) -> Iterator[Finding]:
    judged = [f for f in findings if f.value is not None]
    if judged:
        value = sum(f.status is not Status.OK for f in judged) / len(judged)
        yield _finding(SHARE_DRIFTED, "share", bounds.DRIFTED_SHARE, value, Thresholds(), f"of {len(judged)}")


def _finding(subject: str, method: str, bound: Bound, value: float, thresholds: Thresholds, detail: str) -> Finding:
    warn, block, status = thresholds.judge(subject, bound, value)
    return Finding(
        subject=subject, method=method, value=value, warn_at=warn, threshold=block, status=status, detail=detail
    )


def _new(name: str) -> Finding:
    return Finding(
        subject=name,
        method="presence",
        value=None,
        warn_at=0,
        threshold=None,
        status=Status.OK,
        detail="the reference did not have it yet",
    )


def _absent(name: str) -> Finding:
    return _always_blocks(name, "the reference has it, this batch does not")


def _always_blocks(subject: str, detail: str) -> Finding:
    return Finding(
        subject=subject, method="presence", value=None, warn_at=0, threshold=0, status=Status.BLOCK, detail=detail
    )


def _union(first: Iterable[str], second: Iterable[str]) -> list[str]:
    return sorted({*first, *second})


def _length(window: Window) -> int:
    return max((len(values) for values in window.numbers.values()), default=1)

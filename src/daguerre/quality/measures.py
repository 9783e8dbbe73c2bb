"""How far two samples are apart, each measure for one kind of column.

Written out here because the ready ones answer wrongly without a word: bins over pooled data let one extreme value
hide a shift of everything else, and distances do not see a rare flag that became five times as frequent.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

#: Levels of a category that are told apart; the chance distance grows with their number (.06 at 20 and 1,500 rows).
_MAX_LEVELS = 20
#: Quantiles of a normal distribution: about ten flags are looked at per batch, so 99.9 %.
_Z = 3.29


def shift(reference: Numbers, current: Numbers) -> float:
    """Return the Wasserstein-1 distance in standard deviations of the reference.

    Both sides are clipped to the reference's .1 % and 99.9 % quantiles, so that no single value decides.
    Both are finite and not empty.
    """
    low, high = np.quantile(reference, [0.001, 0.999])
    a, b = np.sort(np.clip(reference, low, high)), np.sort(np.clip(current, low, high))
    # A constant reference has no deviation; then a thousandth of its size is what counts as one.
    unit = max(float(a.std()), 1e-3 * max(abs(float(a[0])), 1e-3))
    if low == high:  # clipping would hide every change
        return float(np.mean(np.abs(current - low))) / unit
    values = np.concatenate([a, b])
    values.sort()
    below_a = np.searchsorted(a, values[:-1], side="right") / len(a)
    below_b = np.searchsorted(b, values[:-1], side="right") / len(b)
    return float(np.sum(np.abs(below_a - below_b) * np.diff(values))) / unit


def divergence(reference: Sequence[str], current: Sequence[str]) -> tuple[float, str]:
    """Return the Jensen-Shannon distance (natural logarithm, at most .83) and the level that moved most."""
    levels = [level for level, _ in Counter(reference).most_common(_MAX_LEVELS)]
    p, q = _shares(reference, levels), _shares(current, levels)
    m = (p + q) / 2
    distance = math.sqrt(max(0.0, (_kl(p, m) + _kl(q, m)) / 2))
    at = int(np.argmax(np.abs(p - q)))
    name = repr(levels[at]) if at < len(levels) else "all other levels"
    return distance, f"{name}: {p[at]:.1%} -> {q[at]:.1%}"


def _shares(values: Sequence[str], levels: Sequence[str]) -> Numbers:
    counts = Counter(values)
    known = np.array([counts[level] for level in levels], np.float64)
    return np.append(known, len(values) - known.sum()) / len(values)


def _kl(p: Numbers, m: Numbers) -> float:
    there = p > 0
    return float(np.sum(p[there] * np.log(p[there] / m[there])))


@dataclass(frozen=True, kw_only=True)
class RateChange:
    """How a share changed. `ratio` is at least 1, in whichever direction; `sure`: 99.9 % that it did change."""

    before: float
    after: float
    ratio: float
    sure: bool


def rate_change(reference: npt.NDArray[np.bool_], current: npt.NDArray[np.bool_]) -> RateChange:
    """Compare two shares by Newcombe's interval of their difference (1998, method 10, from Wilson's scores)."""
    m, n, x, y = len(reference), len(current), int(reference.sum()), int(current.sum())
    p, q = x / m, y / n
    (low_p, high_p), (low_q, high_q) = _wilson(x, m), _wilson(y, n)
    low = (q - p) - math.hypot(q - low_q, high_p - p)
    high = (q - p) + math.hypot(high_q - q, p - low_p)
    # Half a case more on both sides, so that a flag never seen before has a ratio too.
    smooth = ((y + 0.5) / (n + 1)) / ((x + 0.5) / (m + 1))
    return RateChange(before=p, after=q, ratio=max(smooth, 1 / smooth), sure=low > 0 or high < 0)


def _wilson(x: int, n: int) -> tuple[float, float]:
    p, z2 = x / n, _Z * _Z
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)

"""An estimate with the range that resampling gives it (Efron 1979, percentile bootstrap)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

#: Maps resampled observations `(resamples, n, columns)` to one statistic each.
Statistic = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]

_RESAMPLES = 2000
#: Share of the resamples outside the interval, both sides together.
ALPHA = 0.05


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An estimate between two bounds."""

    low: float
    value: float
    high: float

    def holds(self, value: float) -> bool:
        """Say whether `value` lies inside."""
        return self.low <= value <= self.high

    def times(self, factor: float) -> Interval:
        """Return the interval of a quantity that is `factor` times this one; `factor` is not negative."""
        return Interval(low=self.low * factor, value=self.value * factor, high=self.high * factor)

    def into(self, amount: float) -> Interval:
        """Return the interval of `amount` divided by this positive quantity."""
        return Interval(low=amount / self.high, value=amount / self.value, high=amount / self.low)

    def plus(self, amount: float) -> Interval:
        """Return the interval moved by `amount`."""
        return Interval(low=self.low + amount, value=self.value + amount, high=self.high + amount)

    def to_row(self) -> dict[str, float]:
        """Return the interval as plain data."""
        return asdict(self)


def bootstrap(
    observations: npt.NDArray[np.floating], statistic: Statistic, *, seed: int, resamples: int = _RESAMPLES
) -> Interval:
    """Return a statistic of `(n, columns)` observations with its 95 % interval; equal arguments give equal bounds.

    Rows are drawn with replacement, so rows must be what varies independently. One row has no spread to show.
    """
    rows = np.asarray(observations, np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(rows), (resamples, len(rows)))
    low, high = np.quantile(statistic(rows[drawn]), [ALPHA / 2, 1 - ALPHA / 2])
    value = float(statistic(rows[None])[0])
    return Interval(low=min(float(low), value), value=value, high=max(float(high), value))

"""Looking at a run before it is over, without being fooled by the best of many looks."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


def peeking_quantile(share: float, alpha: float) -> float:
    """Return how many standard errors a bound lies from the mean, so that it holds at every look at once.

    The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), "Time-uniform
    central limit theory and asymptotic confidence sequences", theorem 2.2, tightest when the planned size is reached.
    At alpha .05 it is 3.0 there instead of 1.96: the price of being allowed to look.

    Args:
        share: Share of the planned size that was seen, above 0; may pass 1.
        alpha: Chance that any look, however many, is outside its bounds.
    """
    # rho^2 times the planned size, the paper's choice (its appendix B.2) for the tightest bounds at that size
    tightest = -2 * math.log(alpha) + math.log(1 - 2 * math.log(alpha))
    x = tightest * share
    return math.sqrt(2 * (x + 1) / x * math.log(math.sqrt(x + 1) / alpha))


def confidence_sequence(values: npt.ArrayLike, *, alpha: float, planned: int) -> tuple[Numbers, Numbers]:
    """Return the bounds of the mean after each value, all of which hold together with chance 1 - alpha.

    Args:
        values: `(n,)` independent, as in one difference per query.

    Returns:
        Two `(n,)` arrays; infinite for the first value, of which no spread is known.
    """
    array = np.asarray(values, np.float64)
    n = np.arange(1, len(array) + 1)
    mean = np.cumsum(array) / n
    spread = np.maximum(np.cumsum(array**2) / n - mean**2, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        se = np.where(n > 1, np.sqrt(spread / (n - 1)), np.inf)
    half = se * np.array([peeking_quantile(share, alpha) for share in (n / planned).tolist()])
    return mean - half, mean + half

"""A/B experiments: each person sees one side, so what is compared is people, not lists."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from daguerre.quality.experiments.bootstrap import Interval

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Arm:
    """The people that saw one side; all arrays `(people,) float64`.

    Attributes:
        total: What is counted, as in a person's clicks.
        per: What it is counted by, as in the person's searches; ones for a plain mean over people.
        before: The same person's number from before the experiment, or None; the better it predicts `total`, the
            narrower the interval becomes.
    """

    total: Numbers
    per: Numbers
    before: Numbers | None = None

    @property
    def ratio(self) -> float:
        """Return the sum of `total` over the sum of `per`."""
        return float(self.total.sum() / self.per.sum())


@dataclass(frozen=True, kw_only=True)
class ArmValues:
    """One metric of an A/B experiment."""

    production: Arm
    candidate: Arm


def ratio_interval(values: ArmValues, *, alpha: float, relative: bool = False) -> Interval:
    """Return the interval of level 1 - alpha of the candidate's ratio minus production's; Welch's when `per` is 1.

    A ratio is made linear in people by the delta method (Deng, Knoblich, Lu 2018, "Applying the delta method in
    metric analytics"); what is known from before is taken out by CUPED (Deng, Xu, Kohavi, Walker 2013) with one
    coefficient for both arms; the degrees of freedom are Welch's and Satterthwaite's.

    Args:
        relative: Make it a share of production's ratio, which is above 0.
    """
    from scipy.special import stdtrit

    old, new = linear(values.production), linear(values.candidate)
    if values.production.before is not None and values.candidate.before is not None:
        old, new = _without_before(old, new, values.production.before, values.candidate.before)
    a, b = float(old.mean()), float(new.mean())
    var_a, var_b = float(old.var(ddof=1)) / len(old), float(new.var(ddof=1)) / len(new)
    mean = b - a
    if relative:  # var(b / a), again by the delta method
        mean, var_a, var_b = b / a - 1, var_a * b**2 / a**4, var_b / a**2
    both = var_a + var_b
    freedom = both**2 / (var_a**2 / (len(old) - 1) + var_b**2 / (len(new) - 1)) if both else float(len(old))
    half = float(stdtrit(freedom, 1 - alpha / 2)) * math.sqrt(both)
    n = len(old) + len(new)
    return Interval(low=mean - half, mean=mean, high=mean + half, se=math.sqrt(both), n=n, clusters=n, by_cluster=True)


def variance_left(values: ArmValues) -> float:
    """Return the share of variance that CUPED leaves; 1 where nothing is known from before."""
    plain = ArmValues(
        production=replace(values.production, before=None), candidate=replace(values.candidate, before=None)
    )
    before = ratio_interval(plain, alpha=0.05).se
    return (ratio_interval(values, alpha=0.05).se / before) ** 2 if before else 1.0


def linear(arm: Arm) -> Numbers:
    """Return one number per person whose mean is the ratio, and whose variance is the ratio's."""
    ratio = arm.ratio
    return ratio + (arm.total - ratio * arm.per) / arm.per.mean()


def _without_before(old: Numbers, new: Numbers, old_before: Numbers, new_before: Numbers) -> tuple[Numbers, Numbers]:
    """Take out what the time before predicts: it is the same on both sides, but for chance."""
    centre = np.concatenate([old_before, new_before]).mean()
    x = np.concatenate([old_before - old_before.mean(), new_before - new_before.mean()])
    y = np.concatenate([old - old.mean(), new - new.mean()])
    slope = float(x @ y / (x @ x)) if (x @ x) > 0 else 0.0
    return old - slope * (old_before - centre), new - slope * (new_before - centre)

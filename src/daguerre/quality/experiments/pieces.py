"""What one row of an experiment is computed from: one metric in one slice, paired or in two arms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from daguerre.quality.experiments.ab import Arm, ArmValues, ratio_interval
from daguerre.quality.experiments.bootstrap import Interval, cluster_interval, percentile, percentile_interval
from daguerre.quality.experiments.spec import ExperimentSpec, Metric

Numbers = npt.NDArray[np.float64]

#: Pairs (or people on each side) without which an interval is not worth its name.
LEAST = 10


class Piece(Protocol):
    """One metric in one slice (`part`, as in `all` or `owner=ada`)."""

    @property
    def metric(self) -> Metric:
        """Return what is measured."""

    @property
    def part(self) -> str:
        """Return where."""

    @property
    def n(self) -> int:
        """Return the pairs, or the people."""

    @property
    def clusters(self) -> int:
        """Return the clusters among them."""

    @property
    def few(self) -> bool:
        """Say whether there are too few of them for an interval."""

    def problem(self) -> str:
        """Return why no interval can be computed, or nothing."""

    def sides(self) -> tuple[float | None, float | None]:
        """Return the mean (or the percentile) of production and of the candidate, where there is one."""

    def interval(self, spec: ExperimentSpec, alpha: float) -> Interval:
        """Return the interval of the improvement: above 0 the candidate is better."""


@dataclass(frozen=True, kw_only=True)
class PairedPiece:
    """The same queries on both sides."""

    metric: Metric
    part: str
    labels: Sequence[str]
    production: Numbers
    candidate: Numbers

    @property
    def n(self) -> int:
        """Return the number of queries."""
        return len(self.production)

    @property
    def clusters(self) -> int:
        """Return the clusters among them."""
        return len(set(self.labels))

    @property
    def few(self) -> bool:
        """Say whether there are too few pairs."""
        return self.n < LEAST

    def problem(self) -> str:
        """Return what is wrong with the values."""
        old, new = self.production, self.candidate
        if broken := int((~np.isfinite(old) | ~np.isfinite(new)).sum()):
            return f"{broken} of {self.n} pairs are not finite"
        if not self.n:
            return ""
        # A share of a mean needs the mean, a share of a percentile needs every resampled percentile.
        base = old.mean() if self.metric.statistic == "mean" else old.min()
        if self.metric.relative and not base > 0:
            return "production's values are not above 0, so there is no share of them"
        return ""

    def sides(self) -> tuple[float | None, float | None]:
        """Return the mean or the percentile of each side."""
        return self._middle(self.production), self._middle(self.candidate)

    def interval(self, spec: ExperimentSpec, alpha: float) -> Interval:
        """Resample clusters."""
        old, new, metric = self.production, self.candidate, self.metric
        if metric.statistic == "mean":
            per = old if metric.relative else None
            found = cluster_interval(new - old, self.labels, alpha=alpha, seed=spec.seed, per=per)
        else:
            found = percentile_interval(
                old,
                new,
                self.labels,
                percent=float(metric.statistic[1:]),
                alpha=alpha,
                relative=metric.relative,
                seed=spec.seed,
            )
        return improvement(metric, found)

    def _middle(self, values: Numbers) -> float | None:
        if not len(values) or not np.isfinite(values).all():
            return None
        statistic = self.metric.statistic
        return float(values.mean()) if statistic == "mean" else percentile(values, float(statistic[1:]))


@dataclass(frozen=True, kw_only=True)
class ArmPiece:
    """Different people on both sides."""

    metric: Metric
    part: str
    values: ArmValues

    @property
    def n(self) -> int:
        """Return the number of people."""
        return len(self.values.production.total) + len(self.values.candidate.total)

    @property
    def clusters(self) -> int:
        """Return the number of people: each is a cluster of visits."""
        return self.n

    @property
    def few(self) -> bool:
        """Say whether one side has too few people."""
        return min(len(arm.total) for arm in self._arms()) < LEAST

    def problem(self) -> str:
        """Return what is wrong with the values."""
        for arm in self._arms():
            columns = [arm.total, arm.per, *([] if arm.before is None else [arm.before])]
            if not all(np.isfinite(column).all() for column in columns):
                return "not every person's values are finite"
            if len(arm.per) and arm.per.sum() <= 0:
                return "there is nothing to count by"
        old, _ = self.sides()
        return "production's ratio is not above 0" if self.metric.relative and old is not None and old <= 0 else ""

    def sides(self) -> tuple[float | None, float | None]:
        """Return the ratio of each side."""
        old, new = (arm.ratio if len(arm.per) and arm.per.sum() > 0 else None for arm in self._arms())
        return old, new

    def interval(self, spec: ExperimentSpec, alpha: float) -> Interval:
        """Compare people."""
        return improvement(self.metric, ratio_interval(self.values, alpha=alpha, relative=self.metric.relative))

    def _arms(self) -> tuple[Arm, Arm]:
        return self.values.production, self.values.candidate


def improvement(metric: Metric, found: Interval) -> Interval:
    """Turn a difference into an improvement."""
    if metric.better == "higher":
        return found
    return replace(found, low=-found.high, mean=-found.mean, high=-found.low)

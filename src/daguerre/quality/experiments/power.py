"""What a run can see, before it is run and after."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev

from daguerre.quality.experiments.spec import ExperimentSpec, Metric

_NORMAL = NormalDist()
#: How much variance pairing takes away, to be on the safe side.
_PAIRING = 3.5


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How many queries an experiment needs, and the metric that needs most."""

    queries: int
    metric: str
    by_metric: Mapping[str, int]

    def said(self) -> str:
        """Say it to a person."""
        return f"needs about {self.queries:,} queries, because of {self.metric}"


def queries_needed(sd: float, mde: float, alpha: float, power: float) -> int:
    """Return the number of pairs whose two-sided interval of level 1 - alpha shows a gain of `mde`.

    Args:
        sd: Standard deviation of the paired differences; with clusters, times the root of the design effect.
        power: Chance to see it.
    """
    return max(2, math.ceil((_reach(alpha, power) * sd / mde) ** 2))


def detectable(sd: float, n: int, alpha: float, power: float) -> float:
    """Return the smallest gain that `n` pairs show with chance `power`."""
    return _reach(alpha, power) * sd / math.sqrt(n)


def spread_before(production: Sequence[float], *, relative: bool = False) -> float:
    """Return the spread of differences to plan with when only production's values are known.

    Two independent answers would differ by twice the variance of one; asking both sides the same queries leaves
    less than a third of that (a 3.5th for recall, a 4.9th for nDCG, where it was measured). An earlier run tells it
    better.
    """
    sd = stdev(production) * math.sqrt(2 / _PAIRING)
    return sd / fmean(production) if relative else sd


def level_of(spec: ExperimentSpec, metric: Metric) -> float:
    """Return the alpha of a metric's interval: one won success metric is enough, so these share the chance of error.

    Guardrails need no correction, because all of them have to hold (Schultzberg, Ankargren, Frånberg 2024, "Risk-aware
    product decisions in A/B tests with multiple metrics").
    """
    return spec.alpha / len(spec.success) if metric.role == "success" else spec.alpha


def power_of(spec: ExperimentSpec) -> float:
    """Return the power that each metric needs, so that all guardrails and one success pass together as often as asked.

    The chance to miss is shared out over the guardrails and the success (the same paper).
    """
    return 1 - (1 - spec.power) / (len(spec.guardrails) + 1)


def plan(spec: ExperimentSpec, sd: Mapping[str, float]) -> Plan:
    """Return what the spec's gating metrics need, given the spread of their paired differences.

    Args:
        sd: By metric, in the metric's unit, or as share of production for a relative one; as seen in an earlier run.
            Metrics that are not named do not count.

    Raises:
        ValueError: no gating metric is named.
    """
    power = power_of(spec)
    needed = {
        metric.name: queries_needed(
            sd[metric.name], metric.mde or metric.margin or math.inf, level_of(spec, metric), power
        )
        for metric in spec.metrics
        if metric.gates and metric.name in sd
    }
    if not needed:
        names = ", ".join(metric.name for metric in spec.metrics if metric.gates)
        raise ValueError(f"the spread of none of these is known: {names}")
    most = max(needed, key=lambda name: needed[name])
    return Plan(queries=needed[most], metric=most, by_metric=needed)


def _reach(alpha: float, power: float) -> float:
    return _NORMAL.inv_cdf(1 - alpha / 2) + _NORMAL.inv_cdf(power)

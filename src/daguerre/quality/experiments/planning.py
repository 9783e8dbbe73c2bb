"""How many queries an experiment needs, said before the candidate is asked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist, fmean
from typing import Any

import numpy as np

from daguerre.quality.experiments.ab import Arm, linear
from daguerre.quality.experiments.bootstrap import cluster_interval
from daguerre.quality.experiments.interactions import COLUMNS, Interaction, habits
from daguerre.quality.experiments.power import detectable, level_of, plan, power_of, spread_before
from daguerre.quality.experiments.sequential import peeking_quantile
from daguerre.quality.experiments.spec import ExperimentSpec, Metric
from daguerre.quality.experiments.wording import noun

#: Fewer values tell no spread.
_LEAST = 10


@dataclass(frozen=True, kw_only=True)
class Spread:
    """What is known of one metric beforehand.

    Attributes:
        sd: Standard deviation of the paired differences to plan with; as a share of production for a relative metric.
        available: Queries (or lists, or people) that the run will have.
    """

    sd: float
    available: int


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What a run can see, by the metric that is furthest from enough.

    Attributes:
        queries: Queries that show `mde`, or prove an equal candidate harmless, with the power that was asked for.
        available: Queries that there are.
        detectable: Smallest difference that these show; a share of production when `relative`.
        source: What the spread was learnt from.
        by_metric: Queries that each metric needs.
        things: What is counted, as in "queries".
    """

    queries: int
    metric: str
    relative: bool
    available: int
    detectable: float
    source: str
    by_metric: Mapping[str, int]
    things: str

    def said(self) -> str:
        """Say it to a person."""
        seen = f"{self.detectable:.1%}" if self.relative else f"{self.detectable:.3g}"
        return (
            f"needs about {self.queries:,} {self.things}, because of {self.metric}; there are {self.available:,}: "
            f"could see a difference of about {seen} (from {self.source})"
        )


def spreads_of_production(spec: ExperimentSpec, values: Mapping[str, Mapping[str, float]]) -> dict[str, Spread]:
    """Return what production's own values say of the differences to come; `values` by metric and query.

    What does not vary on one side says nothing of differences, and neither does a mean of a percentile; such metrics
    are left out.
    """
    found = {}
    for metric in _planned(spec):
        seen = list(values.get(metric.name, {}).values())
        if len(seen) >= _LEAST and not (metric.relative and fmean(seen) <= 0):
            found[metric.name] = Spread(sd=spread_before(seen, relative=metric.relative), available=len(seen))
    return {name: spread for name, spread in found.items() if spread.sd > 0}


def spreads_of_record(spec: ExperimentSpec, queries: Sequence[Mapping[str, Any]]) -> dict[str, Spread]:
    """Return what an earlier run of the same two sides says, clusters included; `queries` as its record keeps them."""
    found = {}
    for metric in _planned(spec):
        rows = [
            row for row in queries if all(metric.name in row[side]["values"] for side in ("production", "candidate"))
        ]
        old, new = (
            np.array([row[side]["values"][metric.name] for row in rows]) for side in ("production", "candidate")
        )
        if len(rows) < _LEAST or (metric.relative and old.mean() <= 0):
            continue
        clusters = [str(row.get(spec.cluster, row["id"])) for row in rows]
        per = old if metric.relative else None
        se = cluster_interval(new - old, clusters, alpha=spec.alpha, seed=spec.seed, per=per).se
        found[metric.name] = Spread(sd=se * math.sqrt(len(rows)), available=len(rows))
    return {name: spread for name, spread in found.items() if spread.sd > 0}


def spreads_of_log(
    spec: ExperimentSpec, during: Sequence[Interaction], before: Sequence[Interaction]
) -> dict[str, Spread]:
    """Return what is known before anybody looks at what people chose.

    A list is won by one side or by none, so that lists differ by 1 at most; people, whose differences are those of
    two groups, are expected to differ as they did before (what CUPED takes away comes on top).
    """
    if not during:
        return {}
    if spec.kind == "interleaving":
        known = {"preference": Spread(sd=1.0, available=len(during))}
        return {metric.name: known[metric.name] for metric in _planned(spec) if not metric.relative}
    usual = habits(before)
    if len(usual) < _LEAST:
        return {}
    found, people = {}, len({one.person for one in during})
    for metric in _planned(spec):
        counts = np.array([habit[COLUMNS[metric.name]] for habit in usual.values()], np.float64)
        arm = Arm(total=counts, per=np.array([habit[0] for habit in usual.values()], np.float64))
        sd = float(linear(arm).std(ddof=1)) / math.sqrt(spec.split * (1 - spec.split))
        if sd > 0:
            found[metric.name] = Spread(sd=sd / arm.ratio if metric.relative else sd, available=people)
    return found


def forecast(spec: ExperimentSpec, spreads: Mapping[str, Spread], *, source: str) -> Forecast | None:
    """Return what the run can see; None when nothing is known of any metric that counts."""
    known = {m.name: replace(spreads[m.name], sd=_widened(spec, m, spreads[m.name].sd)) for m in _planned(spec)
             if m.name in spreads}  # fmt: skip
    if not known:
        return None
    needed = plan(spec, {name: spread.sd for name, spread in known.items()}).by_metric
    worst = max(needed, key=lambda name: needed[name] / known[name].available)
    metric = next(metric for metric in spec.metrics if metric.name == worst)
    spread = known[worst]
    return Forecast(
        queries=needed[worst],
        metric=worst,
        relative=metric.relative,
        available=spread.available,
        detectable=detectable(spread.sd, spread.available, level_of(spec, metric), power_of(spec)),
        source=source,
        by_metric=needed,
        things=noun(spec.kind),
    )


def _planned(spec: ExperimentSpec) -> list[Metric]:
    return [metric for metric in spec.metrics if metric.gates and metric.statistic == "mean"]


def _widened(spec: ExperimentSpec, metric: Metric, sd: float) -> float:
    """Return the spread as if there were one look, where the bounds have to hold at every look."""
    if spec.peek_until is None:
        return sd
    alpha, more = level_of(spec, metric), NormalDist().inv_cdf(power_of(spec))
    once = NormalDist().inv_cdf(1 - alpha / 2)
    return sd * (peeking_quantile(1.0, alpha) + more) / (once + more)

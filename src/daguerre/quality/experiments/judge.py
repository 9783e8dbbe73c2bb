"""What each metric says, in all and slice by slice: an interval, and what follows from its bounds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

from daguerre.quality.experiments.bootstrap import Interval, cluster_interval, percentile, percentile_interval
from daguerre.quality.experiments.power import level_of, power_of
from daguerre.quality.experiments.spec import ALL, ExperimentSpec, Metric
from daguerre.quality.experiments.validity import Validity, faults_of

#: Pairs without which an interval is not worth its name.
LEAST_PAIRS = 10

Status = Literal["better", "holds", "worse", "unclear", "too few", "missing"]


@dataclass(frozen=True, kw_only=True)
class PairedValues:
    """One metric of every query on both sides, in one order.

    Attributes:
        clusters: What makes queries move together, as in their owner.
        production, candidate: `(n,) float64`.
        slices: Label of each query, by dimension, as in `{"owner": [...]}`.
    """

    query_ids: Sequence[str]
    clusters: Sequence[str]
    production: npt.NDArray[np.float64]
    candidate: npt.NDArray[np.float64]
    slices: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One metric in one slice.

    `delta`, `low` and `high` are improvements: above 0 the candidate is better, whichever direction the metric has.
    None stands for what could not be computed.

    Attributes:
        slice: `all`, or as in `owner=ada`.
        production, candidate: Mean (or percentile) of each side.
        level: Of the interval, as in 0.95.
        margin: Largest loss that is accepted; 0 for what is no guardrail.
        detectable: Smallest change that this many queries show with the power that was asked for.
        needed: Queries that it would take to settle an unclear row; None when it is clear.
        said: What the row says, as a sentence.
        caveat: What the interval is not about; empty when there is nothing to say.
    """

    metric: str
    slice: str
    role: str
    relative: bool
    production: float | None
    candidate: float | None
    delta: float | None
    low: float | None
    high: float | None
    level: float
    margin: float
    mde: float | None
    n: int
    clusters: int
    detectable: float | None
    needed: int | None
    status: Status
    said: str
    caveat: str


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Every row, and why the run may say nothing at all (`faults`, empty for a valid run)."""

    rows: tuple[Row, ...]
    faults: tuple[str, ...]
    validity: Validity


def judge(spec: ExperimentSpec, values: Mapping[str, PairedValues], validity: Validity) -> Judgement:
    """Compare the two sides metric by metric.

    An interval of a metric is of level 1 - alpha; success metrics share alpha, because one that is won is enough.
    A slice can only tell of harm: its interval is of level 1 - alpha over the number of gating slices (Bonferroni), so
    that all of them together raise a false alarm as rarely as one metric does.
    """
    pieces = [
        piece for metric in spec.metrics if metric.name in values for piece in _pieces(metric, values[metric.name])
    ]
    corrected = spec.alpha / max(1, sum(piece.metric.gates for piece in pieces if piece.name != ALL))
    rows = [_row(spec, piece, level_of(spec, piece.metric) if piece.name == ALL else corrected) for piece in pieces]
    faults = [*faults_of(spec, validity)]
    faults += [f"{m.name} was not measured" for m in spec.metrics if m.gates and m.name not in values]
    faults += [
        f"{m.name} was not measured by {dimension}"
        for m in spec.metrics
        for dimension in m.slices
        if m.gates and m.name in values and dimension not in values[m.name].slices
    ]
    faults += [row.said for row in rows if row.status == "missing" and row.role != "diagnostic"]
    faults += [row.said for row in rows if row.status == "too few" and row.role != "diagnostic" and row.slice == ALL]
    return Judgement(rows=tuple(rows), faults=tuple(dict.fromkeys(faults)), validity=validity)


@dataclass(frozen=True, kw_only=True)
class _Piece:
    metric: Metric
    name: str
    clusters: Sequence[str]
    production: npt.NDArray[np.float64]
    candidate: npt.NDArray[np.float64]


def _pieces(metric: Metric, values: PairedValues) -> Iterator[_Piece]:
    """Yield the whole first, then each slice by name."""
    old, new = np.asarray(values.production, np.float64), np.asarray(values.candidate, np.float64)
    clusters = np.asarray(values.clusters, dtype=object)
    yield _Piece(metric=metric, name=ALL, clusters=values.clusters, production=old, candidate=new)
    for dimension in metric.slices:
        labels = np.asarray(values.slices.get(dimension, ()), dtype=object)
        for label in sorted(set(labels.tolist())):
            at = labels == label
            yield _Piece(
                metric=metric,
                name=f"{dimension}={label}",
                clusters=clusters[at].tolist(),
                production=old[at],
                candidate=new[at],
            )


def _row(spec: ExperimentSpec, piece: _Piece, alpha: float) -> Row:
    found, problem = _interval(spec, piece, alpha)
    metric, margin = piece.metric, piece.metric.margin or 0.0
    if found is None:
        status: Status = "missing" if problem else "too few"
        said = problem or f"{_title(piece)}: {len(piece.production)} queries are too few, {LEAST_PAIRS} are the least"
        detectable, needed, caveat = None, None, ""
    else:
        status = _status(piece, found, margin)
        seen = NormalDist().inv_cdf(1 - alpha / 2) + NormalDist().inv_cdf(power_of(spec))
        detectable = seen * found.se
        needed = _needed(piece, found, detectable, margin) if status == "unclear" else None
        said = f"{_title(piece)} {_say(metric, status, found, margin)}"
        caveat = "" if found.by_cluster or found.clusters == 1 else _about_these(spec, found)
    return Row(
        metric=metric.name,
        slice=piece.name,
        role=metric.role,
        relative=metric.relative,
        production=_middle(metric, piece.production),
        candidate=_middle(metric, piece.candidate),
        delta=found.mean if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        level=1 - alpha,
        margin=margin,
        mde=metric.mde,
        n=len(piece.production),
        clusters=len(set(piece.clusters)),
        detectable=detectable,
        needed=needed,
        status=status,
        said=said,
        caveat=caveat,
    )


def _interval(spec: ExperimentSpec, piece: _Piece, alpha: float) -> tuple[Interval | None, str]:
    """Return the interval of the improvement; or None and the problem, empty when there are just too few pairs."""
    old, new, metric = piece.production, piece.candidate, piece.metric
    if not len(old) == len(new) == len(piece.clusters):
        return None, f"{_title(piece)}: {len(old)} values, {len(new)} values and {len(piece.clusters)} clusters"
    if broken := int((~np.isfinite(old) | ~np.isfinite(new)).sum()):
        return None, f"{_title(piece)}: {broken} of {len(old)} pairs are not finite"
    if len(old) < LEAST_PAIRS:
        return None, ""
    if metric.relative and (old.min() < 0 or (_middle(metric, old) or 0.0) <= 0):
        return None, f"{_title(piece)}: production's values are not above 0, so there is no share of them"
    better = 1.0 if metric.better == "higher" else -1.0
    if metric.statistic == "mean":
        per = old if metric.relative else None
        return cluster_interval(better * (new - old), piece.clusters, alpha=alpha, seed=spec.seed, per=per), ""
    found = percentile_interval(
        old,
        new,
        piece.clusters,
        percent=float(metric.statistic[1:]),
        alpha=alpha,
        relative=metric.relative,
        seed=spec.seed,
    )
    return found if better > 0 else replace(found, low=-found.high, mean=-found.mean, high=-found.low), ""


def _status(piece: _Piece, found: Interval, margin: float) -> Status:
    """Return what the bounds say; the point estimate has no say."""
    if found.high < -margin:
        return "worse"
    if found.low > 0:
        return "better"
    return "holds" if piece.metric.role == "guardrail" and found.low > -margin else "unclear"


def _needed(piece: _Piece, found: Interval, detectable: float, margin: float) -> int | None:
    """Return the queries that would settle the row; None when more of them are no help."""
    # A guardrail is proven sooner or later when the loss that it seems to have is inside the margin.
    gap = margin + min(found.mean, 0.0) if margin else piece.metric.mde or 0.0
    needed = math.ceil(found.n * (detectable / gap) ** 2) if gap > 0 else 0
    return needed if needed > found.n else None


def _middle(metric: Metric, values: npt.NDArray[np.float64]) -> float | None:
    if not len(values) or not np.isfinite(values).all():
        return None
    return float(values.mean()) if metric.statistic == "mean" else percentile(values, float(metric.statistic[1:]))


def _title(piece: _Piece) -> str:
    name = piece.metric.name if piece.metric.statistic == "mean" else f"{piece.metric.name} ({piece.metric.statistic})"
    return name if piece.name == ALL else f"{name} [{piece.name}]"


def _say(metric: Metric, status: Status, found: Interval, margin: float) -> str:
    def amount(value: float) -> str:
        return f"{value:+.2%}" if metric.relative else f"{value:+.4g}"

    bounds = f"{amount(found.mean)} ({amount(found.low)} to {amount(found.high)})"
    if status in {"better", "worse"}:
        return f"is surely {status}: {bounds}"
    if metric.role == "guardrail":
        within = "is harmless" if status == "holds" else "is not proven harmless"
        return f"{within}: {bounds}, accepted {amount(-margin)}"
    return f"is not surely better: {bounds}"


def _about_these(spec: ExperimentSpec, found: Interval) -> str:
    return (
        f"{found.clusters} of unit {spec.cluster} are too few, or too unequal, to stand for others: "
        "the interval is about these alone"
    )

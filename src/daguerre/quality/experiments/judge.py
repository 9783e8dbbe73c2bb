"""What each metric says, in all and slice by slice: an interval, and what follows from its bounds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

from daguerre.quality.experiments.ab import ArmValues
from daguerre.quality.experiments.bootstrap import Interval
from daguerre.quality.experiments.pieces import LEAST, ArmPiece, PairedPiece, Piece
from daguerre.quality.experiments.power import level_of, power_of
from daguerre.quality.experiments.sequential import peeking_quantile
from daguerre.quality.experiments.spec import ALL, ExperimentSpec, Metric
from daguerre.quality.experiments.validity import Validity, faults_of
from daguerre.quality.experiments.wording import about, sentence, title

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

    def __post_init__(self) -> None:
        lengths = {"clusters": len(self.clusters), "production": len(self.production), "candidate": len(self.candidate)}
        lengths |= {name: len(labels) for name, labels in self.slices.items()}
        if odd := [name for name, length in lengths.items() if length != len(self.query_ids)]:
            raise ValueError(f"{len(self.query_ids)} queries, but not as many in {', '.join(odd)}")


Values = Mapping[str, PairedValues | ArmValues]


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
        n: Pairs, or people.
        detectable: Smallest change that this many show with the power that was asked for.
        needed: As many as it would take to settle an unclear row; None when it is clear, or when more are no help.
        said: What the row says, as a sentence without its full stop.
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


def judge(spec: ExperimentSpec, values: Values, validity: Validity) -> Judgement:
    """Compare the two sides metric by metric.

    An interval is of level 1 - alpha; success metrics share alpha, because one that is won is enough. A slice can
    only tell of harm: its interval is of level 1 - alpha over the number of gating slices (Bonferroni), so that all
    of them together raise a false alarm as rarely as one metric does.
    """
    pieces = [piece for metric in spec.metrics for piece in _pieces(metric, values.get(metric.name))]
    corrected = spec.alpha / max(1, sum(piece.metric.gates for piece in pieces if piece.part != ALL))
    rows = tuple(
        _row(spec, piece, level_of(spec, piece.metric) if piece.part == ALL else corrected) for piece in pieces
    )
    faults = [*faults_of(spec, validity), *_not_measured(spec, values), *_unusable(rows)]
    return Judgement(rows=rows, faults=tuple(dict.fromkeys(faults)), validity=validity)


def _not_measured(spec: ExperimentSpec, values: Values) -> Iterator[str]:
    for metric in spec.metrics:
        found = values.get(metric.name)
        if found is None and metric.gates:
            yield f"{metric.name} was not measured"
        elif metric.gates:
            there = found.slices if isinstance(found, PairedValues) else {}
            yield from (f"{metric.name} was not measured by {name}" for name in metric.slices if name not in there)


def _unusable(rows: tuple[Row, ...]) -> Iterator[str]:
    for row in rows:
        if row.role != "diagnostic" and (row.status == "missing" or (row.status == "too few" and row.slice == ALL)):
            yield row.said


def _pieces(metric: Metric, values: PairedValues | ArmValues | None) -> Iterator[Piece]:
    """Yield the whole first, then each slice by name."""
    if isinstance(values, ArmValues):
        yield ArmPiece(metric=metric, part=ALL, values=values)
    elif values is not None:
        yield _paired(metric, ALL, values, np.arange(len(values.query_ids)))
        for dimension in metric.slices:
            labels = np.asarray(values.slices.get(dimension, ()), dtype=object)
            for label in sorted(set(labels.tolist())):
                yield _paired(metric, f"{dimension}={label}", values, np.flatnonzero(labels == label))


def _paired(metric: Metric, part: str, values: PairedValues, at: npt.NDArray[np.intp]) -> PairedPiece:
    return PairedPiece(
        metric=metric,
        part=part,
        labels=[values.clusters[i] for i in at.tolist()],
        production=np.asarray(values.production, np.float64)[at],
        candidate=np.asarray(values.candidate, np.float64)[at],
    )


def _row(spec: ExperimentSpec, piece: Piece, alpha: float) -> Row:
    metric, margin = piece.metric, piece.metric.margin or 0.0
    old, new = piece.sides()
    status: Status
    found, detectable, needed, caveat = None, None, None, ""
    if problem := piece.problem():
        status, said = "missing", f"{title(metric, piece.part)}: {problem}"
    elif piece.few:
        status, said = "too few", f"{title(metric, piece.part)}: {piece.n} are too few, the least is {LEAST}"
    else:
        found, reach = _bounds(spec, piece, alpha)
        detectable = reach * found.se
        status = _status(metric, found, margin)
        needed = _needed(metric, found, detectable, margin) if status == "unclear" else None
        said = sentence(metric, piece.part, status, found)
        caveat = about(spec.cluster, found)
    return Row(
        metric=metric.name,
        slice=piece.part,
        role=metric.role,
        relative=metric.relative,
        production=old,
        candidate=new,
        delta=found.mean if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        level=1 - alpha,
        margin=margin,
        mde=metric.mde,
        n=piece.n,
        clusters=piece.clusters,
        detectable=detectable,
        needed=needed,
        status=status,
        said=said,
        caveat=caveat,
    )


def _bounds(spec: ExperimentSpec, piece: Piece, alpha: float) -> tuple[Interval, float]:
    """Return the interval, and how many standard errors a change needs to be seen with the power asked for."""
    once = NormalDist().inv_cdf(1 - alpha / 2)
    found = piece.interval(spec, alpha)
    reach = once
    if spec.peek_until is not None:
        reach = max(once, peeking_quantile(piece.n / spec.peek_until, alpha))
        found = found.widened(reach / once)
    return found, reach + NormalDist().inv_cdf(power_of(spec))


def _status(metric: Metric, found: Interval, margin: float) -> Status:
    """Return what the bounds say; the point estimate has no say."""
    if found.high < -margin:
        return "worse"
    if found.low > 0:
        return "better"
    return "holds" if metric.role == "guardrail" and found.low > -margin else "unclear"


def _needed(metric: Metric, found: Interval, detectable: float, margin: float) -> int | None:
    """Return the number that would settle the row; None when more are no help."""
    # A guardrail is proven sooner or later when the loss that it seems to have is inside the margin.
    gap = margin + min(found.mean, 0.0) if margin else metric.mde or 0.0
    needed = math.ceil(found.n * (detectable / gap) ** 2) if gap > 0 else 0
    return needed if needed > found.n else None

"""From which score on an answer counts as one, learnt from golden queries that nothing answers and from the others.

The statistic is the score of the best hit. Differences to the owner's mean, median or tenth hit and z-scores were
tried on generated libraries: each of them tells the two kinds of queries apart worse.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

STATISTIC = "score of the best hit"
#: Targets: share of queries without a match that are answered all the same, and of relevant hits that get lost.
MAX_FALSE_ANSWERS = 0.10
MAX_LOSS = 0.05
#: Fewer queries without a match say too little of false answers (20: an interval of about .3); then the loss decides.
MIN_NO_MATCH = 20
#: Fewer queries with a match say too little of the loss; then nothing is withheld.
MIN_ANSWERED = 20
#: What may be withheld while false answers cannot be measured.
CAUTIOUS_LOSS = 0.03
FOLDS = 5
_STEPS = 512
_RESAMPLES = 1000
_Z = 1.96


class Rule(StrEnum):
    """How the threshold was chosen."""

    BALANCED = "balanced"
    """As far from both targets as possible, never beyond the loss."""
    CAUTIOUS = "cautious"
    """Too few queries without a match: by what may be lost alone."""
    NONE = "none"
    """Too few queries with a match: nothing is withheld."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One golden query that was asked and got an answer of any kind.

    Attributes:
        best: Score of the first hit.
        hits: Relevant photos among the first ten.
        no_match: The right answer is that there is none.
    """

    id: str
    best: float
    hits: int
    no_match: bool


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A share of `n` with its 95 % interval; 0 to 1 when n is 0."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        """Return the share with its interval, in per cent."""
        return f"{self.value:.1%} ({self.low:.1%} to {self.high:.1%})"


@dataclass(frozen=True, kw_only=True)
class Rates:
    """What withholding answers does.

    Attributes:
        false_answers: Share of queries without a match that are answered all the same.
        recall_loss: Share of the relevant hits in the first ten that are withheld; n counts queries.
        withheld: Share of the queries with a relevant hit in the first ten that are withheld.
    """

    false_answers: Rate
    recall_loss: Rate
    withheld: Rate


@dataclass(frozen=True, kw_only=True)
class Calibration(Rates):
    """A threshold, and what it does to queries that it was not learnt from (cross-validated).

    Attributes:
        threshold: Answers whose best score is lower are withheld; None: nothing is.
        queries: Those with a match, found or not.
    """

    threshold: float | None
    rule: Rule
    statistic: str = STATISTIC
    queries: int
    no_match_queries: int

    @property
    def meets_targets(self) -> bool:
        """Say whether the rates, not their intervals, keep to both targets, and enough was asked to say so."""
        kept = self.false_answers.value <= MAX_FALSE_ANSWERS and self.recall_loss.value <= MAX_LOSS
        return self.rule is Rule.BALANCED and kept

    @property
    def said(self) -> str:
        """Return one sentence for people."""
        if self.threshold is None:
            return f"no threshold: fewer than {MIN_ANSWERED} queries find what they look for"
        few = "; too few queries without a match to weigh false answers" if self.rule is Rule.CAUTIOUS else ""
        return (
            f"below {self.threshold:.3f}: answers {self.false_answers} of {self.false_answers.n} queries without a "
            f"match, withholds {self.recall_loss} of the relevant hits{few}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the calibration as JSON values."""
        return {**asdict(self), "meets_targets": self.meets_targets}


def calibrate(asked: Sequence[Asked], *, folds: int = FOLDS) -> Calibration:
    """Choose a threshold and say how well thresholds that are chosen like it do on queries they have not seen.

    Both distributions of scores are smoothed by Gaussian kernels (bandwidth: Silverman 1986, rule of thumb), because
    with a few dozen queries the counted rates are steps and the threshold between them is chance. Queries that count
    as answered have at least one relevant hit in the first ten: withholding the others loses nothing.
    """
    answered = [one for one in asked if not one.no_match and one.hits]
    nothing = [one for one in asked if one.no_match]
    rule = _rule(len(answered), len(nothing))
    rates = rates_of(asked, _held_out(asked, rule, folds))
    return Calibration(
        threshold=None if rule is Rule.NONE else _threshold(_Scores.of(asked), rule),
        rule=rule,
        false_answers=rates.false_answers,
        recall_loss=rates.recall_loss,
        withheld=rates.withheld,
        queries=sum(not one.no_match for one in asked),
        no_match_queries=len(nothing),
    )


def rates_of(asked: Sequence[Asked], withheld: npt.NDArray[np.bool_]) -> Rates:
    """Count what withholding some of these queries does; `withheld` is `(n,) bool`, in their order."""
    nothing = np.array([one.no_match for one in asked], np.bool_)
    hits = np.array([0 if one.no_match else one.hits for one in asked], np.float64)
    answered = hits > 0
    return Rates(
        false_answers=_wilson(int((nothing & ~withheld).sum()), int(nothing.sum())),
        recall_loss=_lost(hits[answered], withheld[answered]),
        withheld=_wilson(int(withheld[answered].sum()), int(answered.sum())),
    )


def _rule(answered: int, nothing: int) -> Rule:
    if answered < MIN_ANSWERED:
        return Rule.NONE
    return Rule.BALANCED if nothing >= MIN_NO_MATCH else Rule.CAUTIOUS


@dataclass(frozen=True)
class _Scores:
    answered: Numbers
    nothing: Numbers

    @classmethod
    def of(cls, asked: Sequence[Asked]) -> _Scores:
        return cls(
            answered=np.array([one.best for one in asked if not one.no_match and one.hits], np.float64),
            nothing=np.array([one.best for one in asked if one.no_match], np.float64),
        )


def _threshold(scores: _Scores, rule: Rule) -> float:
    """Return the threshold; rates of loss rise and rates of false answers fall along the candidates."""
    low, high = scores.answered.min(), scores.answered.max()
    margin = 3 * _bandwidth(scores.answered) + 1e-6
    candidates = np.linspace(low - margin, high + margin, _STEPS)
    loss = _share_below(scores.answered, candidates)
    allowed = candidates[loss <= (MAX_LOSS if rule is Rule.BALANCED else CAUTIOUS_LOSS)]
    if rule is Rule.CAUTIOUS:
        return float(allowed[-1])
    false_answers = 1 - _share_below(scores.nothing, allowed)
    worse = np.maximum(false_answers / MAX_FALSE_ANSWERS, loss[: len(allowed)] / MAX_LOSS)
    best = np.flatnonzero(worse == worse.min())
    return float(allowed[best[len(best) // 2]])


def _share_below(values: Numbers, at: Numbers) -> Numbers:
    """Return the smoothed share of the values below each point of `at`."""
    from scipy.special import ndtr

    return np.asarray(ndtr((at[:, None] - values[None, :]) / _bandwidth(values)).mean(axis=1), np.float64)


def _bandwidth(values: Numbers) -> float:
    quartiles = np.subtract(*np.quantile(values, [0.75, 0.25])) / 1.34
    spread = min(s for s in (float(values.std()), float(quartiles), np.inf) if s > 0)
    return 0.9 * spread * len(values) ** -0.2 if np.isfinite(spread) else 1e-6


def _held_out(asked: Sequence[Asked], rule: Rule, folds: int) -> npt.NDArray[np.bool_]:
    """Say which queries are withheld, each by a threshold from the other folds."""
    fold = _folds(asked, folds)
    withheld = np.zeros(len(asked), np.bool_)
    best = np.array([one.best for one in asked], np.float64)
    for number in range(folds if rule is not Rule.NONE else 0):
        rest = [one for one, its in zip(asked, fold, strict=True) if its != number]
        withheld |= (fold == number) & (best < _threshold(_Scores.of(rest), rule))
    return withheld


def _folds(asked: Sequence[Asked], folds: int) -> npt.NDArray[np.int64]:
    """Deal both kinds of queries out evenly, in an order that depends on nothing but their names."""
    fold = np.zeros(len(asked), np.int64)
    order = sorted(range(len(asked)), key=lambda at: hashlib.sha256(asked[at].id.encode()).digest())
    for kind in (True, False):
        mine = [at for at in order if (asked[at].no_match or not asked[at].hits) == kind]
        fold[mine] = np.arange(len(mine)) % folds
    return fold


def _wilson(x: int, n: int) -> Rate:
    if not n:
        return Rate(value=0.0, low=0.0, high=1.0, n=0)
    p, z2 = x / n, _Z * _Z
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * float(np.sqrt(p * (1 - p) / n + z2 / (4 * n * n)))
    return Rate(value=p, low=max(0.0, centre - half), high=min(1.0, centre + half), n=n)


def _lost(hits: Numbers, withheld: npt.NDArray[np.bool_]) -> Rate:
    """Return the share of hits withheld; whole queries are resampled, because their hits are lost together."""
    if not len(hits):
        return Rate(value=0.0, low=0.0, high=1.0, n=0)
    drawn = np.random.default_rng(0).integers(0, len(hits), (_RESAMPLES, len(hits)))
    shares = (hits * withheld)[drawn].sum(axis=1) / hits[drawn].sum(axis=1)
    low, high = np.quantile(shares, [0.025, 0.975])
    return Rate(value=float((hits * withheld).sum() / hits.sum()), low=float(low), high=float(high), n=len(hits))

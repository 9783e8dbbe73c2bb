"""How good ranked answers are, query by query, by the measures of TREC (ir-measures over pytrec_eval)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from daguerre.quality.queries import GoldenQuery

#: How deep an answer is looked into; reciprocal ranks beyond are 0.
DEPTH = 20

#: Photo ids with scores, best first.
Answer = Sequence[tuple[str, float]]


@dataclass(frozen=True, kw_only=True)
class QueryScore:
    """One answered query.

    Attributes:
        recall_at_10: Share of the relevant photos among the first ten; with more than ten relevant ones it cannot
            reach 1, so read `precision_at_10` beside it.
        precision_at_10: Share of the first ten places that hold a relevant photo; with fewer than ten relevant ones
            it cannot reach 1.
        ndcg_at_10: Normalised discounted cumulative gain; 1 is reachable always.
        reciprocal_rank: Of the first relevant photo, to depth 20.
        best_score: Score of the first answer; 0 when there was none.
    """

    query: GoldenQuery
    recall_at_10: float
    precision_at_10: float
    ndcg_at_10: float
    reciprocal_rank: float
    best_score: float


@dataclass(frozen=True, kw_only=True)
class GroupScore:
    """Means over a group of queries; 0 of an empty group."""

    name: str
    queries: int
    recall_at_10: float
    precision_at_10: float
    ndcg_at_10: float
    mrr: float

    def to_row(self) -> dict[str, str | float]:
        """Return one line of a table."""
        return {
            "group": self.name,
            "queries": self.queries,
            "recall_at_10": round(self.recall_at_10, 4),
            "precision_at_10": round(self.precision_at_10, 4),
            "ndcg_at_10": round(self.ndcg_at_10, 4),
            "mrr": round(self.mrr, 4),
        }


def evaluate(queries: Sequence[GoldenQuery], answers: Mapping[str, Answer]) -> list[QueryScore]:
    """Score the answers to queries that have relevant photos; a query without an answer scores 0.

    The order of an answer is what counts: equal scores are not shuffled.
    """
    import ir_measures
    from ir_measures import RR, P, R, nDCG

    measures = {R @ 10: "recall", P @ 10: "precision", nDCG @ 10: "ndcg", RR @ DEPTH: "rr"}
    qrels = {q.id: dict.fromkeys(q.relevant, 1) for q in queries}
    run = {
        q.id: {photo: float(-rank) for rank, (photo, _) in enumerate(answers.get(q.id, ())[:DEPTH])} for q in queries
    }
    scores: dict[str, dict[str, float]] = {q.id: {} for q in queries}
    for metric in ir_measures.iter_calc(list(measures), qrels, run) if queries else ():
        scores[metric.query_id][measures[metric.measure]] = metric.value
    return [
        QueryScore(
            query=q,
            recall_at_10=scores[q.id].get("recall", 0.0),
            precision_at_10=scores[q.id].get("precision", 0.0),
            ndcg_at_10=scores[q.id].get("ndcg", 0.0),
            reciprocal_rank=scores[q.id].get("rr", 0.0),
            best_score=next((score for _, score in answers.get(q.id, ())), 0.0),
        )
        for q in queries
    ]


def grouped(scores: Sequence[QueryScore], name: Callable[[GoldenQuery], str]) -> tuple[GroupScore, ...]:
    """Return the means of every group, by name."""
    groups: dict[str, list[QueryScore]] = {}
    for score in scores:
        groups.setdefault(name(score.query), []).append(score)
    return tuple(mean_of(groups[key], key) for key in sorted(groups))


def mean_of(scores: Sequence[QueryScore], name: str) -> GroupScore:
    """Return the means of one group."""
    none = [0.0]
    return GroupScore(
        name=name,
        queries=len(scores),
        recall_at_10=fmean([s.recall_at_10 for s in scores] or none),
        precision_at_10=fmean([s.precision_at_10 for s in scores] or none),
        ndcg_at_10=fmean([s.ndcg_at_10 for s in scores] or none),
        mrr=fmean([s.reciprocal_rank for s in scores] or none),
    )

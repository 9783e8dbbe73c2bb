"""What the golden queries say of one space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from daguerre.quality.calibration import Asked, Calibration, calibrate
from daguerre.quality.queries import GoldenQuery
from daguerre.quality.ranking import DEPTH, Answer, GroupScore, QueryScore, evaluate, grouped, mean_of

ALL_OWNERS = "all owners"


@dataclass(frozen=True, kw_only=True)
class QualityReport:
    """Search quality of one space.

    Attributes:
        queries: Those that count: something relevant has landed.
        not_landed: Those that wait for photos to land.
        no_match_queries: Those whose right answer is nothing. They have no rank to measure; what tells them from
            the others is the score of their best answer.
        no_match_best_score: Median over them; compare it with `best_score`, the median over the others.
        no_match_separation: Share of pairs (a query with a match, one without) in which the match scores higher:
            1 when one threshold tells them apart, .5 when none does.
        calibration: The score from which on an answer to words counts as one, and what that does.
    """

    space: str
    queries: int
    recall_at_10: float
    precision_at_10: float
    ndcg_at_10: float
    mrr: float
    per_owner: tuple[GroupScore, ...]
    per_class: tuple[GroupScore, ...]
    per_kind: tuple[GroupScore, ...]
    not_landed: int
    best_score: float
    no_match_queries: int
    no_match_best_score: float
    no_match_separation: float
    calibration: Calibration
    report_key: str

    def owner_rows(self) -> list[dict[str, str | float]]:
        """Return one line per owner."""
        return [group.to_row() for group in self.per_owner]

    def class_rows(self) -> list[dict[str, str | float]]:
        """Return one line per class of query."""
        return [group.to_row() for group in self.per_class]


def summarise(
    space: str, queries: Sequence[GoldenQuery], answers: Mapping[str, Answer], *, report_key: str
) -> tuple[QualityReport, list[QueryScore]]:
    """Score the answers (queries by id) and put the figures together."""
    scores = evaluate([q for q in queries if q.answerable], answers)
    nothing = [_best(answers, q) for q in queries if q.no_match and q.id in answers]
    something = [s.best_score for s in scores if s.query.kind == "text"]
    overall = mean_of(scores, "all")
    report = QualityReport(
        space=space,
        queries=overall.queries,
        recall_at_10=overall.recall_at_10,
        precision_at_10=overall.precision_at_10,
        ndcg_at_10=overall.ndcg_at_10,
        mrr=overall.mrr,
        per_owner=grouped(scores, lambda q: q.owner_id or ALL_OWNERS),
        per_class=grouped(scores, lambda q: q.query_class),
        per_kind=grouped(scores, lambda q: q.kind),
        not_landed=sum(not q.answerable and not q.no_match for q in queries),
        best_score=median(something or [0.0]),
        no_match_queries=len(nothing),
        no_match_best_score=median(nothing or [0.0]),
        no_match_separation=_separation(something, nothing),
        calibration=calibrate(asked_by_words(queries, answers)),
        report_key=report_key,
    )
    return report, scores


def asked_by_words(queries: Sequence[GoldenQuery], answers: Mapping[str, Answer]) -> list[Asked]:
    """Return what the answers teach of scores.

    Left out are photos (their scores are on another scale), empty answers, and queries that nothing answers among the
    photos that somebody looked at: a photo that nobody looked at may.
    """
    return [
        Asked(
            id=q.id,
            best=answer[0][1],
            hits=sum(photo in q.relevant for photo, _ in answer[:10]),
            no_match=q.no_match,
        )
        for q in queries
        if q.kind == "text" and (answer := answers.get(q.id)) and (q.answerable or (q.no_match and q.judged is None))
    ]


def to_json(report: QualityReport, scores: Sequence[QueryScore], answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Return the report with every query, worst first, and what was answered."""
    worst_first = sorted(scores, key=lambda s: (s.ndcg_at_10, s.query.id))
    return asdict(report) | {
        "calibration": report.calibration.to_json(),
        "measures": f"means per query: R@10, P@10, nDCG@10 (linear gain), RR@{DEPTH}",
        "worst_first": [
            {
                "id": s.query.id,
                "kind": s.query.kind,
                "asked": s.query.text or s.query.photo_id,
                "owner_id": s.query.owner_id,
                "class": s.query.query_class,
                "relevant": len(s.query.relevant),
                "recall_at_10": s.recall_at_10,
                "precision_at_10": s.precision_at_10,
                "ndcg_at_10": s.ndcg_at_10,
                "reciprocal_rank": s.reciprocal_rank,
                "answer": [[photo, round(score, 4)] for photo, score in answers.get(s.query.id, ())[:10]],
            }
            for s in worst_first
        ],
    }


def _best(answers: Mapping[str, Answer], query: GoldenQuery) -> float:
    return next((score for _, score in answers[query.id]), 0.0)


def _separation(something: Sequence[float], nothing: Sequence[float]) -> float:
    if not something or not nothing:
        return 0.0
    wins = sum((a > b) + (a == b) / 2 for a in something for b in nothing)
    return wins / (len(something) * len(nothing))

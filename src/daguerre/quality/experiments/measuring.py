"""From answers to numbers: what each side of an experiment gave to each golden query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np

from daguerre.quality.experiments.judge import PairedValues
from daguerre.quality.queries import GoldenQuery
from daguerre.quality.ranking import Answer, evaluate
from daguerre.quality.search_report import ALL_OWNERS

#: How many answers a person looks at, and how many of them are kept.
SHOWN = 10

#: What can be measured of a query, and what it means.
METRICS = {
    "ndcg_at_10": "normalised discounted cumulative gain of the first ten",
    "recall_at_10": "share of the right photos among the first ten",
    "precision_at_10": "share of the first ten that is right",
    "reciprocal_rank": "1 / rank of the first right photo",
    "recall_vs_exact": "share of the exact nearest ten that the index finds",
    "nothing_found": "1 where a query that has an answer got none",
    "false_answer": "1 where a query without an answer got one",
    "latency_ms": "milliseconds until the answer, the quickest of four times",
}

#: What queries can be told apart by, and clustered by.
SLICES: Mapping[str, Callable[[GoldenQuery], str]] = {
    "owner": lambda query: query.owner_id or ALL_OWNERS,
    "class": lambda query: query.query_class,
    "kind": lambda query: query.kind,
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What one side said to one query.

    Attributes:
        answer: Photo ids with scores, best first.
        nothing: Whether it said that nothing good was found.
        latency_ms: The quickest of the times that it was asked.
        recall_vs_exact: Of the first ten against comparing every photo.
        lost: Whether it could not answer, because the photo that asks has no vector there.
    """

    answer: Answer
    nothing: bool
    latency_ms: float
    recall_vs_exact: float = 1.0
    lost: bool = False


#: Query id -> what was said.
Side = Mapping[str, Asked]
#: Metric -> query id -> value.
Values = Mapping[str, Mapping[str, float]]


def askable(queries: Iterable[GoldenQuery]) -> list[GoldenQuery]:
    """Return the queries that an experiment asks: what they look for has landed, or is nothing at all."""
    return [q for q in queries if q.answerable or (q.no_match and q.kind == "text")]


def measure(queries: Sequence[GoldenQuery], side: Side) -> dict[str, dict[str, float]]:
    """Return metric -> query id -> value; queries without right answers have no rank to measure."""
    answerable = [q for q in queries if q.answerable]
    values: dict[str, dict[str, float]] = {name: {} for name in METRICS}
    for score in evaluate(answerable, {q.id: side[q.id].answer for q in answerable}):
        name = score.query.id
        values["ndcg_at_10"][name] = score.ndcg_at_10
        values["recall_at_10"][name] = score.recall_at_10
        values["precision_at_10"][name] = score.precision_at_10
        values["reciprocal_rank"][name] = score.reciprocal_rank
        values["nothing_found"][name] = float(side[name].nothing)
    for query in queries:
        asked = side[query.id]
        values["latency_ms"][query.id] = asked.latency_ms
        values["recall_vs_exact"][query.id] = asked.recall_vs_exact
        if query.no_match:
            values["false_answer"][query.id] = float(not asked.nothing)
    return values


def pair(
    queries: Sequence[GoldenQuery], production: Values, candidate: Values, *, cluster: str = "owner"
) -> dict[str, PairedValues]:
    """Put both sides' values beside each other, metric by metric; `cluster` is one of `SLICES`."""
    paired = {}
    for name in METRICS:
        asked = [q for q in queries if q.id in production[name] and q.id in candidate[name]]
        if asked:
            paired[name] = PairedValues(
                query_ids=[q.id for q in asked],
                clusters=[SLICES[cluster](q) for q in asked],
                production=np.array([production[name][q.id] for q in asked]),
                candidate=np.array([candidate[name][q.id] for q in asked]),
                slices={dimension: [label(q) for q in asked] for dimension, label in SLICES.items()},
            )
    return paired


def judged_share(queries: Sequence[GoldenQuery], side: Side) -> float:
    """Return how much of what was shown first somebody has judged: mean over queries with an answer, 1 of none.

    A query that names no judged photos was judged completely, as generated libraries are: their truth says of every
    photo whether it answers.
    """
    shares = []
    for query in queries:
        shown = [photo for photo, _ in side[query.id].answer[:SHOWN]]
        if shown and query.answerable:
            known = shown if query.judged is None else [photo for photo in shown if photo in query.judged]
            shares.append(len(known) / len(shown))
    return fmean(shares) if shares else 1.0


def query_row(query: GoldenQuery, sides: Mapping[str, Side], values: Mapping[str, Values]) -> dict[str, Any]:
    """Return what the record keeps of one query: the question, and of each side its values and its first answers."""
    row: dict[str, Any] = {
        "id": query.id,
        "kind": query.kind,
        "text": query.text,
        "photo_id": query.photo_id,
        "owner": query.owner_id or ALL_OWNERS,
        "class": query.query_class,
        "relevant": len(query.relevant),
    }
    for name, side in sides.items():
        shown = side[query.id].answer[:SHOWN]
        row[name] = {
            "values": {m: round(v[query.id], 6) for m, v in values[name].items() if query.id in v},
            "nothing": side[query.id].nothing,
            "shown": [[photo, round(score, 5), photo in query.relevant] for photo, score in shown],
        }
    return row

"""What the same people would have seen had the old vectors been deleted first, as photo products do it.

The new vectors come back in the order and at the pace at which this run made them; a query can only find what is there
already. Answers are exact and computed afterwards, so this policy pays for nothing but its holes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.model_change.change import Timeline
from daguerre.encoders.spec import EncoderSpec
from daguerre.ids import batch_number
from daguerre.quality.queries import GoldenQuery
from daguerre.quality.ranking import evaluate
from daguerre.serving.opening import open_encoder
from daguerre.tables import catalogue
from daguerre.tables.columns import to_matrix
from daguerre.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One moment of the policy: how many photos have a vector, and the mean nDCG@10 of all golden queries."""

    at: float
    covered: float
    quality: float
    nothing: float


def wiped(
    ws: Workspace, new: EncoderSpec, timeline: Timeline, queries: Sequence[GoldenQuery], *, points: int = 25
) -> list[Moment]:
    """Return the quality at some moments of the backfill."""
    asked = [q for q in queries if q.answerable and q.kind == "text"]
    rows = catalogue.vectors(ws, new.space, new.dim).read(["photo_id", "owner_id", "batch", "vector"])
    order = np.argsort([batch_number(batch) for batch in rows["batch"].to_pylist()], kind="stable")
    ids = np.array(rows["photo_id"].to_pylist())[order]
    owners = np.array(rows["owner_id"].to_pylist())[order]
    vectors = to_matrix(rows["vector"])[order]
    with open_encoder(ws, new.digest) as encoder:
        words = encoder.embed_texts([q.text for q in asked])
    chosen = timeline.coverage[:: max(1, len(timeline.coverage) // points)]
    if timeline.coverage:
        chosen = [*chosen, timeline.coverage[-1]]
    moments = []
    for at, held, all_photos in chosen:
        answers = {}
        for query, word in zip(asked, words, strict=True):
            mine = np.arange(held) if query.owner_id is None else np.flatnonzero(owners[:held] == query.owner_id)
            scores = vectors[mine] @ word
            best = np.argsort(-scores)[:10]
            answers[query.id] = [(str(ids[mine[i]]), float(scores[i])) for i in best]
        scored = evaluate(asked, answers)
        moments.append(
            Moment(
                at=at,
                covered=held / max(1, all_photos),
                quality=float(np.mean([one.ndcg_at_10 for one in scored])),
                nothing=float(np.mean([not answers[q.id] for q in asked])),
            )
        )
    return moments

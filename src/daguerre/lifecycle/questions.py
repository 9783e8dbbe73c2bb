"""Golden queries asked of a few photos only: the same photos in two spaces, compared exactly, without an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from daguerre.lifecycle.interval import Interval, bootstrap
from daguerre.quality.queries import GoldenQuery
from daguerre.quality.ranking import DEPTH, Answer, QueryScore, evaluate, mean_of

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Photos that are asked about, in one order for every space.

    Attributes:
        ids: Picture i: a photo, a video or a keyframe.
        answers: What picture i stands for: itself, or the video that a keyframe belongs to.
        owners: Whose picture i is.
    """

    ids: tuple[str, ...]
    answers: tuple[str, ...]
    owners: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Candidate and production over the same queries and photos.

    Attributes:
        candidate: Means by name of measure; empty when no query could be asked.
        production: The same; empty without production.
        ndcg_difference: Candidate minus production, queries resampled; None without production.
    """

    queries: int
    photos: int
    candidate: Mapping[str, Any]
    production: Mapping[str, Any]
    ndcg_difference: Interval | None

    def to_row(self) -> dict[str, Any]:
        """Return the comparison as plain data."""
        difference = self.ndcg_difference.to_row() if self.ndcg_difference else None
        return {
            "queries": self.queries,
            "photos": self.photos,
            "candidate": dict(self.candidate),
            "production": dict(self.production),
            "ndcg_at_10_difference": difference,
        }


def pictures_of(rows: pa.Table) -> Pictures:
    """Read `photo_id`, `video_id` and `owner_id` of catalogue rows."""
    ids = rows["photo_id"].to_pylist()
    videos = rows["video_id"].to_pylist()
    answers = tuple(video or photo for photo, video in zip(ids, videos, strict=True))
    return Pictures(ids=tuple(ids), answers=answers, owners=tuple(rows["owner_id"].to_pylist()))


def restrict(queries: Sequence[GoldenQuery], pictures: Pictures) -> list[GoldenQuery]:
    """Return the queries that have something to find among the pictures, with only that as the right answers."""
    there = set(pictures.answers)
    known = set(pictures.ids)
    kept = []
    for query in queries:
        relevant = query.relevant & there
        if relevant and (query.kind == "text" or query.photo_id in known):
            kept.append(replace(query, relevant=relevant, expected=len(relevant)))
    return kept


def rank(queries: Sequence[GoldenQuery], pictures: Pictures, vectors: Matrix, texts: Matrix) -> dict[str, Answer]:
    """Return the best answers to each query by exact cosine, as search gives them: one per photo or video.

    Args:
        queries: Text queries, and photo queries whose photo is among the pictures.
        pictures: What to search.
        vectors: `(pictures, dim) float32`, unit rows.
        texts: `(text queries, dim) float32`, in the order of `queries`.
    """
    place = {photo: i for i, photo in enumerate(pictures.ids)}
    owners = np.array(pictures.owners)
    words = iter(texts)
    found: dict[str, Answer] = {}
    for query in queries:
        asked = next(words) if query.kind == "text" else vectors[place[query.photo_id]]
        scores = vectors @ asked
        if query.owner_id is not None:
            scores = np.where(owners == query.owner_id, scores, -np.inf)
        best: dict[str, float] = {}
        for i in np.argsort(-scores, kind="stable"):
            if len(best) == DEPTH or not np.isfinite(scores[i]):
                break
            if pictures.answers[i] != query.photo_id:
                best.setdefault(pictures.answers[i], float(scores[i]))
        found[query.id] = list(best.items())
    return found


def compare(
    queries: Sequence[GoldenQuery],
    photos: int,
    candidate: Mapping[str, Answer],
    production: Mapping[str, Answer] | None,
    *,
    seed: int,
) -> Comparison:
    """Score both answers to the same queries."""
    mine = evaluate(queries, candidate)
    theirs = evaluate(queries, production) if production is not None else []
    pairs = np.array([(a.ndcg_at_10, b.ndcg_at_10) for a, b in zip(mine, theirs, strict=False)])
    difference = None
    if len(pairs):
        difference = bootstrap(pairs, lambda drawn: (drawn[..., 0] - drawn[..., 1]).mean(axis=1), seed=seed)
    return Comparison(
        queries=len(queries),
        photos=photos,
        candidate=_means(mine),
        production=_means(theirs),
        ndcg_difference=difference,
    )


def _means(scores: list[QueryScore]) -> Mapping[str, Any]:
    if not scores:
        return {}
    row = mean_of(scores, "all").to_row()
    return {name: row[name] for name in ("recall_at_10", "precision_at_10", "ndcg_at_10", "mrr")}

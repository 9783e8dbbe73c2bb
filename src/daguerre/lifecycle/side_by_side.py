"""The same questions asked of the same photos in a candidate's space and in production's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from daguerre.encoders.archive import fetch_release
from daguerre.encoders.onnx_encoder import Tower
from daguerre.encoders.release import TEXT_GRAPH
from daguerre.encoders.spec import Encoder
from daguerre.encoders.tokenizer import Tokenizer
from daguerre.lifecycle.questions import Comparison, Matrix, compare, pictures_of, rank, restrict
from daguerre.quality.queries import GoldenQuery
from daguerre.tables import catalogue
from daguerre.tables.columns import to_matrix
from daguerre.workspace import Workspace


def ask_side_by_side(
    ws: Workspace,
    encoder: Encoder,
    rival: str,
    queries: Sequence[GoldenQuery],
    rows: pa.Table,
    vectors: Matrix,
    *,
    seed: int,
) -> Comparison:
    """Ask the golden queries of the photos that both spaces have a vector of.

    Args:
        ws: The installation.
        encoder: The candidate.
        rival: Digest of the release in production; empty: there is none.
        queries: All golden queries; those without a right answer among the photos are left out.
        rows: The photos, as the catalogue describes them.
        vectors: `(photos, dim) float32`, what the candidate answered.
        seed: Of the interval.
    """
    theirs = _rival_vectors(ws, rival, rows["photo_id"].to_pylist()) if rival else None
    if theirs is not None:
        known, matrix = theirs
        both = np.array([i for i, photo in enumerate(rows["photo_id"].to_pylist()) if photo in known], np.int64)
        rows, vectors = rows.take(both), vectors[both]
        matrix = matrix[[known[photo] for photo in rows["photo_id"].to_pylist()]]
    pictures = pictures_of(rows)
    asked = restrict(queries, pictures)
    words = [q.text for q in asked if q.kind == "text"]
    mine = rank(asked, pictures, vectors, encoder.embed_texts(words))
    other = rank(asked, pictures, matrix, _rival_texts(ws, rival, words)) if theirs is not None else None
    return compare(asked, rows.num_rows, mine, other, seed=seed)


def _rival_vectors(ws: Workspace, rival: str, ids: Sequence[str]) -> tuple[dict[str, int], Matrix] | None:
    """Return production's stored vectors of these photos, and the row of each; None when its space has none."""
    table = catalogue.stored_vectors(ws, fetch_release(ws, rival).spec.space)
    if table is None:
        return None
    rows = table.lookup(ids, ["photo_id", "vector"])
    return {photo: i for i, photo in enumerate(rows["photo_id"].to_pylist())}, to_matrix(rows["vector"])


def _rival_texts(ws: Workspace, rival: str, texts: list[str]) -> Matrix:
    """Embed texts with production in this process: a few hundred words do not need its server."""
    release = fetch_release(ws, rival)
    tokens = Tokenizer.from_dir(release.folder, release.spec).encode(texts)
    if not len(tokens):
        return np.zeros((0, release.spec.dim), np.float32)
    return Tower(release.path(TEXT_GRAPH), max_batch=release.spec.max_batch).run(tokens)

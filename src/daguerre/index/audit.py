"""Does the index find what exact search finds? Measured on the path that answers people."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from daguerre.ids import SpaceName
from daguerre.index.query import QueryVector
from daguerre.index.searcher import Searcher
from daguerre.index.snapshot import Snapshot, open_snapshot, read_snapshot
from daguerre.tables.columns import to_matrix
from daguerre.workspace import Workspace

#: Below this share of the true nearest photos an index must not answer people.
MIN_RECALL = 0.95
#: Photos with the same score are equally right; float16 storage makes scores differ in the fourth digit.
_TIE = 1e-4
_CHUNK_ROWS = 16_384


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What the audit of one snapshot found.

    Attributes:
        recall_at_10: Mean share of the exact nearest k that the production path returns, queries being photos.
        recall_at_10_shifted: The same for queries moved away from all photos, as the vectors of texts are.
        ann: Whether the snapshot answers corpus-wide queries approximately.
        index_used: Whether the production plan really runs through the ANN index.
        search_ms: Median wall time of one query.
    """

    space: SpaceName
    version: int
    rows: int
    queries: int
    recall_at_10: float
    recall_at_10_shifted: float
    ann: bool
    index_used: bool
    search_ms: float

    @property
    def passed(self) -> bool:
        """Say whether both recalls suffice and an index that exists is used."""
        return min(self.recall_at_10, self.recall_at_10_shifted) >= MIN_RECALL and self.index_used == self.ann


def audit(ws: Workspace, space: SpaceName, *, queries: int = 200, k: int = 10) -> Audit:
    """Audit the snapshot that readers read now."""
    return audit_snapshot(ws, read_snapshot(ws, space), queries=queries, k=k)


def audit_snapshot(ws: Workspace, snapshot: Snapshot, *, queries: int = 200, k: int = 10) -> Audit:
    """Audit one snapshot, published or not, with `queries` sampled photos and as many shifted ones."""
    rng = np.random.default_rng(ws.settings.seed)
    photos = _sample(ws, snapshot, queries, rng)
    both = np.concatenate([photos, _shifted(photos, rng)])
    bounds = _kth_scores(ws, snapshot, both, k)
    searcher = Searcher(ws, snapshot)
    recalls, times = [], []
    for query, bound in zip(both, bounds, strict=True):
        asked = QueryVector(space=snapshot.space, values=query)
        start = time.perf_counter()
        found = searcher.nearest(asked, k=k)
        times.append(time.perf_counter() - start)
        recalls.append(sum(one.score >= bound - _TIE for one in found) / min(k, snapshot.rows))
    return Audit(
        space=snapshot.space,
        version=snapshot.version,
        rows=snapshot.rows,
        queries=len(both),
        recall_at_10=float(np.mean(recalls[: len(photos)])),
        recall_at_10_shifted=float(np.mean(recalls[len(photos) :])),
        ann=snapshot.ann,
        index_used="ANNSubIndex" in searcher.explain(QueryVector(space=snapshot.space, values=both[0])),
        search_ms=1e3 * float(np.median(times)),
    )


def _sample(ws: Workspace, snapshot: Snapshot, n: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    at = np.sort(rng.choice(snapshot.rows, size=min(n, snapshot.rows), replace=False))
    rows = open_snapshot(ws, snapshot).take(at, columns=["vector"])
    return _unit(to_matrix(rows["vector"]))


def _shifted(photos: npt.NDArray[np.float32], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Move all queries one way and each a little its own way; unit rows."""
    dim = photos.shape[1]
    common = rng.standard_normal(dim) / np.sqrt(dim)
    own = rng.standard_normal(photos.shape) / np.sqrt(dim)
    return _unit(photos + 0.7 * common + 0.5 * own)


def _unit(rows: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Scale rows to length 1, which float16 storage misses by a little."""
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _kth_scores(ws: Workspace, snapshot: Snapshot, queries: npt.NDArray[np.float32], k: int) -> npt.NDArray[np.float32]:
    """Return the exact k-th best score of each query, in one pass over all vectors with bounded memory."""
    best = np.full((len(queries), k), -np.inf, np.float32)
    for vectors in _chunks(ws, snapshot):
        best = np.concatenate([best, queries @ vectors.T], axis=1)
        best = -np.partition(-best, k - 1, axis=1)[:, :k]
    best = np.where(np.isinf(best), np.inf, best)
    return best.min(axis=1)


def _chunks(ws: Workspace, snapshot: Snapshot) -> Iterator[npt.NDArray[np.float32]]:
    for batch in open_snapshot(ws, snapshot).to_batches(columns=["vector"], batch_size=_CHUNK_ROWS):
        yield to_matrix(batch["vector"])

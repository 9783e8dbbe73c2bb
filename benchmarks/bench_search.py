"""Search: exact inside one owner against a plain matrix product, and recall of the index over a large space.

Times are the median of many queries, one thread each; the things compared take turns. The matrix product is numpy's
`vectors @ query` over the same vectors in float32, twice the bytes that the float16 index reads; bandwidth is a plain
sum over the float16 bytes.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from benchmarks.line import Line
from daguerre.ids import SpaceName
from daguerre.index.build import prepare, publish
from daguerre.index.query import QueryVector
from daguerre.index.searcher import Searcher
from daguerre.index.tuning import tune
from daguerre.settings import load_settings
from daguerre.tables import catalogue, schemas
from daguerre.tables.columns import to_column
from daguerre.workspace import Workspace, open_workspace

SPACE = SpaceName("bench-00000000")
DIM = 512
OWNER_ROWS = 20_000
CHUNK = 20_000
EXACT_LIMIT = 5.0
RECALL_LIMIT = 0.95


def embeddings(n: int, dim: int, seed: int) -> np.ndarray:
    """`(n, dim) float16` unit rows: 4,000 concepts in 120 themes of a 96-dimensional subspace, plus noise."""
    fixed, rng = np.random.default_rng(0), np.random.default_rng(seed)
    rank = min(96, dim)
    basis = fixed.normal(size=(rank, dim)).astype(np.float32) * (np.arange(1, rank + 1) ** -0.4)[:, None]
    themes = fixed.normal(size=(120, rank))
    concepts = themes[fixed.integers(0, 120, 4000)] + 0.8 * fixed.normal(size=(4000, rank))
    latent = concepts[rng.integers(0, 4000, n)] + 0.6 * rng.normal(size=(n, rank))
    rows = latent.astype(np.float32) @ basis.astype(np.float32)
    rows += 0.25 * np.sqrt((rows**2).mean()) * rng.normal(size=(n, dim)).astype(np.float32)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


def fill(ws: Workspace, rows: int, dim: int) -> float:
    """Write all vectors and return seconds; the first owner has OWNER_ROWS of them, spread over all chunks."""
    table = catalogue.vectors(ws, SPACE, dim)
    seconds, share = 0.0, OWNER_ROWS / rows
    for start in range(0, rows, CHUNK):
        n = min(CHUNK, rows - start)
        matrix = embeddings(n, dim, seed=start + 1)
        mine = int(n * share)
        columns = {
            "photo_id": [f"{start + i:032x}" for i in range(n)],
            "owner_id": ["big"] * mine + [f"owner{i % 500:04}" for i in range(n - mine)],
            "batch": [f"2026-01-01.{start // CHUNK:04}"] * n,
            "taken_at": np.arange(start, start + n).astype("datetime64[m]").astype("datetime64[us]"),
            "place": ["Lisbon, PT"] * n,
            "media": ["photo"] * n,
            "vector": to_column(matrix),
        }
        chunk = pa.table(columns).cast(schemas.vectors(dim))
        began = time.perf_counter()
        table.upsert(chunk)
        seconds += time.perf_counter() - began
    return seconds


def medians_ms(*actions: Callable[[], object], times: int = 200) -> list[float]:
    """Return the median wall time of each action in milliseconds, taking turns so that a busy machine is fair."""
    taken = np.empty((times + 1, len(actions)))
    for turn in taken:
        for place, action in enumerate(actions):
            began = time.perf_counter()
            action()
            turn[place] = time.perf_counter() - began
    return (1e3 * np.median(taken[1:], axis=0)).tolist()


def exact_figures(searcher: Searcher, dim: int) -> list[Line]:
    """Compare exact search inside the large owner with the matrix product and with reading the bytes."""
    rng = np.random.default_rng(1)
    query = rng.normal(size=dim).astype(np.float32)
    asked = QueryVector(space=SPACE, values=query)
    (cold_ms,) = medians_ms(lambda: searcher.exact(asked, k=10, owner="big"), times=20)
    for _ in range(2):
        searcher.nearest(asked, k=10, owner="big")
    matrix = embeddings(OWNER_ROWS, dim, seed=1).astype(np.float32)
    half = np.frombuffer(matrix.astype(np.float16).tobytes(), np.int64)
    with threadpool_limits(1):
        warm_ms, product_ms, read_ms = medians_ms(
            lambda: searcher.nearest(asked, k=10, owner="big"), lambda: matrix @ query, half.sum
        )
    gb = half.nbytes / 1e9
    return [
        Line(
            what=f"exact search, owner of {OWNER_ROWS:,}",
            measured=warm_ms,
            unit="ms",
            limit=product_ms,
            at_most=EXACT_LIMIT,
        ),
        Line(what="  bytes read", measured=1e3 * gb / warm_ms, unit="GB/s", limit=1e3 * gb / read_ms),
        Line(what="  owner not in memory yet", measured=cold_ms, unit="ms"),
    ]


def measure(quick: bool) -> list[Line]:
    rows = 100_000 if quick else 200_000
    with tempfile.TemporaryDirectory() as folder:
        ws = open_workspace(load_settings(root=f"{folder}/root", cache=Path(folder) / "cache", ann_rows=100_000))
        write_s = fill(ws, rows, DIM)
        began = time.perf_counter()
        snapshot = prepare(ws, SPACE, DIM)
        build_s = time.perf_counter() - began
        began = time.perf_counter()
        snapshot, found = tune(ws, snapshot)
        audit_s = time.perf_counter() - began
        publish(ws, snapshot)
        assert prepare(ws, SPACE, DIM) == snapshot
        exact = exact_figures(Searcher(ws, snapshot), DIM)
    assert found.ann
    assert found.index_used
    return [
        Line(what=f"index, {rows:,} x {DIM}: write", measured=rows / write_s, unit="rows/s"),
        Line(what="  order, compact, index", measured=rows / build_s, unit="rows/s"),
        Line(what="  recall@10, photos", measured=found.recall_at_10, unit="", at_least=RECALL_LIMIT),
        Line(what="  recall@10, shifted", measured=found.recall_at_10_shifted, unit="", at_least=RECALL_LIMIT),
        Line(what=f"  audit, {found.queries} queries", measured=audit_s, unit="s"),
        Line(what="  one corpus-wide query", measured=found.search_ms, unit="ms"),
        *exact,
        Line(
            what="  peak memory of all that",
            measured=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            unit="MB",
        ),
    ]

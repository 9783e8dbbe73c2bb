"""Workspaces, photos and vectors made by code, for tests of tables, index and search."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from daguerre.clock import frozen_clock
from daguerre.ids import SpaceName
from daguerre.settings import load_settings
from daguerre.tables import schemas
from daguerre.tables.columns import to_column
from daguerre.workspace import Workspace, open_workspace

SPACE = SpaceName("toy-00000000")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
PLACES = ("Lisbon, PT", "Berlin, DE", "Bern, CH", None)


def workspace(root: Path | str, cache: Path, *, ann_rows: int = 1_000_000) -> Workspace:
    """An installation with its own root and cache, and a clock that stands still."""
    return open_workspace(load_settings(root=str(root), cache=cache, ann_rows=ann_rows), clock=frozen_clock(NOW))


def clustered(n: int, dim: int, *, seed: int = 0, concepts: int = 200) -> np.ndarray:
    """`(n, dim) float16` unit rows around shared concepts, as embeddings of photos lie."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(concepts, dim))
    rows = centres[rng.integers(0, concepts, n)] + 0.6 * rng.normal(size=(n, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


def photo_ids(n: int, start: int = 0) -> list[str]:
    """Names of n photos."""
    return [f"{i:032x}" for i in range(start, start + n)]


def vector_rows(
    matrix: np.ndarray, *, owners: Sequence[str] = ("alice", "bob"), batch: str = "2026-01-01.0001", start: int = 0
) -> pa.Table:
    """Rows of a vector table; owner, time and place go round by the photo's number."""
    n, dim = matrix.shape
    numbers = range(start, start + n)
    return pa.table(
        {
            "photo_id": photo_ids(n, start),
            "owner_id": [owners[i % len(owners)] for i in numbers],
            "batch": [batch] * n,
            "taken_at": pa.array([taken_at(i) for i in numbers], pa.timestamp("us", tz="UTC")),
            "place": pa.array([PLACES[i % len(PLACES)] for i in numbers], pa.string()),
            "media": ["keyframe" if i % 5 == 4 else "photo" for i in numbers],
            "vector": to_column(matrix),
        },
        schema=schemas.vectors(dim),
    )


def taken_at(number: int) -> datetime | None:
    """When photo `number` was taken: one a day; every seventh does not say."""
    return None if number % 7 == 6 else datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=number)


def photo_rows(vectors: pa.Table, **columns: Sequence[object]) -> pa.Table:
    """The catalogue's rows of the photos in a vector table; `columns` replace whole columns."""
    n = vectors.num_rows
    given = {name: vectors[name] for name in ("photo_id", "owner_id", "batch", "taken_at", "place", "media")}
    given["source_key"] = [
        f"{row['owner_id']}/{row['photo_id'][-6:]}.jpg" for row in vectors.select(["owner_id", "photo_id"]).to_pylist()
    ]
    given |= columns
    filler = {pa.string(): "x", pa.binary(32): b"0" * 32, pa.timestamp("us", tz="UTC"): NOW}

    def column(field: pa.Field) -> pa.Array | pa.ChunkedArray:
        if field.name in given:
            values = given[field.name]
            return values if isinstance(values, pa.ChunkedArray) else pa.array(values, field.type)
        return pa.array([None if field.nullable else filler.get(field.type, 1)] * n, field.type)

    return pa.table([column(f) for f in schemas.PHOTOS], schema=schemas.PHOTOS)

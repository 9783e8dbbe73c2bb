"""Writing a sample's vectors to a scratch table beside the real ones, to learn what writing costs in this store."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from daguerre import layout
from daguerre.lifecycle.estimate import WriteCost
from daguerre.tables import schemas
from daguerre.tables.columns import to_column
from daguerre.tables.table import Table
from daguerre.workspace import Workspace

_COLUMNS = ["photo_id", "owner_id", "batch", "taken_at", "place", "media"]


def rehearse_writing(ws: Workspace, digest: str, photos: pa.Table, vectors: npt.NDArray[np.float16]) -> WriteCost:
    """Commit the rows to a table that exists for this call only; `photos` are at least four, one per vector.

    One row at first, another one to time a commit that is nearly empty, and then the rest. What a killed call leaves
    behind goes when the release is sampled again.
    """
    key = layout.rehearsal(digest)
    rows = photos.select(_COLUMNS).append_column("vector", to_column(vectors))
    table = Table(ws.store, key, schemas.vectors(vectors.shape[1]))
    ws.store.delete_prefix(f"{key}/")
    try:
        table.upsert(rows.slice(0, 1))
        empty = _bytes(ws, key)
        one_s = _seconds(table, rows.slice(1, 1))
        one = _bytes(ws, key)
        rest_s = _seconds(table, rows.slice(2))
        rest = _bytes(ws, key)
        more = rows.num_rows - 3  # than the one row of the commit before
        row_bytes = max(0, (rest - one) - (one - empty)) / more
        return WriteCost(
            commit_s=one_s,
            row_s=max(0.0, rest_s - one_s) / more,
            commit_bytes=one - empty - row_bytes,
            row_bytes=row_bytes,
        )
    finally:
        ws.store.delete_prefix(f"{key}/")


def _seconds(table: Table, rows: pa.Table) -> float:
    began = time.perf_counter()
    table.upsert(rows)
    return time.perf_counter() - began


def _bytes(ws: Workspace, key: str) -> int:
    return sum(info.size for info in ws.store.list(f"{key}/"))

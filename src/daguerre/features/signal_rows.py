"""One unit's signals as rows: the checkpoint of the signals stage, and what the views and tables take from it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from daguerre.features.aesthetic import AESTHETIC_MODEL
from daguerre.features.photo_signals import SIGNALS_VERSION, Signals
from daguerre.features.quality_signals import QUALITY_MODEL
from daguerre.features.views import EVENT_TIMESTAMP, View
from daguerre.ids import BatchKey
from daguerre.storage.ports import ObjectNotFoundError
from daguerre.tables.schemas import DESCRIPTOR_DIM, DESCRIPTORS
from daguerre.workspace import Workspace

_VECTOR = pa.list_(pa.float16(), DESCRIPTOR_DIM)
_QUALITY = ("sharpness", "exposure", "contrast", "colorfulness", "noise", "megapixels")
_VERSION = b"daguerre-code-version"

#: `reason` is set, and everything after it null or zero, when the proxy could not be decoded.
SCHEMA = pa.schema(
    [
        pa.field("photo_id", pa.string(), nullable=False),
        pa.field("owner_id", pa.string(), nullable=False),
        ("reason", pa.string()),
        *((name, pa.float32()) for name in _QUALITY),
        ("face_count", pa.int32()),
        ("largest_face_area", pa.float32()),
        ("face_quality", pa.float32()),
        ("aesthetic", pa.float32()),
        pa.field("descriptor", _VECTOR, nullable=False),
    ]
)


def rows_of(photo_ids: Sequence[str], owner_ids: Sequence[str], found: Sequence[Signals | str]) -> pa.Table:
    """Return one row per photo; a text in `found` is the reason why there are no signals."""
    good = [item if isinstance(item, Signals) else None for item in found]
    vectors = [s.descriptor if s else np.zeros(DESCRIPTOR_DIM, np.float32) for s in good]
    flat = np.concatenate(vectors).astype(np.float16) if vectors else np.zeros(0, np.float16)
    quality = [asdict(s.quality) if s else {} for s in good]
    columns: dict[str, object] = {
        "photo_id": list(photo_ids),
        "owner_id": list(owner_ids),
        "reason": [item if isinstance(item, str) else None for item in found],
        **{name: [numbers.get(name) for numbers in quality] for name in _QUALITY},
        "face_count": [s.faces.count if s else None for s in good],
        "largest_face_area": [s.faces.largest_area if s else None for s in good],
        "face_quality": [s.faces.quality if s else None for s in good],
        "aesthetic": [s.aesthetic if s else None for s in good],
        "descriptor": pa.FixedSizeListArray.from_arrays(pa.array(flat), DESCRIPTOR_DIM),
    }
    return pa.table(columns, schema=SCHEMA)


def read_rows(ws: Workspace, key: str) -> pa.Table:
    """Read a checkpoint; no rows when there is none or other code wrote it."""
    try:
        data = ws.store.get(key)
    except ObjectNotFoundError:
        return SCHEMA.empty_table()
    table = pq.read_table(pa.BufferReader(data), use_threads=False)
    if (table.schema.metadata or {}).get(_VERSION, b"").decode() != SIGNALS_VERSION:
        return SCHEMA.empty_table()
    return table.replace_schema_metadata(None).cast(SCHEMA)


def write_rows(ws: Workspace, key: str, rows: pa.Table) -> None:
    """Write a checkpoint in one put."""
    sink = io.BytesIO()
    pq.write_table(rows.replace_schema_metadata({_VERSION: SIGNALS_VERSION.encode()}), sink, compression="zstd")
    ws.store.put(key, sink.getvalue())


def view_rows(rows: pa.Table, view: View, at: datetime) -> pa.Table:
    """Return what a view takes from good rows; `at` is the time that they describe."""
    given = {
        EVENT_TIMESTAMP: pa.array([at] * rows.num_rows, pa.timestamp("us", tz="UTC")),
        "quality_model": pa.array([QUALITY_MODEL] * rows.num_rows),
        "aesthetic_model": pa.array([AESTHETIC_MODEL] * rows.num_rows),
    }
    names = [*dict.fromkeys((view.key, "owner_id")), EVENT_TIMESTAMP, *view.features]
    return pa.table({name: given[name] if name in given else rows[name] for name in names})


def descriptor_rows(rows: pa.Table, batch: BatchKey) -> pa.Table:
    """Return what the descriptors table takes from good rows."""
    columns = [
        rows["photo_id"],
        rows["owner_id"],
        pa.array([batch] * rows.num_rows, pa.string()),
        rows["descriptor"],
        pa.array([SIGNALS_VERSION] * rows.num_rows, pa.string()),
    ]
    return pa.table(columns, schema=DESCRIPTORS)

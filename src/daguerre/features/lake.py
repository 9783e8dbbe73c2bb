"""The offline side: Parquet files below features/<view>/dt=<day>/, each replaced whole or left alone."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from daguerre import layout
from daguerre.features.tombstones import erased_ids
from daguerre.features.views import CREATED_TIMESTAMP, View
from daguerre.ids import BatchKey
from daguerre.storage.ports import ObjectNotFoundError
from daguerre.workspace import Workspace

_CONTENT = b"daguerre-content-sha256"


@dataclass(frozen=True, kw_only=True)
class Partition:
    """One file of the lake: sha256 of its rows without the time of writing, and whether this call wrote it."""

    key: str
    rows: int
    content: str
    written: bool


def landing_day(batch: BatchKey) -> date:
    """Return the day in the batch's key."""
    return date.fromisoformat(batch.rsplit(".", 1)[0])


def partition_key(view: View, day: date, name: str) -> str:
    """Return where the rows that `name` (a batch, or what made them) has for one day lie."""
    return f"{layout.feature_view(view.name)}/dt={day.isoformat()}/{name}.parquet"


def write_partition(ws: Workspace, view: View, day: date, name: str, rows: pa.Table) -> Partition:
    """Write the rows of one (view, day, name), or leave the file alone when it says the same already.

    `rows` holds the view's columns except the time of writing, which is the workspace's clock. Rows of erased photos
    are left out. The file is replaced in one put: a reader sees all old rows or all new ones.
    """
    known = pa.schema([field for field in view.schema if field.name != CREATED_TIMESTAMP])
    table = rows.select(known.names).cast(known)
    if view.entity == "photo" and (gone := erased_ids(ws)):
        table = table.filter(pc.invert(pc.is_in(table[view.key], pa.array(sorted(gone), pa.string()))))
    table = table.sort_by([(view.key, "ascending"), ("event_timestamp", "ascending")])
    content, key = _content(table), partition_key(view, day, name)
    if _stored_content(ws, key) == content:
        return Partition(key=key, rows=table.num_rows, content=content, written=False)
    _put(ws, key, _stamped(table, view, ws.clock()), content)
    return Partition(key=key, rows=table.num_rows, content=content, written=True)


def read_partition(ws: Workspace, view: View, day: date, name: str) -> pa.Table:
    """Read one file; an empty table of the view's columns when there is none."""
    try:
        data = ws.store.get(partition_key(view, day, name))
    except ObjectNotFoundError:
        return view.schema.empty_table()
    return _parse(data, view.schema)


def read_view(ws: Workspace, view: View, *, columns: list[str], without: str = "", since: date = date.min) -> pa.Table:
    """Read some columns of a view's files from day `since` on; `without` is the key of a file to leave out.

    A key has a row for every time at which something was said of it: `newest` picks the last.
    """
    picked = pa.schema([view.schema.field(name) for name in columns])
    first = f"{layout.feature_view(view.name)}/dt={since.isoformat()}"
    tables = [
        _parse(ws.store.get(info.key), picked)
        for info in ws.store.list(layout.feature_view(view.name) + "/")
        if info.key.endswith(".parquet") and info.key != without and info.key >= first
    ]
    return pa.concat_tables([picked.empty_table(), *tables])


def newest(table: pa.Table, key: str) -> pa.Table:
    """Keep the newest row of each key, ties settled by the time of writing."""
    ordered = table.sort_by([(key, "ascending"), ("event_timestamp", "ascending"), (CREATED_TIMESTAMP, "ascending")])
    keys = ordered[key].to_numpy(zero_copy_only=False)
    last = pa.array([i + 1 == len(keys) or keys[i] != keys[i + 1] for i in range(len(keys))], pa.bool_())
    return ordered.filter(last)


def drop_photos(ws: Workspace, prefix: str, gone: set[str]) -> tuple[int, int]:
    """Rewrite every file below `prefix` that holds one of the photos; return (files, rows) that this took.

    The time of writing of the other rows stays as it was.
    """
    files = rows = 0
    for info in list(ws.store.list(prefix)):
        if not info.key.endswith(".parquet"):
            continue
        table = pq.read_table(pa.BufferReader(ws.store.get(info.key)), use_threads=False)
        if "photo_id" not in table.column_names:
            continue
        kept = table.filter(pc.invert(pc.is_in(table["photo_id"], pa.array(sorted(gone), pa.string()))))
        if kept.num_rows == table.num_rows:
            continue
        _put(ws, info.key, kept, _content(kept))
        files, rows = files + 1, rows + table.num_rows - kept.num_rows
    return files, rows


def _parse(data: bytes, schema: pa.Schema) -> pa.Table:
    """Read the columns of `schema` from a file: one added since is null, one dropped since is left out."""
    with pq.ParquetFile(pa.BufferReader(data)) as file:
        stored = file.schema_arrow.names
        table = file.read([name for name in schema.names if name in stored], use_threads=False)
    columns = [
        table[field.name].cast(field.type) if field.name in stored else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _stamped(table: pa.Table, view: View, at: datetime) -> pa.Table:
    created = pa.array([at] * table.num_rows, view.schema.field(CREATED_TIMESTAMP).type)
    return table.append_column(view.schema.field(CREATED_TIMESTAMP), created).select(view.schema.names)


def _content(table: pa.Table) -> str:
    """Hash the rows as Arrow bytes, without the time of writing."""
    columns = [name for name in table.column_names if name != CREATED_TIMESTAMP]
    sink = io.BytesIO()
    bare = table.select(columns).combine_chunks().replace_schema_metadata(None)
    with pa.ipc.new_stream(sink, bare.schema) as stream:
        stream.write_table(bare)
    return hashlib.sha256(sink.getvalue()).hexdigest()


def _stored_content(ws: Workspace, key: str) -> str:
    try:
        data = ws.store.get(key)
    except ObjectNotFoundError:
        return ""
    return ((pq.read_schema(pa.BufferReader(data)).metadata or {}).get(_CONTENT, b"")).decode()


def _put(ws: Workspace, key: str, table: pa.Table, content: str) -> None:
    sink = io.BytesIO()
    metadata = {**(table.schema.metadata or {}), _CONTENT: content.encode()}
    pq.write_table(table.replace_schema_metadata(metadata), sink, compression="zstd")
    ws.store.put(key, sink.getvalue())

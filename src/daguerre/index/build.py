"""Building the readable version of one space: order, compaction, scalar indexes, the ANN index, and the record of it.

A kill at any line leaves the published snapshot readable: its version is tagged, and the record is replaced last.
One writer per space at a time; a second one loses commits, not rows.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from daguerre import layout
from daguerre.ids import SpaceName
from daguerre.index.ordering import sort_by_owner
from daguerre.index.planner import NPROBES, REFINE
from daguerre.index.snapshot import Snapshot, VectorIndexError, find_snapshot
from daguerre.tables import catalogue
from daguerre.tables.table import KEEP, Table
from daguerre.workspace import Workspace

_TAG = "serving-"
_SCALARS = {"photo_id": "BTREE", "owner_id": "BTREE", "taken_at": "BTREE", "place": "BITMAP", "media": "BITMAP"}
#: IVF_RQ with 5 bits and a refine step has recall .99 where product quantisation, the default, stays below .93.
_BITS = 5
_ROWS_PER_PARTITION = 4096
#: What the quantiser packs together; other dimensions, which no common encoder has, are searched exactly.
_DIM_STEP = 8
#: The default training (256 samples a partition, 50 rounds) takes several times as long and gains nothing.
_SAMPLE_RATE, _ROUNDS = 64, 15


class NoVectorsError(VectorIndexError):
    """The space has no vectors."""


def build_index(ws: Workspace, space: SpaceName, dim: int) -> Snapshot:
    """Bring the indexes of a space up to date and let readers have the result."""
    snapshot = prepare(ws, space, dim)
    publish(ws, snapshot)
    return snapshot


def prepare(ws: Workspace, space: SpaceName, dim: int) -> Snapshot:
    """Bring the indexes of a space up to date and tag the result; readers do not see it yet.

    Nothing is written when the table has not changed since the published snapshot.

    Raises:
        NoVectorsError: there is nothing to index.
    """
    table = catalogue.vectors(ws, space, dim)
    rows = table.count()
    if rows == 0:
        raise NoVectorsError(space, fix="Materialise embeddings for this space first.")
    published = find_snapshot(ws, space)
    wants_ann = rows >= ws.settings.ann_rows and dim % _DIM_STEP == 0
    if published and published.version == table.version and published.ann == wants_ann:
        return published
    was_sorted = sort_by_owner(table)
    table.maintain(table.open().optimize.compact_files)
    _index_scalars(table, anew=was_sorted)
    partitions = published.partitions if published else 0
    if wants_ann:
        partitions = _index_vectors(table, rows, partitions=0 if was_sorted else partitions)
    dataset = table.open()
    ann = wants_ann and "vector" in _indexed(dataset)
    return Snapshot(
        space=space,
        dim=dim,
        version=dataset.version,
        tag=_tagged(dataset),
        rows=dataset.count_rows(),
        ann=ann,
        partitions=partitions if ann else 0,
        nprobes=NPROBES if ann else 0,
        refine=REFINE if ann else 0,
        built_at=ws.clock(),
    )


def publish(ws: Workspace, snapshot: Snapshot, *, keep: timedelta = KEEP) -> None:
    """Let readers have a snapshot, then forget versions that no reader can hold any more.

    The snapshot that was published before stays tagged, for readers that have it open and for a way back.
    """
    before = find_snapshot(ws, snapshot.space)
    if before == snapshot:
        return
    ws.store.put(layout.snapshot(snapshot.space), snapshot.to_json())
    dataset = catalogue.vectors(ws, snapshot.space, snapshot.dim).open()
    held = {snapshot.tag, before.tag if before else ""}
    for tag in dataset.tags.list():
        if tag.startswith(_TAG) and tag not in held:
            dataset.tags.delete(tag)
    dataset.cleanup_old_versions(older_than=keep, error_if_tagged_old_versions=False)


def _indexed(dataset: Any) -> set[str]:
    return {name for index in dataset.describe_indices() for name in index.field_names}


def _index_scalars(table: Table, *, anew: bool) -> None:
    for column, kind in _SCALARS.items():
        dataset = table.open()
        if anew or column not in _indexed(dataset):
            table.maintain(lambda d=dataset, c=column, k=kind: d.create_scalar_index(c, k, replace=True))  # type: ignore[misc]
    table.maintain(table.open().optimize.optimize_indices)


def _index_vectors(table: Table, rows: int, *, partitions: int) -> int:
    """Train the ANN index anew when there is none or the table has doubled since; return its number of partitions."""
    wanted = max(1, rows // _ROWS_PER_PARTITION)
    dataset = table.open()
    if "vector" in _indexed(dataset) and partitions and wanted < 2 * partitions:
        return partitions  # new rows are in a delta segment, added with the scalar indexes
    table.maintain(
        lambda: dataset.create_index(
            "vector",
            "IVF_RQ",
            metric="dot",
            num_partitions=wanted,
            num_bits=_BITS,
            sample_rate=_SAMPLE_RATE,
            max_iters=_ROUNDS,
            replace=True,
        )
    )
    return wanted


def _tagged(dataset: Any) -> str:
    tag = f"{_TAG}{dataset.version}"
    if tag not in dataset.tags.list():
        dataset.tags.create(tag, dataset.version)
    return tag

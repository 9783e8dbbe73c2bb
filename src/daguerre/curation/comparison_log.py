"""Where it is kept which photos of a large library have been compared."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from daguerre.curation.blocks import ONE_BLOCK
from daguerre.curation.comparisons import Comparisons, places
from daguerre.ids import OwnerId
from daguerre.tables import catalogue
from daguerre.tables.sql import one_of, quote
from daguerre.workspace import Workspace

#: Changes with whatever decides which photos come close; what an earlier version found is found again.
CODE_VERSION = "edges-1"
_DELETED_AT_ONCE = 1000


def read_comparisons(ws: Workspace, owner: OwnerId) -> Comparisons | None:
    """Return what was compared of one owner's library; None when nothing is kept, as of small libraries."""
    where = f"owner_id = {quote(owner)} AND code_version = {quote(CODE_VERSION)}"
    rows = catalogue.edges(ws).read(where=where)
    if not rows.num_rows or len(pc.unique(rows["projections"])) > 1:
        return None
    ids, facts = rows["photo_id"].to_numpy().astype(object), rows["facts"].to_numpy()
    lists = rows["others"].combine_chunks()
    holder = np.repeat(np.arange(len(ids)), np.diff(lists.offsets.to_numpy().astype(np.int64)))
    other = places(lists.flatten().to_numpy(zero_copy_only=False), ids)
    said = rows["other_facts"].combine_chunks().flatten().to_numpy()
    holds = (other >= 0) & (facts[other] == said)
    pairs = np.unique(np.stack([np.minimum(holder, other)[holds], np.maximum(holder, other)[holds]]), axis=1)
    return Comparisons(
        photo_id=ids, facts=facts, a=pairs[0], b=pairs[1], projections=int(rows["projections"][0].as_py()), fresh=0
    )


def write_comparisons(ws: Workspace, owner: OwnerId, before: Comparisons | None, now: Comparisons) -> int:
    """Keep what was compared, writing only what has changed since `before` was read; return how many rows that is.

    What is gone is deleted first: a kill then leaves photos of which every two have been compared. Small libraries
    are not kept: comparing them again takes less time than reading.
    """
    if len(now.photo_id) <= ONE_BLOCK:
        return 0
    table = catalogue.edges(ws)
    gone = [] if before is None else before.photo_id[places(before.photo_id, now.photo_id) < 0].tolist()
    for at in range(0, len(gone), _DELETED_AT_ONCE):
        table.delete(one_of("photo_id", gone[at : at + _DELETED_AT_ONCE]))
    rows = _rows(owner, now, _changed(before, now))
    table.upsert(rows)
    return rows.num_rows + len(gone)


def _changed(before: Comparisons | None, now: Comparisons) -> np.ndarray:
    """Return which photos' rows differ: new, changed, or holding other edges."""
    if before is None or before.projections != now.projections:
        return np.ones(len(now.photo_id), bool)
    place = places(now.photo_id, before.photo_id)
    changed = place < 0
    changed[~changed] = before.facts[place[~changed]] != now.facts[~changed]
    back = places(before.photo_id, now.photo_id)
    n = len(now.photo_id)
    alive = (back[before.a] >= 0) & (back[before.b] >= 0)
    a, b = back[before.a[alive]], back[before.b[alive]]
    # an edge with a photo that is gone leaves its holder's row as it is: without the other it counts for nothing
    differ = np.setxor1d(np.minimum(a, b) * n + np.maximum(a, b), now.a * n + now.b)
    changed[_holder(now, differ // max(n, 1), differ % max(n, 1))] = True
    return changed


def _holder(now: Comparisons, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return which of each pair holds the edge: the one with the greater id."""
    return np.where(now.photo_id[a] > now.photo_id[b], a, b).astype(np.int64)


def _rows(owner: OwnerId, now: Comparisons, changed: np.ndarray) -> pa.Table:
    holder = _holder(now, now.a, now.b)
    other = np.where(holder == now.a, now.b, now.a)
    mine = changed[holder]
    holder, other = holder[mine], other[mine]
    order = np.lexsort((other, holder))
    holder, other = holder[order], other[order]
    rows = np.flatnonzero(changed)
    offsets = np.append(np.searchsorted(holder, rows), len(holder)).astype(np.int32)
    others = pa.array(now.photo_id[other], pa.string())
    return pa.table(
        {
            "photo_id": pa.array(now.photo_id[rows], pa.string()),
            "owner_id": pa.array([str(owner)] * len(rows), pa.string()),
            "facts": now.facts[rows],
            "projections": np.full(len(rows), now.projections, np.int16),
            "others": pa.ListArray.from_arrays(offsets, others),
            "other_facts": pa.ListArray.from_arrays(offsets, pa.array(now.facts[other], pa.int64())),
            "code_version": pa.array([CODE_VERSION] * len(rows), pa.string()),
        }
    )

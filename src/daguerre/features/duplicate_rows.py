"""Groups of near-identical photos as a feature view: only what has changed since it was last written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from daguerre.features.lake import landing_day, newest, partition_key, read_partition, read_view, write_partition
from daguerre.features.views import EVENT_TIMESTAMP, PHOTO_DUPS
from daguerre.ids import BatchKey
from daguerre.tables import catalogue
from daguerre.tables.sql import one_of, quote
from daguerre.workspace import Workspace

#: A photo in groups of several kinds is shown in the strictest.
_STRICTEST = ("exact", "near", "burst")
#: Group, whether to keep this one, size of the group.
_State = tuple[str | None, bool, int]
_ALONE: _State = (None, True, 1)


def write_duplicates(ws: Workspace, batch: BatchKey) -> int:
    """Write the groups of the owners that the batch touches, as they are now; return how many rows that took.

    Groups change as photos arrive, so the time that a row describes is now. The batch's file holds its own photos and
    those of the same owners whose newest row in other files is out of date. When nothing has changed since, the file
    stays as it is.
    """
    photos = catalogue.photos(ws).read(["photo_id", "owner_id"], f"batch = {quote(batch)}")
    owner_of = dict(zip(photos["photo_id"].to_pylist(), photos["owner_id"].to_pylist(), strict=True))
    owners = sorted(set(owner_of.values()))
    groups, members = _groups(ws, owners)
    day = landing_day(batch)
    own = read_partition(ws, PHOTO_DUPS, day, batch)
    others = read_view(ws, PHOTO_DUPS, columns=own.column_names, without=partition_key(PHOTO_DUPS, day, batch))
    others = others.filter(pc.is_in(others["owner_id"], pa.array(owners, pa.string())))
    known = _states(others)
    wanted = {photo: groups.get(photo, _ALONE) for photo in owner_of}
    wanted |= {photo: state for photo, state in groups.items() if known.get(photo, _ALONE) != state}
    wanted |= {photo: _ALONE for photo, state in known.items() if photo not in groups and state != _ALONE}
    told = _states(pa.concat_tables([own, others]))
    if set(own["photo_id"].to_pylist()) == set(wanted) and all(told[photo] == wanted[photo] for photo in wanted):
        return 0
    owner_of |= members | dict(zip(others["photo_id"].to_pylist(), others["owner_id"].to_pylist(), strict=True))
    return write_partition(ws, PHOTO_DUPS, day, batch, _rows(ws, wanted, owner_of)).rows


def _rows(ws: Workspace, states: dict[str, _State], owner_of: dict[str, str]) -> pa.Table:
    ids = sorted(states)
    return pa.table(
        {
            "photo_id": pa.array(ids, pa.string()),
            "owner_id": pa.array([owner_of[photo] for photo in ids], pa.string()),
            EVENT_TIMESTAMP: pa.array([ws.clock()] * len(ids), pa.timestamp("us", tz="UTC")),
            "dup_cluster_id": pa.array([states[photo][0] for photo in ids], pa.string()),
            "dup_is_best": pa.array([states[photo][1] for photo in ids], pa.bool_()),
            "dup_cluster_size": pa.array([states[photo][2] for photo in ids], pa.int32()),
        }
    )


def _groups(ws: Workspace, owners: Sequence[str]) -> tuple[dict[str, _State], dict[str, str]]:
    """Return the state of every photo in a group, and whose it is."""
    table = catalogue.duplicates(ws)
    rows = table.read(["kind", "group_id", "photo_id", "owner_id", "is_best"], one_of("owner_id", owners)).to_pylist()
    sizes = Counter((row["kind"], row["group_id"]) for row in rows)
    states: dict[str, _State] = {}
    for row in sorted(rows, key=lambda row: _STRICTEST.index(row["kind"])):
        state = (row["group_id"], row["is_best"], sizes[row["kind"], row["group_id"]])
        states.setdefault(row["photo_id"], state)
    return states, {row["photo_id"]: row["owner_id"] for row in rows}


def _states(rows: pa.Table) -> dict[str, _State]:
    latest = newest(rows, "photo_id").to_pydict()
    values = zip(latest["dup_cluster_id"], latest["dup_is_best"], latest["dup_cluster_size"], strict=True)
    return dict(zip(latest["photo_id"], values, strict=True))

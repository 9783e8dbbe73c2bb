"""The outcomes of a batch become rows of the catalogue: photos first, then refusals, then the objects that close it."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from daguerre.ids import BatchKey
from daguerre.stages.photo_rows import objects_of, photos_of, rejected_of
from daguerre.tables import catalogue
from daguerre.tables.sql import quote
from daguerre.tables.table import Table
from daguerre.workspace import Workspace

_OBJECT_FACTS = ["object_id", "photo_id", "code_version"]
_REFUSAL_FACTS = ["rejection_id", "reason", "attempts", "code_version"]


def publish(ws: Workspace, batch: BatchKey, outcomes: pa.Table) -> None:
    """Make `outcomes` all that the catalogue says of this batch; writes nothing when it says so already.

    One commit per table. A run killed between two of them leaves the ledger open or the refusals out of date; the
    next run sees that and writes again.
    """
    objects, refusals = objects_of(outcomes), rejected_of(outcomes)
    mine = f"batch = {quote(batch)}"
    refused_here = f"{mine} AND stage = 'photos'"
    if _holds(catalogue.objects(ws), mine, objects, _OBJECT_FACTS) and _holds(
        catalogue.rejected(ws), refused_here, refusals, _REFUSAL_FACTS
    ):
        return
    catalogue.photos(ws).replace(mine, _unclaimed(ws, batch, photos_of(outcomes)))
    catalogue.rejected(ws).replace(refused_here, refusals)
    catalogue.objects(ws).replace(mine, objects)


def _unclaimed(ws: Workspace, batch: BatchKey, photos: pa.Table) -> pa.Table:
    """Leave out photos that another batch brought before: vectors and signals of it count there."""
    known = catalogue.photos(ws).lookup(photos["photo_id"].to_pylist(), ["photo_id", "batch"])
    others = known.filter(pc.not_equal(known["batch"], batch))["photo_id"].combine_chunks()
    return photos.filter(pc.invert(pc.is_in(photos["photo_id"], others)))


def _holds(table: Table, where: str, rows: pa.Table, facts: Sequence[str]) -> bool:
    stored = table.read(facts, where)
    return stored.num_rows == rows.num_rows and stored.equals(
        rows.select(facts).sort_by(table.primary).cast(stored.schema)
    )

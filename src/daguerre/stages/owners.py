"""Which owners a batch touches, and which batches touch them all."""

from __future__ import annotations

from daguerre.ids import BatchKey, OwnerId
from daguerre.landing.manifest import list_batches
from daguerre.tables import catalogue
from daguerre.tables.sql import quote
from daguerre.workspace import Workspace


def touched_owners(ws: Workspace, batch: BatchKey) -> list[OwnerId]:
    """Return the owners who have a photo in the batch, in order of name."""
    rows = catalogue.photos(ws).read(["owner_id"], f"batch = {quote(batch)}")
    return sorted({OwnerId(owner) for owner in rows["owner_id"].to_pylist()})


def covering_batches(ws: Workspace) -> list[BatchKey]:
    """Return few batches that together touch every owner: newest first, each adding an owner not seen before."""
    waiting = set(catalogue.photos(ws).read(["owner_id"])["owner_id"].to_pylist())
    chosen: list[BatchKey] = []
    for batch in reversed(list_batches(ws.store)):
        if not waiting:
            break
        touched = waiting.intersection(touched_owners(ws, batch))
        if touched:
            chosen.append(batch)
            waiting -= touched
    return chosen

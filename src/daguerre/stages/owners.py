"""Which owners a batch touches, and which batches touch them all."""

from __future__ import annotations

from collections.abc import Collection

from daguerre.ids import BatchKey, OwnerId
from daguerre.landing.manifest import list_batches
from daguerre.tables import catalogue
from daguerre.tables.sql import quote
from daguerre.workspace import Workspace


def touched_owners(ws: Workspace, batch: BatchKey) -> list[OwnerId]:
    """Return the owners who have a photo in the batch, or uploaded one again with it, in order of name."""
    photos = catalogue.photos(ws)
    here = f"batch = {quote(batch)}"
    new = photos.read(["photo_id", "owner_id"], here)
    uploaded = set(catalogue.objects(ws).read(["photo_id"], here)["photo_id"].to_pylist())
    again = sorted(uploaded - set(new["photo_id"].to_pylist()))
    known = photos.lookup(again, ["owner_id"])
    return sorted({OwnerId(owner) for rows in (new, known) for owner in rows["owner_id"].to_pylist()})


def covering_batches(ws: Workspace, owners: Collection[OwnerId] | None = None) -> list[BatchKey]:
    """Return few batches that together touch some owners, by default all.

    Newest first, each adding an owner not seen before.
    """
    everybody = set(catalogue.photos(ws).read(["owner_id"])["owner_id"].to_pylist())
    waiting = everybody if owners is None else everybody.intersection(owners)
    chosen: list[BatchKey] = []
    for batch in reversed(list_batches(ws.store)):
        if not waiting:
            break
        touched = waiting.intersection(touched_owners(ws, batch))
        if touched:
            chosen.append(batch)
            waiting -= touched
    return chosen

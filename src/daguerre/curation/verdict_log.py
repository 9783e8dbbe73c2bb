"""Where people's verdicts about duplicates are kept."""

from __future__ import annotations

import hashlib

import pyarrow as pa

from daguerre.curation.verdicts import Decision, Verdict
from daguerre.errors import DaguerreError, NotFoundError
from daguerre.ids import OwnerId, PhotoId
from daguerre.tables import catalogue
from daguerre.tables.sql import quote
from daguerre.workspace import Workspace


class VerdictError(DaguerreError):
    """A verdict does not say which photos it is about."""

    exit_code = 2


def read_verdicts(ws: Workspace, owner: OwnerId | None = None) -> dict[str, Verdict]:
    """Return the verdicts about one owner's photos, or all, by id, in order of time."""
    rows = catalogue.verdicts(ws).read(where=f"owner_id = {quote(owner)}" if owner else None).to_pylist()
    return {
        row["verdict_id"]: Verdict(
            owner_id=OwnerId(row["owner_id"]),
            kind=row["kind"],
            photo_ids=tuple(PhotoId(photo) for photo in row["photo_ids"]),
            actor=row["actor"],
            at=row["at"],
        )
        for row in sorted(rows, key=lambda row: (row["at"], row["verdict_id"]))
    }


def decide(ws: Workspace, kind: Decision, photo_ids: list[PhotoId], *, actor: str) -> Verdict:
    """Keep a verdict; of the same photos, the last one holds.

    Raises:
        VerdictError: too few or too many photos, or photos of two owners.
        NotFoundError: no such photo.
    """
    wanted = 1 if kind == "best" else 2
    photos = sorted(set(photo_ids))
    if len(photos) != wanted:
        raise VerdictError(f"{kind} of {len(photos)} photos", fix=f"It is about {wanted} of one owner.")
    known = catalogue.photos(ws).lookup(photos, ["photo_id", "owner_id"])
    if known.num_rows < wanted:
        raise NotFoundError(f"one of the photos {', '.join(photos)}", fix="`daguerre search` shows photo ids.")
    owners = sorted(set(known["owner_id"].to_pylist()))
    if len(owners) > 1:
        raise VerdictError(f"photos of {' and '.join(owners)}", fix="Photos of two people are never duplicates.")
    made = Verdict(owner_id=OwnerId(owners[0]), kind=kind, photo_ids=tuple(photos), actor=actor, at=ws.clock())
    about = "best" if kind == "best" else "pair"
    row = {
        "verdict_id": hashlib.sha256("\0".join([about, *photos]).encode()).hexdigest()[:32],
        "owner_id": made.owner_id,
        "kind": kind,
        "photo_ids": photos,
        "actor": actor,
        "at": made.at,
    }
    table = catalogue.verdicts(ws)
    table.upsert(pa.Table.from_pylist([row], table.schema))
    return made


def undo(ws: Workspace, prefix: str) -> Verdict:
    """Take back the only verdict whose id begins with `prefix`. Raises NotFoundError: none, or several."""
    found = {name: verdict for name, verdict in read_verdicts(ws).items() if name.startswith(prefix)}
    if len(found) != 1 or not prefix:
        raise NotFoundError(f"{len(found)} verdicts begin with {prefix!r}", fix="`daguerre verdict list` shows them.")
    ((name, verdict),) = found.items()
    catalogue.verdicts(ws).delete(f"verdict_id = {quote(name)}")
    return verdict

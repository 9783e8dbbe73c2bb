"""Pictures and short tables of what a stage made, small enough to travel with an orchestrator's event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from daguerre.features import views
from daguerre.features.lake import landing_day, read_partition
from daguerre.ids import BatchKey
from daguerre.media.contact_sheet import contact_sheet
from daguerre.media.histogram import histogram
from daguerre.media.packs import read_picture
from daguerre.stages.feed import read_memories
from daguerre.stages.owners import touched_owners
from daguerre.tables import catalogue
from daguerre.tables.sql import one_of, quote
from daguerre.workspace import Workspace

#: 36 thumbnails of 64 px are about 25 kB; every materialization event stores its own copy.
_SHEET = 36
_ROW = 12


def thumbnails(ws: Workspace, photo_ids: Sequence[str]) -> list[bytes]:
    """Return the thumbnails of these photos in the order given; photos that are unknown are left out."""
    found = catalogue.photos(ws).lookup(list(photo_ids), ["photo_id", "pack", "thumb_offset", "thumb_bytes"])
    by_id = {row["photo_id"]: row for row in found.to_pylist()}
    rows = [by_id[photo] for photo in photo_ids if photo in by_id]
    return [read_picture(ws.store, row["pack"], row["thumb_offset"], row["thumb_bytes"]) for row in rows]


def batch_sheet(ws: Workspace, batch: BatchKey) -> bytes:
    """Return a contact sheet of photos spread evenly over the batch, in order of time; a JPEG."""
    rows = catalogue.photos(ws).read(["photo_id", "taken_at"], f"batch = {quote(batch)}").sort_by("taken_at")
    ids = rows["photo_id"].to_pylist()
    spread = [ids[at] for at in np.linspace(0, len(ids) - 1, min(_SHEET, len(ids))).astype(int)] if ids else []
    return contact_sheet(thumbnails(ws, spread))


def refusals(ws: Workspace, batch: BatchKey, *, limit: int) -> list[dict[str, str]]:
    """Return the first refused objects of a batch with their reasons."""
    rows = catalogue.rejected(ws).read(["subject", "reason", "detail"], f"batch = {quote(batch)}")
    return [{name: str(row[name])[:200] for name in row} for row in rows.slice(0, limit).to_pylist()]


def signal_histogram(ws: Workspace, batch: BatchKey, view: str, column: str) -> bytes:
    """Draw the distribution of one signal over a batch; a PNG."""
    table = read_partition(ws, views.view(view), landing_day(batch), batch)
    values = np.array([v for v in table[column].to_pylist() if v is not None], dtype=np.float64)
    return histogram(values, f"{column}, {batch}")


def top_concepts(ws: Workspace, batch: BatchKey, *, limit: int = 15) -> dict[str, float]:
    """Count the photos of a batch by their best concept."""
    table = read_partition(ws, views.PHOTO_CONCEPTS, landing_day(batch), batch)
    counts = Counter(str(name) for name in table["top_concept"].to_pylist() if name)
    return {name: float(count) for name, count in counts.most_common(limit)}


def groups_sheet(ws: Workspace, batch: BatchKey, *, limit: int = 6) -> bytes:
    """Return a picture with one group of equals per row, largest groups first, of the owners the batch touches."""
    where = one_of("owner_id", touched_owners(ws, batch))
    rows = catalogue.duplicates(ws).read(["kind", "group_id", "photo_id", "is_best"], where)
    groups: dict[tuple[str, str], list[tuple[bool, str]]] = {}
    for row in rows.to_pylist():
        groups.setdefault((row["kind"], row["group_id"]), []).append((not row["is_best"], row["photo_id"]))
    largest = sorted(groups.values(), key=lambda members: (-len(members), members))[:limit]
    return _rows_of_pictures(ws, ([photo for _, photo in sorted(members)] for members in largest))


def best_memories(ws: Workspace, batch: BatchKey) -> list[dict[str, Any]]:
    """Return the memories that may be shown of the owners that the batch touches, best first; reads their libraries."""
    rows = [row for owner in touched_owners(ws, batch) for row in read_memories(ws, owner)]
    return sorted(rows, key=lambda row: (row["rank"], row["owner_id"]))


def memory_rows(best: Sequence[dict[str, Any]], *, limit: int = 20) -> list[dict[str, Any]]:
    """Return title, reason and size of the first memories."""
    return [
        {
            "owner": row["owner_id"],
            "title": row["title"],
            "why": row["reason"],
            "photos": len(row["photo_ids"]),
            "score": round(float(row["score"]), 3),
        }
        for row in best[:limit]
    ]


def memory_sheet(ws: Workspace, best: Sequence[dict[str, Any]], *, limit: int = 6) -> bytes:
    """Return a picture with one of the first memories per row, its cover first."""
    return _rows_of_pictures(
        ws, ([row["cover_id"], *(p for p in row["photo_ids"] if p != row["cover_id"])] for row in best[:limit])
    )


def _rows_of_pictures(ws: Workspace, rows: Iterable[Sequence[str]]) -> bytes:
    tiles: list[bytes] = []
    for row in rows:
        pictures = thumbnails(ws, list(row)[:_ROW])
        tiles += [*pictures, *([_blank()] * (_ROW - len(pictures)))]
    return contact_sheet(tiles, columns=_ROW)


def _blank() -> bytes:
    return contact_sheet([], columns=1, side_px=16)

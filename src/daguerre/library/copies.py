"""Copies of files: edits, re-uploads, what messengers make of them, screenshots of photos, albums of friends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import numpy as np

from daguerre.library.scenes.scene import choose
from daguerre.library.seeding import rng
from daguerre.library.spec import LibrarySpec
from daguerre.library.truth import TruthRow

TRANSFORMS = ("exact", "exact", "reencode", "resize", "crop", "crop", "filter", "filter", "messenger", "screenshot")
#: Formats whose encoders give the same bytes twice, so that an exact copy is one.
_REPEATABLE = ("jpeg", "png")
_EDITORS = ("Adobe Lightroom 9.2", "Snapseed 2.22", "GIMP 2.10.38")


def copies_of(spec: LibrarySpec, rows: Sequence[TruthRow], count: int) -> Iterator[TruthRow]:
    """Yield `count` copies of one owner's files, each of another file."""
    originals = [row for row in rows if row.category == "photo" and row.format in _REPEATABLE]
    if not originals:
        return
    r = rng(spec.seed, "copies", originals[0].owner_id)
    chosen = r.permutation(len(originals))[:count]
    for number in chosen.tolist():
        yield _copy(r, spec, originals[number], choose(r, TRANSFORMS))


def shared_with(spec: LibrarySpec, owner_id: str, rows: Sequence[TruthRow], count: int) -> Iterator[TruthRow]:
    """Yield exact copies, in the hands of `owner_id`, of up to `count` files of one event of another owner.

    One event only: the pictures of a friend's whole journey would look like a trip of one's own.
    """
    r = rng(spec.seed, "shared", owner_id)
    events: dict[str, list[TruthRow]] = {}
    for row in rows:
        if row.event_id and row.format in _REPEATABLE and not row.transform and row.burst_id is None:
            events.setdefault(row.event_id, []).append(row)
    offered = [event for event in sorted(events) if len(events[event]) >= min(count, 4)] or sorted(events)
    if not offered:
        return
    for row in events[offered[int(r.integers(len(offered)))]][:count]:
        yield replace(
            row,
            key=f"{owner_id}/from/{row.key}",
            owner_id=owner_id,
            event_id=f"{owner_id}/from/{row.event_id}",
            trip_id=None,
            moment_id=f"{owner_id}/from/{row.moment_id}",
            transform="shared",
            shared_from=row.key,
        )


def _copy(r: np.random.Generator, spec: LibrarySpec, row: TruthRow, transform: str) -> TruthRow:
    made_at = min(row.taken_at + timedelta(days=float(r.uniform(0.1, 40))), _last_evening(spec))
    copy = replace(
        row,
        key=f"{row.key}/{transform}",
        duplicate_of=row.key,
        transform=transform,
        burst_id=row.burst_id if transform == "exact" else None,
        best_of_burst=False,
    )
    if transform in ("exact", "reencode"):
        return copy
    width, height = row.width, row.height
    if transform == "filter":
        return replace(copy, software=choose(r, _EDITORS))
    if transform == "resize":
        return replace(copy, width=width // 2, height=height // 2, orientation=1, format="jpeg")
    if transform == "crop":
        keep = 1 - 2 * spec.difficulty.crop
        return replace(
            copy, width=int(width * keep), height=int(height * keep), orientation=1, software=choose(r, _EDITORS)
        )
    bare = replace(
        copy, exif_time=None, exif_offset=None, gps_lat=None, gps_lon=None, camera=None, software="", orientation=1,
        event_id=None, theme="", trip_id=None,
    )  # fmt: skip
    if transform == "messenger":
        shrink = min(1.0, 960 / max(width, height))
        file_format = choose(r, ("jpeg", "jpeg", "webp"))
        return replace(bare, width=round(width * shrink), height=round(height * shrink), format=file_format)
    screen_width, screen_height = sorted(spec.sizes.common)
    return replace(
        bare,
        width=screen_width,
        height=screen_height,
        format="png",
        category="screenshot",
        taken_at=made_at.replace(microsecond=0),
    )


def _last_evening(spec: LibrarySpec) -> datetime:
    return datetime.combine(spec.first_day + timedelta(days=spec.days), time(20), UTC)

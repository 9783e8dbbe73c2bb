"""What the lake says of one batch, copied to where readers ask, and compared with it."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

import pyarrow.compute as pc

from daguerre.features.consistency import Consistency, online_equals_offline
from daguerre.features.duplicate_rows import write_duplicates
from daguerre.features.lake import read_view
from daguerre.features.store import load_online, online_view
from daguerre.features.views import EVENT_TIMESTAMP, PHOTO_QUALITY, VIEWS, View
from daguerre.ids import BatchKey
from daguerre.landing.manifest import read_manifest
from daguerre.stages.report import StageReport, UpstreamOpenError
from daguerre.tables import catalogue
from daguerre.tables.ledger import count_stage
from daguerre.tables.sql import quote
from daguerre.workspace import Workspace

STAGE = "online"
#: Keys per view that are compared after a load.
SAMPLE = 200


def run_online(ws: Workspace, batch: BatchKey) -> StageReport:
    """Load every view that has rows since the batch landed, then compare online with offline.

    The window runs from the batch's sealing, the time that its signals describe, to now, so that the newest value of
    each photo wins in whatever order batches are loaded. Oldest first is cheapest: then each window holds one batch.
    `unequal` among the figures must be 0; the stage itself does not fail for it, its check does.

    Raises:
        UpstreamOpenError: the signals stage has not dealt with every photo of the batch.
    """
    started = time.monotonic()
    if (upstream := count_stage(ws, batch, "signals")).pending:
        raise UpstreamOpenError(f"{upstream.pending} photos of batch {batch}", fix="Run its signals stage first.")
    changed = write_duplicates(ws, batch)
    start = read_manifest(ws.store, batch).sealed_at
    rows = {view.name: _rows_since(ws, view, start) for view in VIEWS}
    loaded_at = load_online(ws, [name for name, count in rows.items() if count], start)
    compared = compare(ws, batch, loaded_at)
    photos = catalogue.photos(ws).read(["photo_id"], f"batch = {quote(batch)}")["photo_id"].to_pylist()
    known = online_view(ws, PHOTO_QUALITY.name, photos)["quality_model"]
    return StageReport(
        stage=STAGE,
        batch=batch,
        total=len(photos),
        done=sum(value is not None for value in known),
        rejected=upstream.rejected,
        fresh=len(photos),
        seconds=time.monotonic() - started,
        figures={
            "rows_loaded": sum(rows.values()),
            "duplicate_rows_changed": changed,
            "compared": sum(c.compared for c in compared),
            "unequal": sum(c.unequal for c in compared),
        },
    )


def compare(ws: Workspace, batch: BatchKey, at: datetime | None = None) -> list[Consistency]:
    """Compare a sample of the batch's photos and owners in each view, online with the lake.

    `at` is when they were loaded: what other runs have written to the lake since is not expected online.
    """
    photos = catalogue.photos(ws).read(["photo_id", "owner_id"], f"batch = {quote(batch)}")
    mine = {key: set(photos[key].to_pylist()) for key in photos.column_names}
    since = _first_day(read_manifest(ws.store, batch).sealed_at)
    return [online_equals_offline(ws, view.name, SAMPLE, among=mine[view.key], since=since, at=at) for view in VIEWS]


def _first_day(start: datetime) -> date:
    """Return the first day whose files can say something of `start` or later: counts of a day are told at its end."""
    return start.astimezone(UTC).date() - timedelta(days=1)


def _rows_since(ws: Workspace, view: View, start: datetime) -> int:
    """Count the keys that a load from `start` writes."""
    rows = read_view(ws, view, columns=[view.key, EVENT_TIMESTAMP], since=_first_day(start))
    return int(pc.count_distinct(rows.filter(pc.greater_equal(rows[EVENT_TIMESTAMP], start))[view.key]).as_py())

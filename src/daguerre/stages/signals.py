"""Signals of the photos of one batch: quality, faces, aesthetic and descriptor, from proxies, one decode each."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from daguerre import layout
from daguerre.features.lake import landing_day, write_partition
from daguerre.features.photo_signals import (
    SIGNALS_VERSION,
    Signals,
    UnreadableProxyError,
    signals_of,
    use_one_thread_per_photo,
)
from daguerre.features.signal_rows import SCHEMA, descriptor_rows, read_rows, rows_of, view_rows, write_rows
from daguerre.features.tombstones import erased_ids
from daguerre.features.views import PHOTO_AESTHETIC, PHOTO_FACES, PHOTO_QUALITY
from daguerre.ids import BatchKey
from daguerre.landing.manifest import read_manifest
from daguerre.media.packs import read_pictures
from daguerre.stages.report import StageReport, UpstreamOpenError
from daguerre.tables import catalogue, schemas
from daguerre.tables.ledger import count_stage
from daguerre.tables.sql import quote
from daguerre.telemetry import Progress, ProgressSink, no_progress
from daguerre.workspace import Workspace

CODE_VERSION = SIGNALS_VERSION
STAGE: Literal["signals"] = "signals"

_PHOTO = ["photo_id", "owner_id", "pack", "proxy_offset", "proxy_bytes", "width", "height"]


def run_signals(ws: Workspace, batch: BatchKey, *, progress: ProgressSink = no_progress) -> StageReport:
    """Compute what is missing and write the batch's file in three views and its rows in the descriptors table.

    Each unit of the photos stage is a checkpoint here too. The descriptors are written last, since the ledger counts
    them: a kill before leaves the stage open, and the next call goes on from the checkpoints.

    Raises:
        UpstreamOpenError: the photos stage has not dealt with every object of the batch.
    """
    started = time.monotonic()
    if (upstream := count_stage(ws, batch, "photos")).pending:
        raise UpstreamOpenError(f"{upstream.pending} objects of batch {batch}", fix="Run its photos stage first.")
    photos = catalogue.photos(ws).read(_PHOTO, f"batch = {quote(batch)}")
    photos = _without(photos, erased_ids(ws))
    units, fresh = [SCHEMA.empty_table()], 0
    for pack, unit in _units(photos):
        done = sum(table.num_rows for table in units)
        rows, computed = _unit(ws, batch, pack, unit, _counting(progress, batch, done, photos.num_rows))
        units.append(rows)
        fresh += computed
    rows = pa.concat_tables(units)
    _publish(ws, batch, rows)
    ledger = count_stage(ws, batch, STAGE)
    return StageReport(
        stage=STAGE,
        batch=batch,
        total=ledger.total,
        done=ledger.done,
        rejected=ledger.rejected,
        fresh=fresh,
        seconds=time.monotonic() - started,
        figures=_figures(rows.filter(pc.is_null(rows["reason"]))),
    )


def _units(photos: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Yield the photos pack by pack, in the order in which they lie there."""
    for pack in sorted(photos["pack"].unique().to_pylist()):
        yield pack, photos.filter(pc.equal(photos["pack"], pack)).sort_by("proxy_offset")


def _unit(ws: Workspace, batch: BatchKey, pack: str, photos: pa.Table, progress: ProgressSink) -> tuple[pa.Table, int]:
    """Return the rows of one unit and how many of them were computed now."""
    key = f"{layout.LEDGER}{STAGE}/{batch}/{pack.rsplit('/', 1)[1].removesuffix('.pack')}.parquet"
    known = read_rows(ws, key)
    known = known.filter(pc.is_in(known["photo_id"], photos["photo_id"].combine_chunks()))
    missing = _without(photos, set(known["photo_id"].to_pylist()))
    if missing.num_rows:
        known = pa.concat_tables([known, _compute(ws, batch, missing, progress)]).sort_by("photo_id")
        write_rows(ws, key, known)
    return known, missing.num_rows


def _compute(ws: Workspace, batch: BatchKey, photos: pa.Table, progress: ProgressSink) -> pa.Table:
    use_one_thread_per_photo()
    columns = photos.to_pydict()
    places = list(zip(columns["pack"], columns["proxy_offset"], columns["proxy_bytes"], strict=True))
    pictures = read_pictures(ws.store, places)
    found: list[Signals | str] = []
    with ThreadPoolExecutor(ws.settings.worker_count) as pool:
        for item in pool.map(_signals_or_reason, pictures, columns["width"], columns["height"]):
            found.append(item)
            progress(Progress(stage=STAGE, batch=batch, done=len(found), total=photos.num_rows))
    return rows_of(columns["photo_id"], columns["owner_id"], found)


def _signals_or_reason(proxy: bytes, width: int, height: int) -> Signals | str:
    try:
        return signals_of(proxy, width=width, height=height)
    except UnreadableProxyError:
        return "corrupt"


def _publish(ws: Workspace, batch: BatchKey, rows: pa.Table) -> None:
    good = rows.filter(pc.is_null(rows["reason"]))
    day, sealed_at = landing_day(batch), read_manifest(ws.store, batch).sealed_at
    for view in (PHOTO_QUALITY, PHOTO_FACES, PHOTO_AESTHETIC):
        write_partition(ws, view, day, batch, view_rows(good, view, sealed_at))
    _publish_refusals(ws, batch, rows.filter(pc.is_valid(rows["reason"])))
    descriptors, table = descriptor_rows(good, batch).sort_by("photo_id"), catalogue.descriptors(ws)
    if not table.read(where=f"batch = {quote(batch)}").equals(descriptors):
        table.upsert(descriptors)


def _publish_refusals(ws: Workspace, batch: BatchKey, rows: pa.Table) -> None:
    """Make the refused rows all that the stage has refused of the batch."""
    refusals = [
        {
            "rejection_id": hashlib.sha256(f"{STAGE}\0\0{batch}\0{row['photo_id']}".encode()).hexdigest()[:32],
            "stage": STAGE,
            "space": "",
            "batch": batch,
            "subject": row["photo_id"],
            "owner_id": row["owner_id"],
            "reason": row["reason"],
            "detail": "the proxy cannot be decoded",
            "attempts": 1,
            "code_version": CODE_VERSION,
            "run_id": ws.run_id or None,
            "at": ws.clock(),
        }
        for row in rows.select(["photo_id", "owner_id", "reason"]).to_pylist()
    ]
    table, mine = catalogue.rejected(ws), f"stage = {quote(STAGE)} AND batch = {quote(batch)}"
    if refusals or table.count(mine):
        table.replace(mine, pa.Table.from_pylist(refusals, schema=schemas.REJECTED))


def _without(rows: pa.Table, photo_ids: set[str]) -> pa.Table:
    return rows.filter(pc.invert(pc.is_in(rows["photo_id"], pa.array(sorted(photo_ids), pa.string()))))


def _counting(progress: ProgressSink, batch: BatchKey, before: int, total: int) -> ProgressSink:
    """Turn a unit's progress into the batch's."""
    return lambda unit: progress(Progress(stage=STAGE, batch=batch, done=before + unit.done, total=total))


def _figures(rows: pa.Table) -> dict[str, float]:
    if not rows.num_rows:
        return {}
    figures = {
        f"mean_{name}": float(pc.mean(rows[name]).as_py())
        for name in ("sharpness", "exposure", "contrast", "colorfulness", "noise", "aesthetic")
    }
    with_face = pc.greater(rows["face_count"], 0)
    return {**figures, "share_with_faces": float(pc.mean(pc.cast(with_face, pa.float64())).as_py())}

"""From originals to photos: each is read and decoded once in its life; a bad one is refused with a reason."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pyarrow as pa

from daguerre.ids import BatchKey
from daguerre.landing.manifest import LandedObject, Manifest, read_manifest
from daguerre.landing.source import open_source
from daguerre.media.ingest import Ingest, Ingested
from daguerre.media.packs import PackWriter
from daguerre.media.reasons import Refused
from daguerre.media.sandbox import Sandbox
from daguerre.stages.originals import OriginalReader
from daguerre.stages.photo_publishing import publish
from daguerre.stages.photo_rows import OUTCOMES, Provenance, Row, photo_rows, refused_row, with_places
from daguerre.stages.photo_units import (
    UnitWork,
    begun_pack,
    merged,
    plan_units,
    read_checkpoint,
    sweep,
    work_of,
    write_checkpoint,
)
from daguerre.stages.report import StageReport
from daguerre.tables.ledger import count_stage
from daguerre.telemetry import Progress, ProgressSink, no_progress
from daguerre.workspace import Workspace

STAGE: Final = "photos"
#: Another version makes everything anew, and gives every refused object another chance.
CODE_VERSION = "photos-1"
#: Clocks differ by as much as a day without being nonsense: zones, and cameras that were never told of one.
_CLOCK_TOLERANCE = timedelta(days=1)


def run_photos(
    ws: Workspace, batch: BatchKey, *, progress: ProgressSink = no_progress, retry_rejected: bool = False
) -> StageReport:
    """Make photos of the objects of one batch; what is there already is not made again.

    Objects that the store could not give are tried again; with `retry_rejected` all refused ones are.

    Raises:
        NoSuchBatchError: the batch was never sealed.
        RootNotFoundError: the source is not where it was.
        SandboxError: decoder processes do not start.
        StoreFullError: there is no room; what was finished stays.
    """
    started = time.monotonic()
    manifest = read_manifest(ws.store, batch)
    units = list(plan_units(manifest, size=ws.settings.unit_size, code_version=CODE_VERSION))
    works = [work_of(u, read_checkpoint(ws.store, u), retry_rejected=retry_rejected) for u in units]
    pending = [work for work in works if work.objects]
    kept = {work.unit.number: work.kept.outcomes for work in works if work.kept and not work.objects}
    made = _work_off(ws, manifest, pending, progress) if pending else {}
    outcomes = pa.concat_tables([OUTCOMES.empty_table(), *(table for _, table in sorted((kept | made).items()))])
    publish(ws, batch, outcomes)
    sweep(ws.store, batch, units)
    return _report(ws, batch, pending, outcomes, seconds=time.monotonic() - started)


def _work_off(
    ws: Workspace, manifest: Manifest, pending: Sequence[UnitWork], progress: ProgressSink
) -> dict[int, pa.Table]:
    """Make and store what units need; return their outcomes by number."""
    settings = ws.settings
    open_source(manifest.source)  # a source that is gone altogether is an error of the run, not of its objects
    provenance = Provenance(
        batch=manifest.batch,
        source=manifest.source,
        sealed_at=manifest.sealed_at,
        code_version=CODE_VERSION,
        run_id=ws.run_id,
    )
    sandbox: Sandbox[LandedObject, bytes, Ingested] = Sandbox(
        load=OriginalReader(url=manifest.source, max_bytes=settings.max_bytes, max_attempts=settings.max_attempts),
        work=Ingest(max_pixels=settings.max_pixels, latest=manifest.sealed_at + _CLOCK_TOLERANCE),
        workers=settings.worker_count,
        deadline_s=settings.decode_deadline_s,
        memory_mb=settings.decode_memory_mb,
    )
    stored: dict[int, Future[pa.Table]] = {}
    seen = _Seen(manifest, pending, progress)
    with sandbox, ThreadPoolExecutor(1) as storing:
        answers = sandbox.map(landed for work in pending for landed in work.objects)
        for before, work in zip([None, *pending], pending, strict=False):
            pack = begun_pack(ws.store, work)
            rows: list[Row] = []
            for landed in work.objects:
                answer = next(answers)
                rows += _rows(landed, answer, work, pack, provenance)
                seen.count(answer)
            # One unit is stored while the next is made, and no more than one, so that memory is bounded.
            if before is not None:
                stored[before.unit.number].result()
            stored[work.unit.number] = storing.submit(_store, ws, work, rows, pack)
        return {number: table.result() for number, table in stored.items()}


def _store(ws: Workspace, work: UnitWork, rows: Sequence[Row], pack: PackWriter) -> pa.Table:
    outcomes = merged(work, with_places(rows))
    write_checkpoint(ws.store, work.unit, outcomes, pack)
    return outcomes


def _rows(
    landed: LandedObject, answer: Ingested | Refused, work: UnitWork, pack: PackWriter, provenance: Provenance
) -> list[Row]:
    if isinstance(answer, Refused):
        attempts = answer.attempts + work.attempts.get(landed.key, 0)
        return [refused_row(landed, replace(answer, attempts=attempts), provenance)]
    return photo_rows(landed, answer, pack, provenance)


class _Seen:
    """Counts answers and tells how far the batch is."""

    def __init__(self, manifest: Manifest, pending: Sequence[UnitWork], progress: ProgressSink) -> None:
        total = len(manifest.objects)
        self._now = Progress(
            stage=STAGE, batch=manifest.batch, done=total - sum(len(work.objects) for work in pending), total=total
        )
        self._progress = progress

    def count(self, answer: Ingested | Refused) -> None:
        refused = isinstance(answer, Refused)
        self._now = replace(self._now, done=self._now.done + 1, rejected=self._now.rejected + refused)
        self._progress(self._now)


def _report(
    ws: Workspace, batch: BatchKey, pending: Sequence[UnitWork], outcomes: pa.Table, *, seconds: float
) -> StageReport:
    import pyarrow.compute as pc

    counted = count_stage(ws, batch, STAGE)
    read = [landed.size for work in pending for landed in work.objects]
    return StageReport(
        stage=STAGE,
        batch=batch,
        total=counted.total,
        done=counted.done,
        rejected=counted.rejected,
        fresh=len(read),
        seconds=seconds,
        figures={
            "read_mb": round(sum(read) / 1e6, 3),
            "videos": float(pc.sum(pc.equal(outcomes["media"], "video")).as_py() or 0),
            "keyframes": float(pc.sum(pc.equal(outcomes["media"], "keyframe")).as_py() or 0),
        },
    )

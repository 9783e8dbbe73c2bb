"""One vector per photo of a batch in one space, made from proxies."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from daguerre.encoders.spec import Encoder, EncoderSpec
from daguerre.ids import BatchKey
from daguerre.stages.embedding_feed import Embedded, Feed, Place
from daguerre.stages.report import StageReport, UpstreamOpenError
from daguerre.tables import catalogue, schemas
from daguerre.tables.ledger import count_stage
from daguerre.tables.sql import quote
from daguerre.telemetry import Progress, ProgressSink, no_progress
from daguerre.workspace import Workspace

CODE_VERSION = "1"
STAGE: Literal["embeddings"] = "embeddings"

#: Rows of one commit: a kill loses at most so many answers, and a table gets no more fragments than it can merge.
_CHUNK = 4096
_KEPT = ["photo_id", "owner_id", "batch", "taken_at", "place", "media"]
_PLACE = ["pack", "proxy_offset", "proxy_bytes"]


def run_embeddings(
    ws: Workspace, batch: BatchKey, encoder: Encoder, *, progress: ProgressSink = no_progress
) -> StageReport:
    """Embed the photos of the batch that have no vector in the encoder's space yet.

    What is answered is written every few thousand rows, so a kill costs the rows since; running again does the rest. A
    photo that was refused is tried again only by another version of this code.

    Raises:
        UpstreamOpenError: the photos stage has not dealt with every object of the batch.
        EncoderError: the encoder fails and waiting did not help; what was answered before is written.
    """
    started = time.monotonic()
    upstream = count_stage(ws, batch, "photos")
    if not upstream.closed:
        raise UpstreamOpenError(f"{upstream.pending} objects of batch {batch}", fix="Run its photos stage first.")
    spec = encoder.spec
    _forget_stale_refusals(ws, batch, spec)
    photos = _missing(ws, batch, spec)
    ledger = count_stage(ws, batch, STAGE, spec.space)
    before, seconds = ledger.total - photos.num_rows, Counter[str]()
    feed = Feed(
        store=ws.store,
        encoder=encoder,
        batch=ws.settings.inference_batch,
        in_flight=ws.settings.inference_in_flight,
    )
    waiting: list[Embedded] = []
    for answer in feed.embed(_places(photos)):
        waiting.append(answer)
        seconds.update(answer.seconds)
        done = answer.start + len(answer.vectors)
        progress(Progress(stage=STAGE, batch=batch, space=spec.space, done=before + done, total=ledger.total))
        if sum(len(a.vectors) for a in waiting) >= _CHUNK:
            _write(ws, batch, spec, photos, waiting)
            waiting = []
    _write(ws, batch, spec, photos, waiting)
    ledger = count_stage(ws, batch, STAGE, spec.space)
    return StageReport(
        stage=STAGE,
        batch=batch,
        space=spec.space,
        total=ledger.total,
        done=ledger.done,
        rejected=ledger.rejected,
        fresh=photos.num_rows,
        seconds=time.monotonic() - started,
        figures=dict(seconds),
    )


def _missing(ws: Workspace, batch: BatchKey, spec: EncoderSpec) -> pa.Table:
    """Return the photos that have neither a vector nor a refusal, in the order in which their proxies lie."""
    here = f"batch = {quote(batch)}"
    photos = catalogue.photos(ws).read([*_KEPT, *_PLACE], here)
    done = catalogue.vectors(ws, spec.space, spec.dim).read(["photo_id"], here)["photo_id"]
    refused = catalogue.rejected(ws).read(["subject"], _refusals(batch, spec))["subject"]
    known = pa.chunked_array([*done.chunks, *refused.chunks], pa.string())
    missing = photos.filter(pc.invert(pc.is_in(photos["photo_id"], known)))
    return missing.sort_by([("pack", "ascending"), ("proxy_offset", "ascending")])


def _places(photos: pa.Table) -> list[Place]:
    return list(zip(*(photos[name].to_pylist() for name in _PLACE), strict=True))


def _refusals(batch: BatchKey, spec: EncoderSpec) -> str:
    return f"stage = {quote(STAGE)} AND space = {quote(spec.space)} AND batch = {quote(batch)}"


def _forget_stale_refusals(ws: Workspace, batch: BatchKey, spec: EncoderSpec) -> None:
    stale = f"{_refusals(batch, spec)} AND code_version <> {quote(CODE_VERSION)}"
    if catalogue.rejected(ws).count(stale):
        catalogue.rejected(ws).delete(stale)


def _write(ws: Workspace, batch: BatchKey, spec: EncoderSpec, photos: pa.Table, answers: Sequence[Embedded]) -> None:
    """Write vectors in one commit, sorted by owner, and refusals in another."""
    if not answers:
        return
    start, stop = answers[0].start, answers[-1].start + len(answers[-1].vectors)
    rows = photos.slice(start, stop - start)
    refused = {a.start - start + i: refusal for a in answers for i, refusal in a.refused.items()}
    vectors = np.concatenate([a.vectors for a in answers])
    good = np.array([i for i in range(rows.num_rows) if i not in refused], dtype=np.int64)
    flat = pa.array(vectors[good].ravel(), pa.float16())
    table = rows.take(good).select(_KEPT).append_column("vector", pa.FixedSizeListArray.from_arrays(flat, spec.dim))
    order = [("owner_id", "ascending"), ("taken_at", "ascending"), ("photo_id", "ascending")]
    catalogue.vectors(ws, spec.space, spec.dim).upsert(table.sort_by(order))
    if refused:
        owners = rows.select(["photo_id", "owner_id"]).to_pylist()
        records = [
            _refusal(ws, batch, spec, owners[i], reason=r.reason, detail=r.detail) for i, r in sorted(refused.items())
        ]
        catalogue.rejected(ws).upsert(pa.Table.from_pylist(records, schema=schemas.REJECTED))


def _refusal(
    ws: Workspace, batch: BatchKey, spec: EncoderSpec, photo: dict[str, str], *, reason: str, detail: str
) -> dict[str, Any]:
    subject = photo["photo_id"]
    return {
        "rejection_id": hashlib.sha256(f"{STAGE}\0{spec.space}\0{batch}\0{subject}".encode()).hexdigest()[:32],
        "stage": STAGE,
        "space": spec.space,
        "batch": batch,
        "subject": subject,
        "owner_id": photo["owner_id"],
        "reason": reason,
        "detail": detail,
        "attempts": 1,
        "code_version": CODE_VERSION,
        "run_id": ws.run_id or None,
        "at": ws.clock(),
    }

"""What each stage said the last time it dealt with a batch or a space: for summaries, rates and estimates."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from daguerre import layout
from daguerre.stages.report import StageReport
from daguerre.storage.canonical import canonical_json
from daguerre.storage.ports import ObjectNotFoundError
from daguerre.workspace import Workspace


def record(ws: Workspace, report: StageReport) -> None:
    """Keep a report; the newest of a (stage, batch, space) stays. A call that computed nothing keeps the old one."""
    key = _key(report.stage, report.batch, report.space)
    if not report.fresh and report.batch and ws.store.exists(key):
        return
    said = {
        "stage": report.stage,
        "batch": report.batch,
        "space": report.space,
        "total": report.total,
        "done": report.done,
        "rejected": dict(report.rejected),
        "fresh": report.fresh,
        "seconds": report.seconds,
        "figures": dict(report.figures),
        "run_id": ws.run_id,
        "at": ws.clock().isoformat(),
    }
    ws.store.put(key, canonical_json(said))


def entries(ws: Workspace, stage: str) -> Iterator[dict[str, Any]]:
    """Yield what was kept of one stage, in order of batch or space."""
    for info in ws.store.list(f"{layout.REPORTS}stages/{stage}/"):
        yield json.loads(ws.store.get(info.key))


def find(ws: Workspace, stage: str, *, batch: str = "", space: str = "") -> dict[str, Any] | None:
    """Return what was kept of one (stage, batch, space); None when nothing was."""
    try:
        return json.loads(ws.store.get(_key(stage, batch, space)))
    except ObjectNotFoundError:
        return None


def forget(ws: Workspace, stage: str, *, batch: str = "", space: str = "") -> None:
    """Remove what was kept of one (stage, batch, space), which is gone."""
    ws.store.delete(_key(stage, batch, space))


def photos_per_s(ws: Workspace, stage: str) -> float:
    """Return the results per second of a stage over all batches on record; 0 when there are none."""
    kept = list(entries(ws, stage))
    seconds = sum(entry["seconds"] for entry in kept)
    return sum(entry["fresh"] for entry in kept) / seconds if seconds else 0.0


def _key(stage: str, batch: str, space: str) -> str:
    return f"{layout.REPORTS}stages/{stage}/{'.'.join(part for part in (batch, space) if part)}.json"

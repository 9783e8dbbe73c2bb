"""What explains a verdict without deciding it: how alike the spaces are, what each side costs, what drifted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from statistics import fmean, median
from typing import Any

import numpy as np

from daguerre.ids import SpaceName
from daguerre.index.snapshot import Snapshot, open_snapshot
from daguerre.quality.experiments.neighbours import Vectors, likeness
from daguerre.quality.findings import Status
from daguerre.stages.journal import entries
from daguerre.stages.latest import latest_drift
from daguerre.tables import catalogue
from daguerre.tables.columns import to_matrix
from daguerre.workspace import Workspace

#: Photos whose neighbours are compared; 2,000 take a fraction of a second and 32 MB.
_COMPARED = 2000
#: What one photo takes, step by step; the steps overlap, so their sum is work and not waiting.
_STEPS = ("read_s", "decode_s", "inference_s")


def likeness_of(ws: Workspace, one: Snapshot, other: Snapshot) -> dict[str, Any] | None:
    """Compare the neighbours of the same photos in two spaces; None when both sides search one space."""
    if one.space == other.space:
        return None
    both = sorted(_photos(ws, one) & _photos(ws, other))
    rng = np.random.default_rng(ws.settings.seed)
    chosen = [both[at] for at in np.sort(rng.permutation(len(both))[:_COMPARED])]
    near, there = _vectors(ws, one, chosen), _vectors(ws, other, chosen)
    kept = [photo for photo in chosen if photo in near and photo in there]  # the rest was erased meanwhile
    return asdict(likeness(_rows(near, kept, one.dim), _rows(there, kept, other.dim)))


def cost_of(ws: Workspace, space: SpaceName, times: Sequence[float]) -> dict[str, float | None]:
    """Return what a side costs: seconds of work per 1,000 photos embedded, and per query of its `times` (ms).

    `embedding_s_per_1000` adds up reading, decoding and inference, as the embeddings stage timed them; None when no
    batch of the space is in the journal.
    """
    kept = [entry for entry in entries(ws, "embeddings") if entry["space"] == space and entry["fresh"]]
    photos = sum(entry["fresh"] for entry in kept)
    work = sum(entry["figures"].get(step, 0.0) for entry in kept for step in _STEPS)
    return {
        "photos_timed": float(photos),
        "embedding_s_per_1000": 1000 * work / photos if photos else None,
        "query_ms_mean": fmean(times) if times else None,
        "query_ms_p50": median(times) if times else None,
    }


def drifted(ws: Workspace) -> dict[str, Any] | None:
    """Return what warns or blocks in the newest comparison of signals and embeddings; None before the first."""
    record = latest_drift(ws)
    if record is None:
        return None
    wanted = {Status.WARN.value, Status.BLOCK.value}
    found = [finding for finding in record["findings"] if finding["status"] in wanted]
    fields = ("status", "subject", "value", "warn_at", "threshold", "method", "detail")
    return {
        "batch": record["batch"],
        "said": record["said"],
        "compared": len(record["findings"]),
        "findings": [{field: finding[field] for field in fields} for finding in found],
    }


def _photos(ws: Workspace, snapshot: Snapshot) -> set[str]:
    return set(open_snapshot(ws, snapshot).to_table(columns=["photo_id"])["photo_id"].to_pylist())


def _vectors(ws: Workspace, snapshot: Snapshot, photos: list[str]) -> dict[str, Vectors]:
    rows = catalogue.vectors(ws, snapshot.space, snapshot.dim).lookup(photos, ["photo_id", "vector"])
    return dict(zip(rows["photo_id"].to_pylist(), to_matrix(rows["vector"]), strict=True))


def _rows(vectors: dict[str, Vectors], photos: list[str], dim: int) -> Vectors:
    return np.array([vectors[photo] for photo in photos], np.float32).reshape(-1, dim)

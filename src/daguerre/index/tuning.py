"""As much effort per query as good recall needs, and no index where it cannot be had."""

from __future__ import annotations

from dataclasses import replace

from daguerre.index.audit import Audit, audit_snapshot
from daguerre.index.planner import LADDER
from daguerre.index.snapshot import Snapshot
from daguerre.workspace import Workspace


def tune(ws: Workspace, snapshot: Snapshot) -> tuple[Snapshot, Audit]:
    """Return the snapshot with the least effort that passes its audit, and that audit.

    When no effort passes, the snapshot comes back without its ANN index: people are answered slowly and rightly, and
    the audit of the index still says what is wrong.
    """
    found = audit_snapshot(ws, snapshot)
    if found.passed or not snapshot.ann:
        return snapshot, found
    for nprobes, refine in LADDER:
        if nprobes < snapshot.nprobes or refine < snapshot.refine:
            continue
        candidate = replace(snapshot, nprobes=nprobes, refine=refine)
        found = audit_snapshot(ws, candidate)
        if found.passed:
            return candidate, found
    return replace(snapshot, ann=False), found

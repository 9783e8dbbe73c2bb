"""How much the published index of a space finds of what an exact search finds."""

from __future__ import annotations

from daguerre.index.audit import audit_snapshot
from daguerre.index.snapshot import Snapshot
from daguerre.stages import journal
from daguerre.workspace import Workspace


def audited_recall(ws: Workspace, snapshot: Snapshot) -> float | None:
    """Return the smaller recall@10 that the audit of an index found; None: its report was not kept.

    An index that is searched exactly finds everything.
    """
    if not snapshot.ann:
        return 1.0
    report = journal.find(ws, "search_index", space=snapshot.space)
    if report is None or int(report["figures"].get("version", 0)) != snapshot.version:
        return None
    return float(min(report["figures"]["recall_at_10"], report["figures"]["recall_at_10_shifted"]))


def index_recall(ws: Workspace, snapshot: Snapshot) -> float:
    """Return the same, auditing the index when nobody has."""
    recall = audited_recall(ws, snapshot)
    if recall is None:
        found = audit_snapshot(ws, snapshot)
        recall = min(found.recall_at_10, found.recall_at_10_shifted)
    return recall

"""The engagement stage: what people did with photos, from the events file beside the watched source, put online."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from daguerre.features.engagement import load_events
from daguerre.features.store import load_online
from daguerre.features.views import OWNER_DAILY, PHOTO_ENGAGEMENT
from daguerre.workspace import Workspace

#: Where a local source keeps the file; landing skips hidden folders.
EVENTS = ".daguerre/events.jsonl"
#: Before any event: counts of all days are loaded, the newest of each photo stays.
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def events_file(ws: Workspace) -> Path | None:
    """Return the events file of the watched source, if that is a folder and has one."""
    if not ws.settings.source or "://" in ws.settings.source:
        return None
    path = Path(ws.settings.source) / EVENTS
    return path if path.is_file() else None


def run_engagement(ws: Workspace) -> dict[str, int]:
    """Write the days that the file tells of and load the newest online; return counts, all 0 without a file."""
    path = events_file(ws)
    if path is None:
        return {"events": 0}
    report = load_events(ws, path)
    load_online(ws, [PHOTO_ENGAGEMENT.name, OWNER_DAILY.name], _BEGINNING)
    return asdict(report)

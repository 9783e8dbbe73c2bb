"""The newest quality and drift records, as plain data, for summaries."""

from __future__ import annotations

import json
from typing import Any

from daguerre import layout
from daguerre.workspace import Workspace


def latest_quality(ws: Workspace, space: str) -> dict[str, Any] | None:
    """Return the newest search quality report of a space."""
    return _last(ws, f"{layout.REPORTS}quality/{space}/")


def latest_drift(ws: Workspace) -> dict[str, Any] | None:
    """Return the drift record of the newest batch that has one."""
    return _last(ws, f"{layout.REPORTS}drift/")


def _last(ws: Workspace, prefix: str) -> dict[str, Any] | None:
    keys = [info.key for info in ws.store.list(prefix) if info.key.endswith(".json")]
    return json.loads(ws.store.get(keys[-1])) if keys else None

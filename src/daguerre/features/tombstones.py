"""Photos that must never come back: written before anything is erased, read before anything is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from daguerre.workspace import Workspace

#: The leading underscore keeps readers of the lake out.
_PREFIX = "features/_erased/"


def bury(ws: Workspace, photo_ids: Iterable[str]) -> str:
    """Record the photos as erased; the same photos twice are one record. Returns its key."""
    ids = sorted(set(photo_ids))
    data = json.dumps(ids).encode()
    key = f"{_PREFIX}{hashlib.sha256(data).hexdigest()[:32]}.json"
    ws.store.put(key, data)
    return key


def erased_ids(ws: Workspace) -> set[str]:
    """Return every photo that was ever erased."""
    return {photo for info in ws.store.list(_PREFIX) for photo in json.loads(ws.store.get(info.key))}

"""An installation with a clock that tests move, and rows for its lake and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from daguerre.features.views import CREATED_TIMESTAMP, EVENT_TIMESTAMP, View
from daguerre.settings import Settings
from daguerre.storage.opening import open_store
from daguerre.workspace import Workspace

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_BLANK = {pa.float32(): 0.5, pa.int32(): 1, pa.int64(): 1, pa.string(): "x", pa.bool_(): True}


@dataclass
class MovingClock:
    """Shows `now` until a test moves it."""

    now: datetime = NOON + timedelta(hours=2)

    def __call__(self) -> datetime:
        return self.now


def workspace(path: Path, *, root: str = "", clock: MovingClock | None = None) -> Workspace:
    settings = Settings(root=root or str(path / "root"), cache=path / "cache", workers=2)
    return Workspace(settings=settings, store=open_store(settings.root, create=True), clock=clock or MovingClock())


def rows(view: View, keys: Sequence[str], *, at: datetime = NOON, owner: str = "alice", **features: object) -> pa.Table:
    """Rows of a view for `write_partition`; a feature is one value for all keys, a list, or a blank."""
    table: dict[str, pa.Array] = {}
    for field in view.schema:
        if field.name == CREATED_TIMESTAMP:
            continue
        if field.name == view.key:
            value: object = list(keys)
        elif field.name == "owner_id":
            value = owner
        elif field.name == EVENT_TIMESTAMP:
            value = at
        else:
            value = features.get(field.name, [0.25, 0.75] if pa.types.is_list(field.type) else _BLANK.get(field.type))
        many = isinstance(value, list) and not pa.types.is_list(field.type)
        table[field.name] = pa.array(value if many else [value] * len(keys), field.type)
    return pa.table(table)

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from daguerre.clock import frozen_clock
from daguerre.ids import BatchKey
from daguerre.landing.landing import land
from daguerre.landing.source import open_source
from daguerre.settings import Settings
from daguerre.tables import catalogue
from daguerre.workspace import Workspace, open_workspace

#: Columns that say who worked, not what came out.
WHO = ["run_id"]
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC) + timedelta(days=365)

Opened = Callable[..., Workspace]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    def open_at(root: str = "data", **settings: object) -> Workspace:
        chosen: dict[str, object] = {"unit_size": 8, "workers": 2, "decode_deadline_s": 20.0} | settings
        return open_workspace(
            Settings(root=str(tmp_path / root), cache=tmp_path / f"{root}-cache", **chosen),  # type: ignore[arg-type]
            clock=frozen_clock(NOW),
            run_id="run-1",
        )

    return open_at


def landed(ws: Workspace, folder: Path, owner: str = "alice") -> BatchKey:
    """Seal what is new in a folder; it must be one batch."""
    (batch,) = land(ws, open_source(str(folder)), owner=owner).batches
    return batch


def fill(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def contents(ws: Workspace) -> dict[str, pa.Table]:
    """What the catalogue says, without who said it."""
    tables = {"photos": catalogue.photos(ws), "objects": catalogue.objects(ws), "rejected": catalogue.rejected(ws)}
    return {name: table.read().drop_columns(WHO) for name, table in tables.items()}


def packs(ws: Workspace) -> dict[str, bytes]:
    return {info.key: ws.store.get(info.key) for info in ws.store.list("proxies/")}


def reasons(ws: Workspace) -> dict[str, str]:
    rows = catalogue.rejected(ws).read(["subject", "reason"]).to_pylist()
    return {row["subject"]: row["reason"] for row in rows}

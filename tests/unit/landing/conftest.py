from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daguerre.clock import Clock, system_clock
from daguerre.settings import load_settings
from daguerre.workspace import Workspace, open_workspace

OpenWorkspace = Callable[..., Workspace]


@pytest.fixture
def open_ws(tmp_path: Path) -> OpenWorkspace:
    """Open the same root each time, with another clock or other settings."""

    def open_(clock: Clock = system_clock, **settings: object) -> Workspace:
        where = {"root": str(tmp_path / "root"), "cache": tmp_path / "cache"}
        return open_workspace(load_settings(**(where | settings)), clock=clock)

    return open_


@pytest.fixture
def ws(open_ws: OpenWorkspace) -> Workspace:
    return open_ws()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of three files of two owners and one of nobody."""
    root = tmp_path / "photos"
    for key, data in {"alice/a.jpg": b"a", "alice/2024/b.jpg": b"bb", "bob/c.jpg": b"ccc", "d.jpg": b"dddd"}.items():
        (root / key).parent.mkdir(parents=True, exist_ok=True)
        (root / key).write_bytes(data)
    return root


LONG_AGO = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)

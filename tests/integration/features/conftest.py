from __future__ import annotations

from pathlib import Path

import pytest

from daguerre.features.store import open_feature_store
from daguerre.workspace import Workspace
from tests.fakes.signals import MovingClock, workspace


@pytest.fixture(scope="session", autouse=True)
def _feast() -> None:
    """Import Feast once, outside any test's time."""
    import feast  # noqa: F401


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
def ws(tmp_path: Path, clock: MovingClock) -> Workspace:
    ws = workspace(tmp_path, clock=clock)
    open_feature_store(ws)
    return ws

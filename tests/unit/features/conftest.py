from __future__ import annotations

from pathlib import Path

import pytest

from daguerre.workspace import Workspace
from tests.fakes.signals import MovingClock, workspace


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
def ws(tmp_path: Path, clock: MovingClock) -> Workspace:
    return workspace(tmp_path, clock=clock)

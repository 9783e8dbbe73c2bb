from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from daguerre.tables import catalogue
from daguerre.workspace import Workspace
from tests.fakes.spaces import SPACE, clustered, vector_rows, workspace

ROWS, DIM = 3000, 16


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return workspace(tmp_path / "root", tmp_path / "cache", ann_rows=1000)


@pytest.fixture(scope="session")
def matrix() -> np.ndarray:
    return clustered(ROWS, DIM)


@pytest.fixture
def filled(ws: Workspace, matrix: np.ndarray) -> Workspace:
    """3,000 vectors of three owners, in three batches."""
    table = catalogue.vectors(ws, SPACE, DIM)
    for start in range(0, ROWS, 1000):
        table.upsert(vector_rows(matrix[start : start + 1000], owners=("alice", "bob", "carol"), start=start))
    return ws

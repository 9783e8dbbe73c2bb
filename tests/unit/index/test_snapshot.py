from __future__ import annotations

import pytest

from daguerre.index.snapshot import Snapshot, SnapshotNotFoundError, find_snapshot, read_snapshot
from daguerre.workspace import Workspace
from tests.fakes.spaces import NOW, SPACE


def test_a_record_comes_back_equal() -> None:
    snapshot = Snapshot(
        space=SPACE,
        dim=3,
        version=7,
        tag="serving-7",
        rows=2,
        ann=True,
        partitions=4,
        nprobes=4,
        refine=3,
        built_at=NOW,
    )
    assert Snapshot.from_json(snapshot.to_json()) == snapshot


def test_a_space_without_an_index_says_what_to_do(ws: Workspace) -> None:
    assert find_snapshot(ws, SPACE) is None
    with pytest.raises(SnapshotNotFoundError, match=f"{SPACE}.*search_index"):
        read_snapshot(ws, SPACE)

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from daguerre.index.build import NoVectorsError
from daguerre.index.snapshot import read_snapshot
from daguerre.stages import index as stage
from daguerre.stages.index import run_index
from daguerre.tables import catalogue
from daguerre.workspace import Workspace
from tests.fakes.spaces import SPACE, clustered, photo_rows, vector_rows, workspace


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return workspace(tmp_path / "root", tmp_path / "cache", ann_rows=1000)


def fill(ws: Workspace, n: int, *, start: int = 0, embedded: int | None = None) -> None:
    rows = vector_rows(clustered(n, 16, seed=start), start=start)
    catalogue.photos(ws).upsert(photo_rows(rows))
    catalogue.vectors(ws, SPACE, 16).upsert(rows.slice(0, embedded))


def test_the_report_counts_what_can_be_searched(ws: Workspace) -> None:
    fill(ws, 2000)
    report = run_index(ws, SPACE)
    assert (report.stage, report.space, report.batch) == ("search_index", SPACE, "")
    assert (report.total, report.done, report.fresh, report.closed) == (2000, 2000, 2000, True)
    assert report.figures["recall_at_10"] >= 0.95
    assert report.figures["recall_at_10_shifted"] >= 0.95
    assert (report.figures["rows"], report.figures["ann"], report.figures["index_used"]) == (2000, 1, 1)
    assert report.figures["audit_passed"] == 1


def test_again_is_the_same_snapshot_and_nothing_fresh(ws: Workspace) -> None:
    fill(ws, 1500)
    run_index(ws, SPACE)
    first = read_snapshot(ws, SPACE)
    report = run_index(ws, SPACE)
    assert read_snapshot(ws, SPACE) == first
    assert report.fresh == 0


def test_photos_without_a_vector_are_pending(ws: Workspace) -> None:
    fill(ws, 100, embedded=90)
    report = run_index(ws, SPACE)
    assert (report.done, report.pending) == (90, 10)


def test_a_space_without_vectors_is_refused(ws: Workspace) -> None:
    with pytest.raises(NoVectorsError, match=SPACE):
        run_index(ws, SPACE)


def test_an_index_that_fails_its_audit_never_answers(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(ws, 1500)
    original = stage.tune

    def failing(ws, snapshot):
        snapshot, found = original(ws, snapshot)
        return replace(snapshot, ann=False), replace(found, recall_at_10=0.5)

    monkeypatch.setattr(stage, "tune", failing)
    report = run_index(ws, SPACE)
    assert report.figures["audit_passed"] == 0
    assert not read_snapshot(ws, SPACE).ann

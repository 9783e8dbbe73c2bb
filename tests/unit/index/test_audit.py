from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from daguerre.index import audit as audit_module
from daguerre.index.audit import audit, audit_snapshot
from daguerre.index.build import build_index, prepare
from daguerre.index.searcher import Searcher
from daguerre.index.tuning import tune
from daguerre.tables import catalogue
from daguerre.workspace import Workspace
from tests.fakes.spaces import SPACE, clustered, vector_rows
from tests.unit.index.conftest import DIM, ROWS


def test_a_good_index_of_20000_vectors_passes(ws: Workspace) -> None:
    catalogue.vectors(ws, SPACE, 48).upsert(vector_rows(clustered(20_000, 48)))
    build_index(ws, SPACE, 48)
    found = audit(ws, SPACE, queries=100)
    assert found.recall_at_10 >= 0.95
    assert found.recall_at_10_shifted >= 0.95
    assert (found.ann, found.index_used, found.passed) == (True, True, True)
    assert (found.rows, found.queries) == (20_000, 200)


def test_exact_search_has_full_recall_and_uses_no_index(filled: Workspace) -> None:
    snapshot = replace(build_index(filled, SPACE, DIM), ann=False)
    found = audit_snapshot(filled, snapshot, queries=30)
    assert (found.recall_at_10, found.recall_at_10_shifted) == (1.0, 1.0)
    assert (found.index_used, found.passed) == (False, True)


def test_a_search_that_misses_neighbours_fails(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    build_index(filled, SPACE, DIM)
    nearest = Searcher.nearest
    monkeypatch.setattr(Searcher, "nearest", lambda self, q, *, k: nearest(self, q, k=k + 2)[2:])
    found = audit(filled, SPACE, queries=20)
    assert found.recall_at_10 == pytest.approx(0.8, abs=0.05)
    assert not found.passed


def test_an_index_that_exists_and_is_not_used_fails(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    build_index(filled, SPACE, DIM)
    monkeypatch.setattr(Searcher, "explain", lambda *_: "KNNVectorDistance: flat")
    found = audit(filled, SPACE, queries=5)
    assert found.recall_at_10 == 1.0
    assert not found.passed


def test_fewer_rows_than_k_are_audited_too(ws: Workspace) -> None:
    catalogue.vectors(ws, SPACE, 4).upsert(vector_rows(clustered(3, 4)))
    build_index(ws, SPACE, 4)
    assert audit(ws, SPACE).recall_at_10 == 1.0


def test_shifted_queries_are_unit_rows_away_from_the_photos() -> None:
    photos = clustered(50, 32).astype(np.float32)
    moved = audit_module._shifted(photos, np.random.default_rng(0))
    assert np.linalg.norm(moved, axis=1) == pytest.approx(np.ones(50), abs=1e-5)
    assert 0.5 < float(np.mean((moved * photos).sum(axis=1))) < 0.9


def recalls(monkeypatch: pytest.MonkeyPatch, good_from: tuple[int, int]) -> None:
    """Let the audit find good recall only from this effort on."""
    original = audit_module.audit_snapshot

    def judged(ws, snapshot):
        found = original(ws, snapshot, queries=2)
        enough = (snapshot.nprobes, snapshot.refine) >= good_from
        return replace(found, recall_at_10=1.0 if enough else 0.5)

    monkeypatch.setattr("daguerre.index.tuning.audit_snapshot", judged)


def test_effort_grows_until_the_audit_passes(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    recalls(monkeypatch, (64, 10))
    snapshot, found = tune(filled, prepare(filled, SPACE, DIM))
    assert (snapshot.nprobes, snapshot.refine, snapshot.ann, found.passed) == (64, 10, True, True)


def test_an_index_that_no_effort_saves_is_left_out(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    recalls(monkeypatch, (10_000, 10))
    snapshot, found = tune(filled, prepare(filled, SPACE, DIM))
    assert not snapshot.ann
    assert not found.passed
    assert snapshot.rows == ROWS

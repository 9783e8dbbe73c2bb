from __future__ import annotations

import pytest

from daguerre.registry.evidence import EvidenceError, keep_evidence, read_evidence
from daguerre.settings import load_settings
from daguerre.storage.local import LocalStore
from daguerre.workspace import Workspace

FIGURES = {"recall": 0.975, "gates": ["golden", "unit_norm"], "said": "größer"}


@pytest.fixture
def ws(tmp_path):
    settings = load_settings(root=str(tmp_path / "root"))
    return Workspace(settings=settings, store=LocalStore(tmp_path / "root", create=True))


def test_evidence_comes_back(ws):
    kept = keep_evidence(ws, FIGURES)
    assert kept["uri"] == f"registry/search/evidence/{kept['sha256']}.json"
    assert read_evidence(ws, **kept) == FIGURES


def test_the_same_document_twice_is_one_object(ws):
    assert keep_evidence(ws, FIGURES) == keep_evidence(ws, dict(reversed(FIGURES.items())))
    assert len(list(ws.store.list())) == 1
    assert keep_evidence(ws, FIGURES, product="faces")["uri"].startswith("registry/faces/")


def test_evidence_that_was_changed_or_removed_is_found(ws):
    kept = keep_evidence(ws, FIGURES)
    ws.store.put(kept["uri"], ws.store.get(kept["uri"]).replace(b"0.975", b"0.999"))
    with pytest.raises(EvidenceError, match="was changed"):
        read_evidence(ws, **kept)
    with pytest.raises(EvidenceError, match="backup"):  # and it does not pass for the same document
        keep_evidence(ws, FIGURES)
    ws.store.delete(kept["uri"])
    with pytest.raises(EvidenceError, match="is missing"):
        read_evidence(ws, **kept)


def test_an_answer_that_is_no_number_is_no_evidence(ws):
    with pytest.raises(ValueError, match="not JSON compliant"):
        keep_evidence(ws, {"recall": float("nan")})
    assert list(ws.store.list()) == []

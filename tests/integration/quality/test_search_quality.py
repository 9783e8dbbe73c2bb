"""Golden queries through a real encoder and a real index."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.index.build import build_index
from daguerre.quality.queries import QUERIES
from daguerre.search.service import SearchService
from daguerre.stages.search_quality import run_search_quality
from daguerre.tables import catalogue, schemas
from daguerre.workspace import Workspace
from tests.fakes.encoders import COLOURS, flat_picture, tiny_encoder
from tests.fakes.spaces import photo_rows, vector_rows, workspace

N = 48
PALETTE = list(COLOURS)


def _colour(number: int) -> str:
    return PALETTE[(number // 2) % len(PALETTE)]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> OnnxEncoder:
    return tiny_encoder(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def ws(tmp_path: Path, encoder: OnnxEncoder) -> Workspace:
    """Pictures of one colour each, of alice (even numbers) and bob (odd ones), under keys that say both."""
    ws = workspace(tmp_path / "root", tmp_path / "cache")
    side = encoder.spec.side_px
    vectors = encoder.embed_images(np.stack([flat_picture(_colour(i), side, seed=i) for i in range(N)]))
    rows = vector_rows(vectors)
    rows = rows.set_column(rows.schema.get_field_index("media"), rows.schema.field("media"), pa.array(["photo"] * N))
    photos = photo_rows(rows)
    catalogue.photos(ws).upsert(photos)
    objects = [
        {"object_id": str(i), "batch": "2026-01-01.0001", "key": _key(i), "etag": "e", "photo_id": photo,
         "code_version": "1", "run_id": None}
        for i, photo in enumerate(photos["photo_id"].to_pylist())
    ]  # fmt: skip
    catalogue.objects(ws).upsert(pa.Table.from_pylist(objects, schema=schemas.OBJECTS))
    catalogue.vectors(ws, encoder.spec.space, encoder.spec.dim).upsert(rows)
    build_index(ws, encoder.spec.space, encoder.spec.dim)
    return ws


def _key(number: int) -> str:
    return f"{'alice' if number % 2 == 0 else 'bob'}/{number}.jpg"


def _of(colour: str, owner: str | None) -> list[str]:
    keys = [_key(i) for i in range(N) if _colour(i) == colour]
    return [key for key in keys if owner is None or key.startswith(owner)]


def _ask(name: str, relevant: list[str], **line: object) -> dict[str, object]:
    blank = {"kind": "text", "text": "", "photo": None, "owner_id": None, "class": "colour"}
    return blank | {"id": name, "relevant": relevant} | line


def test_the_golden_queries_are_asked_and_scored(ws: Workspace, encoder: OnnxEncoder) -> None:
    lines = [
        _ask("mine", _of("red", "alice"), text="a red photo", owner_id="alice"),
        _ask("all", _of("green", None), text="green", **{"class": "all"}),
        _ask("wrong", _of("blue", "bob"), text="yellow", owner_id="bob"),
        _ask("like", _of("white", "bob"), kind="photo", photo=_of("white", "bob")[0], owner_id="bob"),
        _ask("nothing", [], text="a dog"),
        _ask("later", ["alice/not-yet.jpg"], text="a red photo"),
    ]
    ws.store.put(QUERIES, "\n".join(json.dumps(line) for line in lines).encode())
    report = run_search_quality(ws, SearchService(ws, encoder))
    assert (report.queries, report.not_landed, report.no_match_queries) == (4, 1, 1)
    owners = {g.name: g for g in report.per_owner}
    assert owners["alice"].recall_at_10 == 1
    assert owners["all owners"].precision_at_10 == pytest.approx(0.8)  # eight of them are green
    assert owners["bob"].recall_at_10 == pytest.approx(0.5)
    assert {g.name: g.recall_at_10 for g in report.per_kind} == {"photo": 1, "text": pytest.approx(2 / 3)}
    record = json.loads(ws.store.get(report.report_key))
    assert record["worst_first"][0]["id"] == "wrong"
    assert len(record["worst_first"]) == 4
    assert record["no_match_queries"] == 1


def test_the_same_index_gives_the_same_report(ws: Workspace, encoder: OnnxEncoder) -> None:
    ws.store.put(QUERIES, json.dumps(_ask("all", _of("green", None), text="green")).encode())
    first = run_search_quality(ws, SearchService(ws, encoder))
    before = ws.store.get(first.report_key)
    assert run_search_quality(ws, SearchService(ws, encoder)) == first
    assert ws.store.get(first.report_key) == before


def test_without_queries(ws: Workspace, encoder: OnnxEncoder) -> None:
    report = run_search_quality(ws, SearchService(ws, encoder))
    assert (report.queries, report.ndcg_at_10) == (0, 0.0)
    assert ws.store.exists(report.report_key)


def test_a_photo_without_a_vector_finds_nothing(ws: Workspace, encoder: OnnxEncoder) -> None:
    table = catalogue.vectors(ws, encoder.spec.space, encoder.spec.dim)
    white = _of("white", "bob")
    number = int(white[0].split("/")[1].split(".")[0])
    table.delete(f"photo_id = '{number:032x}'")
    build_index(ws, encoder.spec.space, encoder.spec.dim)
    ws.store.put(QUERIES, json.dumps(_ask("like", white, kind="photo", photo=white[0], owner_id="bob")).encode())
    report = run_search_quality(ws, SearchService(ws, encoder))
    assert (report.queries, report.recall_at_10) == (1, 0.0)

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from daguerre import layout
from daguerre.ids import batch_key
from daguerre.landing.manifest import Manifest
from daguerre.quality.queries import QUERIES, QueriesError, find_in_source, load_queries
from daguerre.tables import catalogue
from daguerre.workspace import Workspace
from tests.fakes.signals import NOON, land_photos, workspace

FIRST, SECOND = batch_key("2026-03-01", 1), batch_key("2026-03-02", 2)


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return workspace(tmp_path)


def _lines(path: Path, *lines: dict[str, object]) -> Path:
    blank = {"kind": "text", "text": "a dog", "photo": None, "owner_id": None, "relevant": [], "class": "object"}
    path.write_text("\n".join(json.dumps({"id": str(i)} | blank | line) for i, line in enumerate(lines)) + "\n\n")
    return path


def test_keys_become_photos(ws: Workspace, tmp_path: Path) -> None:
    land_photos(ws, FIRST, {"p1": b"1", "p2": b"2"})
    path = _lines(
        tmp_path / "q.jsonl",
        {"relevant": ["alice/p1.jpg", "alice/later.jpg"], "owner_id": "alice"},
        {"kind": "photo", "text": None, "photo": "alice/p1.jpg", "relevant": ["alice/p2.jpg", "alice/p1.jpg"]},
        {"kind": "photo", "text": "", "photo": "alice/later.jpg", "relevant": ["alice/p2.jpg"]},
        {"relevant": []},
    )
    text, photo, early, nothing = load_queries(ws, path)
    assert (text.relevant, text.expected, text.owner_id, text.answerable) == ({"p1"}, 2, "alice", True)
    assert (photo.photo_id, photo.relevant, photo.answerable) == ("p1", {"p2"}, True)
    assert (early.photo_id, early.answerable) == ("", False)
    assert (nothing.no_match, nothing.answerable, nothing.query_class) == (True, False, "object")


def test_a_key_that_landed_again_is_its_latest_photo(ws: Workspace, tmp_path: Path) -> None:
    land_photos(ws, FIRST, {"p1": b"1"})
    land_photos(ws, SECOND, {"p2": b"2"})
    table = catalogue.objects(ws)
    rows = table.read().to_pylist()
    for row in rows:
        row["key"] = "alice/same.jpg"
    table.upsert(pa.Table.from_pylist(rows, schema=table.schema))
    (query,) = load_queries(ws, _lines(tmp_path / "q.jsonl", {"relevant": ["alice/same.jpg"]}))
    assert query.relevant == {"p2"}


def test_queries_stay_in_the_root(ws: Workspace, tmp_path: Path) -> None:
    assert load_queries(ws) == []
    path = _lines(tmp_path / "q.jsonl", {"text": "a cat"})
    load_queries(ws, path)
    path.unlink()
    assert [q.text for q in load_queries(ws)] == ["a cat"]
    assert ws.store.exists(QUERIES)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        '{"id":"1","kind":"text","text":"","relevant":[]}',
        '{"id":"1","kind":"smell","text":"x","relevant":[]}',
        '{"id":"1","kind":"text","text":"x","relevant":[]}\n' * 2,
    ],
)
def test_lines_that_cannot_be_read_change_nothing(ws: Workspace, tmp_path: Path, text: str) -> None:
    (tmp_path / "q.jsonl").write_text(text)
    with pytest.raises(QueriesError, match="line"):
        load_queries(ws, tmp_path / "q.jsonl")
    assert not ws.store.exists(QUERIES)


def test_a_source_may_bring_queries(ws: Workspace, tmp_path: Path) -> None:
    assert find_in_source(ws) is None
    source = tmp_path / "source"
    manifest = Manifest(batch=FIRST, source=str(source), sealed_at=NOON, objects=())
    ws.store.create(layout.manifest(FIRST), manifest.to_json())
    assert find_in_source(ws) is None
    (source / ".daguerre").mkdir(parents=True)
    path = _lines(source / ".daguerre" / "queries.jsonl", {})
    assert find_in_source(ws) == path


def test_a_query_may_say_which_photos_were_looked_at(ws: Workspace, tmp_path: Path) -> None:
    land_photos(ws, FIRST, {"p1": b"1", "p2": b"2", "p3": b"3"})
    line = {"relevant": ["alice/p1.jpg"], "judged": ["alice/p3.jpg", "alice/later.jpg"]}
    some, everything = load_queries(ws, _lines(tmp_path / "q.jsonl", line, {"relevant": ["alice/p1.jpg"]}))
    assert some.judged == {"p1", "p3"}
    assert everything.judged is None

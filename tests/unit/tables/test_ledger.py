from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from daguerre import layout
from daguerre.ids import BatchKey
from daguerre.landing.manifest import LandedObject, Manifest, object_id
from daguerre.tables import catalogue, schemas
from daguerre.tables.ledger import count_stage, ledger
from daguerre.workspace import Workspace
from tests.fakes.spaces import NOW, SPACE, clustered, photo_rows, vector_rows, workspace

FIRST, SECOND = BatchKey("2026-01-01.0001"), BatchKey("2026-01-02.0002")


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return workspace(tmp_path / "root", tmp_path / "cache")


def seal(ws: Workspace, batch: BatchKey, n: int) -> None:
    objects = tuple(
        LandedObject(key=f"alice/{i}.jpg", size=1, etag="e", modified=NOW, owner_id="alice") for i in range(n)
    )
    manifest = Manifest(batch=batch, source="/photos", sealed_at=NOW, objects=objects)
    ws.store.create(layout.manifest(batch), manifest.to_json())


def ingest(ws: Workspace, batch: BatchKey, n: int, *, start: int) -> pa.Table:
    vectors = vector_rows(clustered(n, 8), batch=batch, start=start)
    catalogue.photos(ws).upsert(photo_rows(vectors))
    names = [object_id(batch, f"alice/{i}.jpg") for i in range(n)]
    filler = {c: ["x"] * n for c in schemas.OBJECTS.names}
    catalogue.objects(ws).upsert(pa.table(filler | {"object_id": names, "batch": [batch] * n}))
    return vectors


def refuse(ws: Workspace, batch: BatchKey, stage: str, reason: str, n: int, *, space: str = "") -> None:
    ids = [f"{batch}{stage}{reason}{space}{i}" for i in range(n)]
    facts = {"stage": stage, "space": space, "batch": batch, "reason": reason}
    columns: dict[str, list[object]] = {c: [facts.get(c, "x")] * n for c in schemas.REJECTED.names}
    columns |= {"rejection_id": ids, "attempts": [1] * n, "at": [NOW] * n}
    catalogue.rejected(ws).upsert(pa.table(columns, schema=schemas.REJECTED))


def test_an_installation_without_batches_has_an_empty_ledger(ws: Workspace) -> None:
    assert ledger(ws) == []


def test_a_sealed_batch_is_pending_before_anything_ran(ws: Workspace) -> None:
    seal(ws, FIRST, 4)
    row = count_stage(ws, FIRST, "photos")
    assert (row.total, row.done, row.pending, row.closed) == (4, 0, 4, False)
    assert [(r.stage, r.pending) for r in ledger(ws)] == [("photos", 4), ("signals", 0)]


def test_done_and_rejected_close_the_photos_stage(ws: Workspace) -> None:
    seal(ws, FIRST, 6)
    ingest(ws, FIRST, 3, start=0)
    refuse(ws, FIRST, "photos", "truncated", 2)
    assert not count_stage(ws, FIRST, "photos").closed
    refuse(ws, FIRST, "photos", "empty", 1)
    row = count_stage(ws, FIRST, "photos")
    assert row.closed
    assert row.rejected == {"empty": 1, "truncated": 2}


def test_each_space_and_batch_is_counted_apart_and_the_ledger_agrees_with_single_counts(ws: Workspace) -> None:
    other = "other-11111111"
    for batch, start in ((FIRST, 0), (SECOND, 100)):
        seal(ws, batch, 5)
        vectors = ingest(ws, batch, 5, start=start)
        catalogue.vectors(ws, SPACE, 8).upsert(vectors.slice(0, 4 if batch == FIRST else 5))
    refuse(ws, FIRST, "embeddings", "no_proxy", 1, space=SPACE)
    refuse(ws, FIRST, "embeddings", "no_proxy", 2, space=other)
    rows = ledger(ws)
    assert [(r.batch, r.stage, r.space, r.done, r.pending) for r in rows] == [
        (FIRST, "embeddings", other, 0, 3),
        (FIRST, "embeddings", SPACE, 4, 0),
        (FIRST, "photos", "", 5, 0),
        (FIRST, "signals", "", 0, 5),
        (SECOND, "embeddings", other, 0, 5),
        (SECOND, "embeddings", SPACE, 5, 0),
        (SECOND, "photos", "", 5, 0),
        (SECOND, "signals", "", 0, 5),
    ]
    assert rows == [count_stage(ws, r.batch, r.stage, r.space) for r in rows]


def test_spaces_are_those_that_have_vectors(ws: Workspace) -> None:
    assert catalogue.spaces(ws) == []
    assert catalogue.stored_vectors(ws, SPACE) is None
    catalogue.vectors(ws, SPACE, 8).upsert(vector_rows(clustered(2, 8)))
    assert catalogue.spaces(ws) == [SPACE]
    stored = catalogue.stored_vectors(ws, SPACE)
    assert stored is not None
    assert stored.schema == schemas.vectors(8)

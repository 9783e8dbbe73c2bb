from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from daguerre.encoders.spec import Encoder, EncoderSpec
from daguerre.features.concepts import Vocabulary
from daguerre.features.lake import read_partition
from daguerre.features.views import PHOTO_CONCEPTS
from daguerre.ids import batch_key
from daguerre.registry.log import promote
from daguerre.registry.releases import register
from daguerre.stages.concepts import run_concepts, stale_concepts
from daguerre.stages.report import UpstreamOpenError
from daguerre.tables import catalogue, schemas
from daguerre.workspace import Workspace
from tests.fakes.encoders import make_model_dir
from tests.fakes.signals import NOON, jpeg, land_photos, sealed_at, workspace

BATCH = batch_key("2026-03-01", 1)
VOCABULARY = Vocabulary(prompts={"red": ("red", "crimson"), "green": ("green",), "blue": ("blue",)}, scale=20)
_AXES = {"red": 0, "crimson": 0, "green": 1, "blue": 2}


class AxisEncoder:
    """Each word has an axis of its own."""

    spec = EncoderSpec(
        name="axis", digest="ab" * 32, dim=4, side_px=8, resize="squash", resample="bilinear", context=4, pad_id=0,
        max_batch=8, licence="none",
    )  # fmt: skip

    def embed_images(self, images: np.ndarray) -> np.ndarray:
        raise AssertionError("concepts come from stored vectors")

    def embed_texts(self, texts: list[str]) -> np.ndarray:
        return np.eye(4, dtype=np.float32)[[_AXES[text] for text in texts]]


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    ws = workspace(tmp_path)
    land_photos(ws, BATCH, {f"p{i}": jpeg(i) for i in range(3)})
    return ws


@pytest.fixture
def encoder() -> Encoder:
    return AxisEncoder()


def store_vectors(ws: Workspace, encoder: Encoder, rows: dict[str, list[float]]) -> None:
    matrix = np.asarray(list(rows.values()), np.float16)
    table = pa.table(
        {
            "photo_id": list(rows),
            "owner_id": ["alice"] * len(rows),
            "batch": [BATCH] * len(rows),
            "taken_at": pa.array([NOON] * len(rows), pa.timestamp("us", tz="UTC")),
            "place": pa.nulls(len(rows), pa.string()),
            "media": ["photo"] * len(rows),
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), 4),
        },
        schema=schemas.vectors(4),
    )
    catalogue.vectors(ws, encoder.spec.space, 4).upsert(table)


def test_each_photo_gets_its_nearest_concept_and_all_scores(ws: Workspace, encoder: Encoder) -> None:
    store_vectors(ws, encoder, {"p0": [1, 0, 0, 0], "p1": [0, 0, 1, 0], "p2": [0, 0.8, 0.6, 0]})
    report = run_concepts(ws, BATCH, encoder, VOCABULARY)
    assert (report.total, report.done, report.closed, report.space) == (3, 3, True, encoder.spec.space)
    rows = read_partition(ws, PHOTO_CONCEPTS, date(2026, 3, 1), BATCH).to_pylist()
    assert [row["top_concept"] for row in rows] == ["red", "blue", "green"]
    assert [sum(row["concept_scores"]) for row in rows] == pytest.approx([1, 1, 1])
    assert all(row["top_concept_score"] == max(row["concept_scores"]) for row in rows)
    assert {(row["concept_space"], row["concept_vocabulary"], row["event_timestamp"]) for row in rows} == {
        (encoder.spec.space, VOCABULARY.version, sealed_at(BATCH))
    }


def test_running_again_writes_nothing(ws: Workspace, encoder: Encoder) -> None:
    store_vectors(ws, encoder, {f"p{i}": [1, 0, 0, 0] for i in range(3)})
    assert run_concepts(ws, BATCH, encoder, VOCABULARY).fresh == 3
    assert run_concepts(ws, BATCH, encoder, VOCABULARY).fresh == 0


def test_the_shipped_vocabulary_is_the_default(ws: Workspace) -> None:
    class Anything(AxisEncoder):
        def embed_texts(self, texts: list[str]) -> np.ndarray:
            return np.eye(4, dtype=np.float32)[[len(text) % 4 for text in texts]]

    store_vectors(ws, Anything(), {f"p{i}": [0, 1, 0, 0] for i in range(3)})
    report = run_concepts(ws, BATCH, Anything())
    assert report.figures["concepts"] > 20


def test_a_batch_whose_embeddings_are_open_is_refused(ws: Workspace, encoder: Encoder) -> None:
    store_vectors(ws, encoder, {"p0": [1, 0, 0, 0]})
    with pytest.raises(UpstreamOpenError, match="2 photos"):
        run_concepts(ws, BATCH, encoder, VOCABULARY)


def test_a_batch_without_photos_closes(ws: Workspace, encoder: Encoder) -> None:
    empty = batch_key("2026-03-01", 2)
    land_photos(ws, empty, {})
    assert run_concepts(ws, empty, encoder, VOCABULARY).closed


def test_a_candidate_changes_nothing_that_readers_see(ws: Workspace, encoder: Encoder, tmp_path: Path) -> None:
    store_vectors(ws, encoder, {f"p{i}": [1, 0, 0, 0] for i in range(3)})
    run_concepts(ws, BATCH, encoder, VOCABULARY)
    before = read_partition(ws, PHOTO_CONCEPTS, date(2026, 3, 1), BATCH)
    other = register(ws, make_model_dir(tmp_path / "model"))
    promote(ws, "production", other.digest, actor="ada", reason="test")
    report = run_concepts(ws, BATCH, encoder, Vocabulary(prompts={"blue": ("blue",)}, scale=20))
    assert (report.total, report.done, report.closed) == (0, 0, True)
    assert read_partition(ws, PHOTO_CONCEPTS, date(2026, 3, 1), BATCH).equals(before)


class OtherEncoder(AxisEncoder):
    """A registered release whose words are the axes."""

    def __init__(self, spec: EncoderSpec) -> None:
        self.spec = spec


@pytest.fixture
def first(ws: Workspace, tmp_path: Path) -> Encoder:
    return OtherEncoder(register(ws, make_model_dir(tmp_path / "first", dim=4)))


@pytest.fixture
def promoted(ws: Workspace, first: Encoder, tmp_path: Path) -> Encoder:
    """Both spaces hold all vectors; concepts are the first one's; then the second went into production."""
    second = OtherEncoder(register(ws, make_model_dir(tmp_path / "second", dim=4, seed=5)))
    for one in (first, second):
        store_vectors(ws, one, {f"p{i}": [1, 0, 0, 0] for i in range(3)})
    promote(ws, "production", first.spec.digest, actor="ada", reason="test")
    run_concepts(ws, BATCH, first, VOCABULARY)
    assert stale_concepts(ws) == []
    promote(ws, "production", second.spec.digest, actor="ada", reason="test")
    return second


def refuse(ws: Workspace, photo_id: str, space: str) -> None:
    row = {
        "rejection_id": f"{photo_id} in {space}", "stage": "embeddings", "space": space, "batch": BATCH,
        "subject": photo_id, "owner_id": "alice", "reason": "not_a_picture", "detail": "", "attempts": 1,
        "code_version": "1", "run_id": None, "at": NOON,
    }  # fmt: skip
    catalogue.rejected(ws).upsert(pa.Table.from_pylist([row], schema=schemas.REJECTED))


def spaces_in_lake(ws: Workspace) -> set[str]:
    return set(read_partition(ws, PHOTO_CONCEPTS, date(2026, 3, 1), BATCH)["concept_space"].to_pylist())


def test_a_promotion_makes_concepts_stale_until_they_are_made_anew(
    ws: Workspace, first: Encoder, promoted: Encoder
) -> None:
    assert stale_concepts(ws) == [BATCH]
    assert spaces_in_lake(ws) == {first.spec.space}
    report = run_concepts(ws, BATCH, promoted, VOCABULARY)
    assert (report.fresh, report.closed) == (3, True)
    assert spaces_in_lake(ws) == {promoted.spec.space}
    assert stale_concepts(ws) == []


def test_a_rollback_makes_them_stale_again(ws: Workspace, first: Encoder, promoted: Encoder) -> None:
    run_concepts(ws, BATCH, promoted, VOCABULARY)
    promote(ws, "production", first.spec.digest, actor="ada", reason="test")
    assert stale_concepts(ws) == [BATCH]
    run_concepts(ws, BATCH, first, VOCABULARY)
    assert (stale_concepts(ws), spaces_in_lake(ws)) == ([], {first.spec.space})


def test_a_photo_that_production_has_no_vector_of_keeps_no_old_concept(ws: Workspace, promoted: Encoder) -> None:
    catalogue.vectors(ws, promoted.spec.space, 4).delete("photo_id = 'p1'")
    assert stale_concepts(ws) == [], "the batch is open: embedding it makes its concepts"
    refuse(ws, "p1", promoted.spec.space)
    assert stale_concepts(ws) == [BATCH]
    run_concepts(ws, BATCH, promoted, VOCABULARY)
    rows = read_partition(ws, PHOTO_CONCEPTS, date(2026, 3, 1), BATCH)
    assert rows["photo_id"].to_pylist() == ["p0", "p2"]
    assert spaces_in_lake(ws) == {promoted.spec.space}


def test_a_writer_that_dies_leaves_the_old_concepts_whole(
    ws: Workspace, first: Encoder, promoted: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(ws.store), "put", killed)
        with pytest.raises(KeyboardInterrupt):
            run_concepts(ws, BATCH, promoted, VOCABULARY)
    assert (spaces_in_lake(ws), stale_concepts(ws)) == ({first.spec.space}, [BATCH])


def test_concepts_that_were_overtaken_by_a_promotion_are_not_written(
    ws: Workspace, first: Encoder, promoted: Encoder
) -> None:
    class Slow(OtherEncoder):
        def embed_texts(self, texts: list[str]) -> np.ndarray:
            promote(ws, "production", first.spec.digest, actor="ada", reason="rolled back meanwhile")
            return super().embed_texts(texts)

    report = run_concepts(ws, BATCH, Slow(promoted.spec), VOCABULARY)
    assert report.total == 0
    assert spaces_in_lake(ws) == {first.spec.space}


def test_without_production_or_photos_nothing_is_stale(ws: Workspace) -> None:
    assert stale_concepts(ws) == []
    land_photos(ws, batch_key("2026-03-01", 2), {})
    promote(ws, "production", register(ws, make_model_dir(ws.cache / "model")).digest, actor="ada", reason="test")
    assert stale_concepts(ws) == []

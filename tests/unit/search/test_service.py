from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.index.build import build_index
from daguerre.index.query import SpaceMismatchError
from daguerre.index.searcher import ForeignOwnerError
from daguerre.index.snapshot import SnapshotNotFoundError
from daguerre.search.service import (
    Filters,
    Hit,
    PhotoNotFoundError,
    SearchError,
    SearchService,
)
from daguerre.tables import catalogue
from daguerre.workspace import Workspace
from tests.fakes.encoders import COLOURS, flat_picture, tiny_encoder
from tests.fakes.spaces import photo_ids, photo_rows, vector_rows, workspace

N = 60
OWNERS = ("alice", "bob")
PALETTE = list(COLOURS)
#: alice's video: photo 50, with the keyframes 52, 54 and 56, all of the same picture.
VIDEO, FRAMES = photo_ids(1, 50)[0], [photo_ids(1, i)[0] for i in (52, 54, 56)]


def colour(number: int) -> str:
    return PALETTE[(number // 2) % len(PALETTE)]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> OnnxEncoder:
    return tiny_encoder(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def rows(encoder: OnnxEncoder) -> pa.Table:
    side = encoder.spec.side_px
    pictures = np.stack([flat_picture("blue" if i in (50, 52, 54, 56) else colour(i), side, seed=i) for i in range(N)])
    pictures[[54, 56]] = pictures[52]
    table = vector_rows(encoder.embed_images(pictures), owners=OWNERS)
    media = ["video" if i == 50 else "keyframe" if i in (52, 54, 56) else "photo" for i in range(N)]
    return table.set_column(table.schema.get_field_index("media"), table.schema.field("media"), pa.array(media))


@pytest.fixture
def ws(tmp_path: Path, rows: pa.Table, encoder: OnnxEncoder) -> Workspace:
    ws = workspace(tmp_path / "root", tmp_path / "cache")
    video_ids = [VIDEO if name in FRAMES else None for name in rows["photo_id"].to_pylist()]
    catalogue.photos(ws).upsert(photo_rows(rows, video_id=video_ids))
    searched = rows.filter(pa.array([name != VIDEO for name in rows["photo_id"].to_pylist()]))
    catalogue.vectors(ws, encoder.spec.space, encoder.spec.dim).upsert(searched)
    build_index(ws, encoder.spec.space, encoder.spec.dim)
    return ws


@pytest.fixture
def service(ws: Workspace, encoder: OnnxEncoder) -> SearchService:
    return SearchService(ws, encoder)


def numbers(hits: list[Hit]) -> list[int]:
    return [int(hit.photo_id, 16) for hit in hits]


def test_words_find_the_photos_that_they_describe(service: SearchService) -> None:
    hits = service.by_text("a red photo", owner="alice", k=5)
    assert {colour(n) for n in numbers(hits)} == {"red"}
    assert {hit.owner_id for hit in hits} == {"alice"}
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    best = hits[0]
    assert best.source_key == f"alice/{best.photo_id[-6:]}.jpg"
    assert best.picture_id == best.photo_id


def test_without_an_owner_everybody_is_searched(service: SearchService) -> None:
    assert {hit.owner_id for hit in service.by_text("a red photo", k=8)} == set(OWNERS)


def test_a_picture_finds_pictures_like_it(service: SearchService) -> None:
    hits = service.by_image(flat_picture("green", 100), owner="bob", k=4)
    assert {colour(n) for n in numbers(hits)} == {"green"}


def test_a_photo_finds_others_and_not_itself(service: SearchService) -> None:
    (me,) = photo_ids(1, 14)
    hits = service.by_photo(me, owner="alice", k=3)
    assert 14 not in numbers(hits)
    assert {colour(n) for n in numbers(hits)} == {colour(14)}


def test_keyframes_answer_as_their_video_once(service: SearchService) -> None:
    hits = service.by_text("a blue photo", owner="alice", k=20)
    assert [hit.photo_id for hit in hits].count(VIDEO) == 1
    assert not {hit.photo_id for hit in hits} & set(FRAMES)
    assert next(hit.picture_id for hit in hits if hit.photo_id == VIDEO) in FRAMES
    assert len(hits) == 20, "three keyframes in one place do not shorten the answer"


def test_a_video_is_searched_by_its_keyframes_and_does_not_find_itself(service: SearchService) -> None:
    for start in (VIDEO, FRAMES[0]):
        hits = service.by_photo(start, owner="alice", k=4)
        assert VIDEO not in {hit.photo_id for hit in hits}
        assert {colour(n) for n in numbers(hits)} == {"blue"}


def test_filters_narrow_the_answer(service: SearchService) -> None:
    after = datetime(2020, 1, 20, tzinfo=UTC)
    hits = service.by_text("a red photo", k=50, filters=Filters(place="Lisbon", after=after))
    assert hits
    assert {hit.place for hit in hits} == {"Lisbon, PT"}
    assert all(hit.taken_at and hit.taken_at >= after for hit in hits)
    videos = service.by_text("a red photo", k=50, filters=Filters(media="video"))
    assert [hit.photo_id for hit in videos] == [VIDEO]


def test_somebody_elses_photo_is_no_start(service: SearchService) -> None:
    (of_bob,) = photo_ids(1, 1)
    assert service.by_photo(of_bob, k=1)
    with pytest.raises(PhotoNotFoundError, match=of_bob):
        service.by_photo(of_bob, owner="alice")
    with pytest.raises(PhotoNotFoundError, match="nobody"):
        service.by_photo("nobody")


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_text_is_refused(service: SearchService, text: str) -> None:
    with pytest.raises(SearchError, match="empty"):
        service.by_text(text)


def test_at_least_one_photo_must_be_asked_for(service: SearchService) -> None:
    with pytest.raises(SearchError, match="0 photos"):
        service.by_text("a red photo", k=0)


def test_an_erased_photo_is_not_shown_even_before_the_next_snapshot(service: SearchService, ws: Workspace) -> None:
    first = service.by_text("a red photo", owner="alice", k=3)
    catalogue.photos(ws).delete(f"photo_id = '{first[0].photo_id}'")
    again = service.by_text("a red photo", owner="alice", k=3)
    assert [hit.photo_id for hit in again][:2] == [hit.photo_id for hit in first][1:]
    assert len(again) == 3


def test_a_catalogue_that_names_another_owner_stops_the_answer(service: SearchService, ws: Workspace) -> None:
    best = service.by_text("a red photo", owner="alice", k=1)[0]
    row = catalogue.photos(ws).lookup([best.photo_id])
    catalogue.photos(ws).upsert(row.set_column(1, row.schema.field(1), pa.array(["bob"])))
    with pytest.raises(ForeignOwnerError, match=best.photo_id):
        service.by_text("a red photo", owner="alice", k=1)


def test_encoder_and_index_must_be_of_one_space(ws: Workspace, encoder: OnnxEncoder, tmp_path: Path) -> None:
    other = tiny_encoder(tmp_path / "other", seed=5)
    with pytest.raises(SnapshotNotFoundError, match=other.spec.space):
        SearchService(ws, other)
    snapshot = SearchService(ws, encoder).snapshot
    with pytest.raises(SpaceMismatchError, match=other.spec.space):
        SearchService(ws, other, snapshot)
    with pytest.raises(SpaceMismatchError):
        SearchService(ws, encoder, replace(snapshot, dim=16))


def test_a_new_snapshot_is_taken_up_between_two_requests(
    service: SearchService, ws: Workspace, encoder: OnnxEncoder
) -> None:
    spec = encoder.spec
    assert service.newer() is None
    new = vector_rows(encoder.embed_texts(["a red photo"]), owners=("alice",), start=1000)
    catalogue.photos(ws).upsert(photo_rows(new))
    catalogue.vectors(ws, spec.space, spec.dim).upsert(new)
    build_index(ws, spec.space, spec.dim)
    assert 1000 not in numbers(service.by_text("a red photo", owner="alice"))
    newer = service.newer()
    assert newer is not None
    assert 1000 not in numbers(service.by_text("a red photo", owner="alice"))
    assert numbers(newer.by_text("a red photo", owner="alice"))[0] == 1000


def test_many_threads_get_the_answers_that_one_gets(service: SearchService) -> None:
    questions = [(f"a {c} photo", owner) for c in PALETTE for owner in (*OWNERS, None)]
    alone = [numbers(service.by_text(text, owner=owner, k=5)) for text, owner in questions]
    with ThreadPoolExecutor(4) as threads:
        for _ in range(3):
            together = threads.map(lambda q: numbers(service.by_text(q[0], owner=q[1], k=5)), questions)
            assert list(together) == alone

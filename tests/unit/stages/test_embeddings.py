from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from daguerre.encoders.preprocess import jpeg_to_input
from daguerre.encoders.spec import EncoderError
from daguerre.serving.calls import InputRefusedError
from daguerre.settings import load_settings
from daguerre.stages import embeddings
from daguerre.stages.embeddings import run_embeddings
from daguerre.stages.report import UpstreamOpenError
from daguerre.storage.local import LocalStore
from daguerre.storage.ports import ObjectNotFoundError
from daguerre.tables import catalogue
from daguerre.tables.ledger import count_stage
from daguerre.workspace import Workspace
from tests.fakes.encoders import tiny_encoder
from tests.unit.stages.batches import pack_key, photographed, proxy, vectors_of


@pytest.fixture
def ws(tmp_path):
    settings = load_settings(root=str(tmp_path / "root"), cache=tmp_path / "cache", inference_batch=16)
    return Workspace(settings=settings, store=LocalStore(tmp_path / "root", create=True))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return tiny_encoder(tmp_path_factory.mktemp("model") / "tiny")


class Wrapped:
    """An encoder with something done to each request."""

    def __init__(self, encoder, act) -> None:
        self.spec = encoder.spec
        self._encoder, self._act = encoder, act

    def embed_images(self, images):
        return self._act(images, self._encoder.embed_images)

    def embed_texts(self, texts):
        return self._encoder.embed_texts(texts)


def test_every_photo_gets_the_vector_of_its_own_proxy(ws, encoder):
    batch = photographed(ws, photos=120)
    seen = []
    report = run_embeddings(ws, batch, encoder, progress=seen.append)
    assert (report.total, report.done, report.fresh, report.closed) == (120, 120, 120, True)
    assert (report.batch, report.space) == (batch, encoder.spec.space)
    ids, vectors = vectors_of(ws, encoder.spec.space, 32)
    row_of = {i: n for n, i in enumerate(ids)}
    photos = catalogue.photos(ws).read(["photo_id", "content_sha256"]).to_pylist()
    for photo in photos:
        alone = encoder.embed_images(jpeg_to_input(proxy(int(photo["content_sha256"], 16)), encoder.spec)[None])[0]
        np.testing.assert_allclose(vectors[row_of[photo["photo_id"]]], alone, atol=1e-3)
    assert [p.done for p in seen] == [16, 32, 48, 64, 80, 96, 112, 120]
    assert {p.total for p in seen} == {120}


def test_rows_carry_what_search_filters_by_and_lie_by_owner(ws, encoder):
    batch = photographed(ws, photos=60)
    run_embeddings(ws, batch, encoder)
    stored = list(
        catalogue.vectors(ws, encoder.spec.space, 32).scan(["owner_id", "taken_at", "place", "media", "batch"])
    )
    rows = [row for chunk in stored for row in chunk.to_pylist()]
    assert [r["owner_id"] for r in rows] == sorted(r["owner_id"] for r in rows)
    assert {r["place"] for r in rows} == {None, "Lisbon, PT"}
    assert {(r["media"], r["batch"]) for r in rows} == {("photo", batch)}
    by_photo = {p["photo_id"]: p for p in catalogue.photos(ws).read(["photo_id", "taken_at", "owner_id"]).to_pylist()}
    assert {r["taken_at"] for r in rows} == {p["taken_at"] for p in by_photo.values()}


def test_running_again_does_nothing(ws, encoder):
    batch = photographed(ws, photos=40)
    run_embeddings(ws, batch, encoder)
    version = catalogue.vectors(ws, encoder.spec.space, 32).version
    again = run_embeddings(ws, batch, Wrapped(encoder, lambda *_: pytest.fail("nothing to ask for")))
    assert (again.done, again.fresh, again.closed) == (40, 0, True)
    assert catalogue.vectors(ws, encoder.spec.space, 32).version == version


def test_what_was_answered_before_a_failure_is_not_asked_for_again(ws, encoder, monkeypatch):
    monkeypatch.setattr(embeddings, "_CHUNK", 32)
    batch = photographed(ws, photos=200)
    asked = []

    def dies(images, real):
        asked.append(len(images))
        if len(asked) == 9:
            raise EncoderError("the server is gone for good")
        return real(images)

    with pytest.raises(EncoderError, match="gone for good"):
        run_embeddings(ws, batch, Wrapped(encoder, dies))
    before = count_stage(ws, batch, "embeddings", encoder.spec.space)
    assert 32 <= before.done < 200
    assert before.pending == 200 - before.done
    report = run_embeddings(ws, batch, encoder)
    assert (report.done, report.fresh) == (200, 200 - before.done)
    assert len(set(vectors_of(ws, encoder.spec.space, 32)[0])) == 200


def test_a_broken_proxy_is_refused_with_its_reason_and_once_only(ws, encoder, monkeypatch):
    batch = photographed(ws, photos=50, spoil=(3, 17, 18))
    report = run_embeddings(ws, batch, encoder)
    assert (report.done, dict(report.rejected), report.closed) == (47, {"corrupt": 3}, True)
    assert run_embeddings(ws, batch, encoder).fresh == 0
    monkeypatch.setattr(embeddings, "CODE_VERSION", "2")
    retried = run_embeddings(ws, batch, encoder)
    assert (retried.fresh, dict(retried.rejected), retried.closed) == (3, {"corrupt": 3}, True)
    rows = catalogue.rejected(ws).read().to_pylist()
    assert {r["code_version"] for r in rows} == {"2"}
    assert {r["owner_id"] for r in rows} <= {"a", "b", "c"}


def test_a_picture_that_the_server_refuses_is_found_among_its_neighbours(ws, encoder):
    batch = photographed(ws, photos=48)
    victim = jpeg_to_input(proxy(21), encoder.spec)

    def refuses(images, real):
        if any(np.array_equal(i, victim) for i in images):
            raise InputRefusedError("I do not like it")
        return real(images)

    report = run_embeddings(ws, batch, Wrapped(encoder, refuses))
    assert (report.done, dict(report.rejected)) == (47, {"refused": 1})
    assert "I do not like it" in catalogue.rejected(ws).read(["detail"])["detail"][0].as_py()


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0, 1.5])
def test_a_vector_that_is_not_finite_or_not_of_length_one_is_never_written(ws, encoder, bad):
    batch = photographed(ws, photos=32)

    def spoils(images, real):
        answer = real(images)
        answer[0] *= bad
        return answer

    report = run_embeddings(ws, batch, Wrapped(encoder, spoils))
    assert dict(report.rejected) == {"no_unit_vector": 2}
    _, vectors = vectors_of(ws, encoder.spec.space, 32)
    assert len(vectors) == 30
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 2e-3


def test_an_encoder_that_refuses_everything_is_to_blame_and_not_the_photos(ws, encoder):
    batch = photographed(ws, photos=32)
    with pytest.raises(EncoderError, match="refuses all 16"):
        run_embeddings(ws, batch, Wrapped(encoder, lambda images, real: real(images) * np.float32(np.nan)))
    assert catalogue.rejected(ws).count() == 0


def test_an_answer_of_the_wrong_shape_ends_the_stage(ws, encoder):
    batch = photographed(ws, photos=32)
    with pytest.raises(EncoderError, match="answered"):
        run_embeddings(ws, batch, Wrapped(encoder, lambda images, real: real(images)[1:]))


def test_it_waits_for_the_photos_stage(ws, encoder):
    batch = photographed(ws, photos=10, open_=2)
    with pytest.raises(UpstreamOpenError, match="2 objects"):
        run_embeddings(ws, batch, encoder)


def test_a_pack_that_is_gone_ends_the_stage(ws, encoder):
    batch = photographed(ws, photos=120)
    ws.store.delete(pack_key(batch, 1))
    with pytest.raises(ObjectNotFoundError):
        run_embeddings(ws, batch, encoder)


def test_spaces_and_batches_do_not_touch_each_other(ws, encoder, tmp_path):
    other = tiny_encoder(tmp_path / "other", seed=9, dim=16)
    one, two = photographed(ws, photos=20), photographed(ws, photos=30, number=2)
    run_embeddings(ws, one, encoder)
    run_embeddings(ws, two, encoder)
    run_embeddings(ws, two, other)
    assert count_stage(ws, one, "embeddings", encoder.spec.space).closed
    assert count_stage(ws, one, "embeddings", other.spec.space).pending == 20
    assert count_stage(ws, two, "embeddings", other.spec.space).done == 30


def test_no_more_requests_are_under_way_than_allowed(ws, encoder):
    batch = photographed(ws, photos=150)
    now, most, lock = [0], [0], threading.Lock()

    def counts(images, real):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.01)
        with lock:
            now[0] -= 1
        return real(images)

    run_embeddings(ws, batch, Wrapped(encoder, counts))
    assert most[0] == ws.settings.inference_in_flight == 2

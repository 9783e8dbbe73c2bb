from __future__ import annotations

import shutil

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from daguerre.encoders.archive import store_release
from daguerre.encoders.bundle import build_release
from daguerre.encoders.golden import GoldenMismatchError, read_golden
from daguerre.encoders.importing import import_model
from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.serving.calls import ONLINE, Cause, InputRefusedError, ModelNotLoadedError, ServerFailure
from daguerre.serving.client import Client
from daguerre.serving.health import server_facts
from daguerre.serving.loading import ModelRefusedError, load_and_prove, unload_release
from daguerre.serving.opening import open_encoder
from daguerre.serving.repository import model_name, publish
from daguerre.serving.server import ensure
from daguerre.serving.triton_encoder import Limits, TritonEncoder
from tests.fakes.encoders import make_model_dir
from tests.fakes.foreign import make_immich


@pytest.fixture
def client(ws):
    made = Client(ensure(ws).url)
    yield made
    made.close()


def spoiled(folder, change):
    model = onnx.load(folder / "image.onnx")
    tensor = next(i for i in model.graph.initializer if i.name == "colour")
    tensor.CopyFrom(numpy_helper.from_array(change(numpy_helper.to_array(tensor)).astype(np.float32), tensor.name))
    onnx.save(model, folder / "image.onnx")
    return build_release(folder)


@pytest.mark.parametrize(
    ("change", "says"), [(lambda w: w[::-1], "cosine"), (lambda w: w * np.nan, "not finite")], ids=["other", "nan"]
)
def test_a_model_that_does_not_prove_itself_is_unloaded_again(ws, client, tmp_path, change, says):
    release = spoiled(make_model_dir(tmp_path / "bad", seed=77), change)
    publish(ws, release)
    with pytest.raises(GoldenMismatchError, match=says):
        load_and_prove(client.url, release)
    assert not {n for n in client.ready_models() if n.endswith(release.spec.digest[:12])}


def test_a_graph_of_another_dimension_under_the_same_name_is_refused_by_the_server(ws, client, tmp_path):
    release = build_release(make_model_dir(tmp_path / "a", seed=78))
    names = publish(ws, release)
    wider = make_model_dir(tmp_path / "b", seed=78, dim=64)
    ws.store.put(f"triton/{names['image']}/1/model.onnx", (wider / "image.onnx").read_bytes())
    with pytest.raises(ModelRefusedError, match=r"has shape \[64\] in model.onnx, \[32\] in config.pbtxt"):
        load_and_prove(client.url, release)


def test_an_exporter_may_leave_the_dimension_of_the_answer_open(ws, client, tmp_path):
    folder = make_model_dir(tmp_path / "open", seed=80)
    for name in ("image.onnx", "text.onnx"):
        model = onnx.load(folder / name)
        model.graph.output[0].type.tensor_type.shape.dim[1].dim_param = "whatever"
        onnx.save(model, folder / name)
    release = build_release(folder)
    publish(ws, release)
    assert load_and_prove(client.url, release) > 0.9999


def test_a_broken_neighbour_does_not_touch_the_serving_model(ws, client, release, tmp_path):
    publish(ws, release)
    load_and_prove(client.url, release)
    broken = build_release(make_model_dir(tmp_path / "a", seed=79))
    names = publish(ws, broken)
    ws.store.put(f"triton/{names['text']}/1/model.onnx", b"half a fi")
    with pytest.raises(ModelRefusedError):
        load_and_prove(client.url, broken)
    assert client.live()
    assert load_and_prove(client.url, release) > 0.9999


def test_publishing_never_changes_a_model(ws, release):
    names = publish(ws, release)
    before = {i.key: i for i in ws.store.list("triton/")}
    assert publish(ws, release) == names == {r: model_name(r, release.spec.digest) for r in ("image", "text")}
    assert {i.key: i for i in ws.store.list("triton/")} == before


def test_a_fixed_batch_is_served_one_by_one(ws, tmp_path):
    release = build_release(make_model_dir(tmp_path / "fixed", fixed_batch=True))
    store_release(ws.store, release)
    images = np.random.default_rng(0).integers(0, 255, (7, 32, 32, 3), dtype=np.uint8)
    with open_encoder(ws, release.spec.digest) as encoder:
        np.testing.assert_allclose(encoder.embed_images(images), OnnxEncoder(release).embed_images(images), atol=1e-6)
        assert encoder.embed_texts(["red", "blue", "green"]).shape == (3, 32)


@pytest.mark.parametrize("siglip", [False, True])
def test_an_imported_model_is_served(ws, tmp_path, siglip):
    release = build_release(import_model(str(make_immich(tmp_path / "clip", siglip=siglip)), tmp_path / "models"))
    store_release(ws.store, release)
    with open_encoder(ws, release.spec.space) as encoder:
        golden = read_golden(release.path("golden.npz"))
        np.testing.assert_allclose(encoder.embed_texts(list(golden.texts)), golden.text_embeddings, atol=1e-5)


def test_a_request_that_is_too_large_for_the_model_is_refused_for_good(ws, client, release):
    publish(ws, release)
    load_and_prove(client.url, release)
    # a client that believes in a larger batch than the server
    folder = shutil.copytree(release.folder, release.folder.parent / "greedy")
    (folder / "model.toml").write_text((folder / "model.toml").read_text().replace("max_batch = 64", "max_batch = 128"))
    greedy = build_release(folder)
    object.__setattr__(greedy.spec, "digest", release.spec.digest)
    encoder = TritonEncoder(greedy, client.url, limits=Limits(batch=128))
    try:
        with pytest.raises(InputRefusedError, match="batch"):
            encoder.embed_images(np.zeros((100, 32, 32, 3), np.uint8))
    finally:
        encoder.close()


def test_a_slow_answer_is_asked_for_in_halves(ws, client, release, monkeypatch):
    publish(ws, release)
    load_and_prove(client.url, release)
    encoder = TritonEncoder(release, client.url, limits=Limits(batch=32, deadline_s=5))
    sizes = []
    real = encoder._client.infer

    def slow(model, rows, **more):
        sizes.append(len(rows))
        if len(rows) <= 8:
            return real(model, rows, **more)
        real(model, rows, **(more | {"deadline_s": 1e-6}))  # nearly always too late by itself
        raise ServerFailure(Cause.TOO_MUCH, "too late")

    monkeypatch.setattr(encoder._client, "infer", slow)
    images = np.random.default_rng(0).integers(0, 255, (32, 32, 32, 3), dtype=np.uint8)
    try:
        np.testing.assert_allclose(encoder.embed_images(images), OnnxEncoder(release).embed_images(images), atol=1e-6)
    finally:
        encoder.close()
    assert sorted(sizes) == [8, 8, 8, 8, 16, 16, 32]


def test_a_model_that_is_unloaded_is_missed_and_brought_back(ws, client, release):
    with open_encoder(ws, release.spec.digest) as encoder:
        unload_release(client.url, release)
        stranger = TritonEncoder(release, client.url, patience=ONLINE)
        with pytest.raises(ModelNotLoadedError):
            stranger.embed_texts(["red"])
        stranger.close()
        assert encoder.embed_texts(["red"]).shape == (1, 32)


def test_the_server_is_described(ws, release):
    with open_encoder(ws, release.spec.digest):
        facts = server_facts(ws)
    assert facts["state"] == "answers"
    assert model_name("image", release.spec.digest) in facts["models"]
    assert facts["url"].startswith("127.0.0.1:")
    assert int(facts["pid"]) > 1

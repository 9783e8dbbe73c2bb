from __future__ import annotations

import shutil

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from daguerre.encoders.bundle import build_release
from daguerre.encoders.golden import GoldenMismatchError, prove, read_golden, unit_rows, write_golden
from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.encoders.release import GOLDEN, IMAGE_GRAPH, MODEL_TOML, TEXT_GRAPH, ReleaseError
from daguerre.encoders.spec import EncoderError
from tests.fakes.encoders import make_model_dir


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return make_model_dir(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def folder(original, tmp_path):
    return shutil.copytree(original, tmp_path / "copy")


def spoil_weights(path, change):
    model = onnx.load(path)
    tensor = next(i for i in model.graph.initializer if i.name == "colour")
    tensor.CopyFrom(numpy_helper.from_array(change(numpy_helper.to_array(tensor)).astype(np.float32), tensor.name))
    onnx.save(model, path)


@pytest.mark.parametrize("name", ["LICENSE", "provenance.json", "calibration.json", "card.md"])
def test_what_explains_a_release_belongs_to_it(original, folder, name):
    (folder / name).write_text('{"epochs": 3}')
    release = build_release(folder)
    assert name in [f.name for f in release.files]
    assert release.spec.digest != build_release(original).spec.digest


@pytest.mark.parametrize("text", ["", "[1]", "{'epochs': 3}"])
@pytest.mark.parametrize("name", ["provenance.json", "calibration.json"])
def test_facts_that_cannot_be_read_are_refused(folder, name, text):
    (folder / name).write_text(text)
    with pytest.raises(ReleaseError, match=name):
        build_release(folder)


def test_the_digest_is_of_the_content_alone(original, folder):
    first = build_release(original).spec
    (folder / "train.log").write_text("epoch 1")
    (folder / "__pycache__").mkdir()
    assert build_release(folder).spec == first
    assert first.space == f"tiny-{first.digest[:8]}"
    (folder / "card.md").write_text("# Tiny")
    assert build_release(folder).spec.digest != first.digest


@pytest.mark.parametrize("name", ["model.toml", "image.onnx", "text.onnx", "tokenizer.json", "golden.npz"])
def test_every_file_is_needed_and_is_part_of_the_digest(original, folder, name):
    assert name in [f.name for f in build_release(original).files]
    (folder / name).unlink()
    with pytest.raises(ReleaseError, match=name):
        build_release(folder)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("dim = 32", "dim = 16", "embedding is float"),
        ("side_px = 32", "side_px = 31", "image is uint8"),
        ("context = 8", "context = 9", "tokens is int32"),
        ('resize = "squash"', 'resize = "stretch"', "stretch"),
        ('resample = "bilinear"', 'resample = "nearest"', "nearest"),
        ("max_batch = 64", "max_batch = 0", "at least 1"),
        ('name = "tiny"', 'name = "Tiny Model"', "Tiny Model"),
        ("dim = 32", "dim = ", "model.toml"),
        ("licence", "license", "licence"),
    ],
)
def test_model_toml_must_fit_the_graphs(folder, old, new, says):
    path = folder / MODEL_TOML
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(Exception, match=says) as caught:
        build_release(folder)
    assert caught.value.exit_code == 2


def test_a_fixed_batch_is_one_and_says_so(tmp_path):
    folder = make_model_dir(tmp_path / "fixed", fixed_batch=True)
    assert build_release(folder).spec.max_batch == 1
    (folder / MODEL_TOML).write_text((folder / MODEL_TOML).read_text().replace("max_batch = 1", "max_batch = 8"))
    with pytest.raises(ReleaseError, match="fixed batch"):
        build_release(folder)


def test_a_graph_with_two_inputs_is_foreign(folder):
    model = onnx.load(folder / TEXT_GRAPH)
    model.graph.input.append(onnx.helper.make_tensor_value_info("mask", onnx.TensorProto.INT32, ["n", 8]))
    onnx.save(model, folder / TEXT_GRAPH)
    with pytest.raises(ReleaseError, match="2 inputs"):
        build_release(folder)


def test_golden_vectors_that_are_no_unit_rows_are_refused(folder):
    golden = read_golden(folder / GOLDEN)
    golden.image_embeddings[1] *= 2
    write_golden(folder / GOLDEN, golden)
    with pytest.raises(ReleaseError, match="unit rows"):
        build_release(folder)


def test_golden_vectors_of_another_dimension_are_refused(folder, tmp_path):
    other = make_model_dir(tmp_path / "other", dim=16)
    shutil.copy(other / GOLDEN, folder / GOLDEN)
    with pytest.raises(ReleaseError, match="image_embeddings"):
        build_release(folder)


def test_an_encoder_proves_itself(original):
    lowest = prove(OnnxEncoder(build_release(original), threads=1), read_golden(original / GOLDEN))
    assert 0.99999 < lowest <= 1.0001


@pytest.mark.parametrize(
    ("change", "says"),
    [(lambda w: w + 0.5, "cosine"), (lambda w: w * np.nan, "not finite"), (lambda w: w[::-1], "cosine")],
    ids=["other weights", "nan", "red and blue swapped"],
)
def test_weights_that_were_tampered_with_do_not_pass(folder, change, says):
    spoil_weights(folder / IMAGE_GRAPH, change)
    with pytest.raises(GoldenMismatchError, match=says):
        prove(OnnxEncoder(build_release(folder), threads=1), read_golden(folder / GOLDEN))


def test_unit_rows_tells_bad_rows():
    rows = np.eye(5, dtype=np.float16)
    rows[1] = np.nan
    rows[2] *= 1.01
    rows[3] = 0
    assert unit_rows(rows).tolist() == [True, False, False, False, True]


def test_a_graph_that_is_not_onnx(folder):
    (folder / IMAGE_GRAPH).write_bytes(b"<html>not found</html>")
    with pytest.raises(ReleaseError, match="ONNX"):
        build_release(folder)


def test_pictures_of_the_wrong_shape_never_reach_the_graph(original):
    encoder = OnnxEncoder(build_release(original), threads=1)
    for wrong in (
        np.zeros((2, 32, 32, 4), np.uint8),
        np.zeros((2, 32, 32, 3), np.float32),
        np.zeros((32, 32, 3), np.uint8),
    ):
        with pytest.raises(EncoderError, match="was given"):
            encoder.embed_images(wrong)

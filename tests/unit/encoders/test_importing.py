from __future__ import annotations

import subprocess
import sys

import numpy as np
import onnx
import pytest

from daguerre.encoders.bundle import build_release
from daguerre.encoders.golden import prove, read_golden
from daguerre.encoders.importing import import_model
from daguerre.encoders.layouts import LayoutError, read_layout
from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.encoders.reference import pictures
from daguerre.encoders.release import GOLDEN
from daguerre.encoders.tokenizer import Tokenizer
from tests.fakes.foreign import make_immich, make_transformers_js, vocabulary
from tests.fakes.hub import hub

LAYOUTS = {
    "immich-clip": make_immich,
    "immich-bytes": lambda p: make_immich(p, raw_bytes=True),
    "immich-siglip": lambda p: make_immich(p, siglip=True),
    "js-clip": make_transformers_js,
    "js-half": lambda p: make_transformers_js(p, half=True),
    "js-siglip": lambda p: make_transformers_js(p, family="siglip"),
}


@pytest.fixture(scope="module", params=LAYOUTS)
def imported(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("foreign") / request.param
    LAYOUTS[request.param](folder)
    made = import_model(str(folder), tmp_path_factory.mktemp("models"))
    return request.param, OnnxEncoder(build_release(made), threads=1), made


def test_every_layout_becomes_an_encoder_that_proves_itself(imported):
    name, encoder, folder = imported
    assert folder.name == encoder.spec.name == name
    assert prove(encoder, read_golden(folder / GOLDEN)) > 0.99999
    assert encoder.spec.resize == ("squash" if "siglip" in name else "shortest")
    assert encoder.spec.max_batch == (1 if name.startswith("immich") else 64)
    assert encoder.spec.context == (64 if "siglip" in name else 12)


def test_a_batch_answers_as_its_members_do_alone(imported):
    _, encoder, _ = imported
    images, texts = pictures(32, seed=5), ["a dog", "red flowers at sunset", "", "snow " * 100]
    together = encoder.embed_images(images), encoder.embed_texts(texts)
    alone = (
        np.concatenate([encoder.embed_images(i[None]) for i in images]),
        np.concatenate([encoder.embed_texts([t]) for t in texts]),
    )
    for many, one in zip(together, alone, strict=True):
        assert np.einsum("ij,ij->i", many, one).min() > 0.99999
        np.testing.assert_allclose(np.linalg.norm(many, axis=1), 1, atol=1e-5)


def test_siglip_texts_lose_capitals_and_punctuation_and_clip_texts_keep_punctuation(imported):
    name, encoder, _ = imported
    loud, quiet = encoder.embed_texts(["A  Dog, a_photo!", "a dog a photo"])
    same = bool(np.allclose(loud, quiet, atol=1e-6))
    assert same == ("siglip" in name)


def test_clip_pads_with_its_closing_token_and_keeps_it_when_it_truncates(tmp_path):
    folder = import_model(str(make_transformers_js(tmp_path / "clip")), tmp_path / "models")
    spec = build_release(folder).spec
    closing = vocabulary().index("<|endoftext|>")
    short, long = Tokenizer.from_dir(folder, spec).encode(["dog", "snow " * 50])
    assert spec.pad_id == closing
    assert short[2:].tolist() == [closing] * 10
    assert long[-1] == closing
    assert long[-2] == vocabulary().index("snow")


def test_padding_of_clip_does_not_change_the_answer(tmp_path):
    """With the mask derived from the padding's number the first closing token would be masked too."""
    folder = import_model(str(make_transformers_js(tmp_path / "clip")), tmp_path / "models")
    encoder = OnnxEncoder(build_release(folder), threads=1)
    rng = np.random.default_rng(4)
    table = rng.normal(size=(len(vocabulary()), 16)).astype(np.float32)
    words = ["<|startoftext|>", "red", "dog", "<|endoftext|>"]
    wanted = table[[vocabulary().index(w) for w in words]].sum(axis=0)
    np.testing.assert_allclose(encoder.embed_texts(["red dog"])[0], wanted / np.linalg.norm(wanted), atol=1e-5)


def test_a_precision_is_a_model_of_its_own(tmp_path):
    make_transformers_js(tmp_path / "clip", variant="fp16", half=True)
    with pytest.raises(LayoutError, match="fp16"):
        import_model(str(tmp_path / "clip"), tmp_path / "models")
    folder = import_model(str(tmp_path / "clip"), tmp_path / "models", variant="fp16")
    assert folder.name == "clip-fp16"
    assert build_release(folder).spec.licence == "mit"


def test_a_model_that_answers_by_the_company_it_is_in_gets_batch_one(tmp_path):
    folder = make_transformers_js(tmp_path / "clip")
    path = folder / "onnx/vision_model.onnx"
    model = onnx.load(path)
    # what dynamic quantisation does: a scale over the whole batch
    model.graph.node.insert(0, onnx.helper.make_node("ReduceMax", ["pixel_values"], ["peak"], keepdims=0))
    model.graph.node.insert(1, onnx.helper.make_node("Div", ["pixel_values", "peak"], ["relative"]))
    next(n for n in model.graph.node if n.op_type == "Conv").input[0] = "relative"
    onnx.save(model, path)
    assert build_release(import_model(str(folder), tmp_path / "models")).spec.max_batch == 1


def test_importing_twice_is_the_same_and_another_model_is_not_overwritten(tmp_path):
    make_transformers_js(tmp_path / "clip")
    first = import_model(str(tmp_path / "clip"), tmp_path / "models")
    again = import_model(str(tmp_path / "clip"), tmp_path / "models")
    assert first == again
    make_immich(tmp_path / "other")
    with pytest.raises(LayoutError, match="another model"):
        import_model(str(tmp_path / "other"), tmp_path / "models", name="clip")
    assert sorted(p.name for p in (tmp_path / "models").iterdir()) == ["clip"]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda d: (d / "preprocessor_config.json").unlink(), "preprocessor_config"),
        (lambda d: (d / "tokenizer.json").unlink(), "tokenizer"),
        (lambda d: (d / "config.json").write_text("[1]"), "config.json"),
        (lambda d: (d / "onnx/text_model.onnx").write_bytes(b"<html>"), "ONNX"),
        (lambda d: (d / "tokenizer_config.json").write_text('{"pad_token": "<nope>"}'), "<nope>"),
        (lambda d: (d / "preprocessor_config.json").write_text('{"size": {"height": 3, "width": 4}}'), "square"),
    ],
)
def test_what_is_missing_is_named(tmp_path, spoil, says):
    folder = make_transformers_js(tmp_path / "clip")
    spoil(folder)
    with pytest.raises(Exception, match=says) as caught:
        import_model(str(folder), tmp_path / "models")
    assert isinstance(caught.value, LayoutError) or "ONNX" in str(caught.value)
    assert not list(tmp_path.glob("models/*"))


def test_neither_layout(tmp_path):
    with pytest.raises(LayoutError, match="Immich"):
        read_layout(tmp_path)
    with pytest.raises(LayoutError, match="owner/model"):
        import_model("/no/such/folder", tmp_path / "models")


_DOWNLOAD = """
import sys
from pathlib import Path
from daguerre.encoders.importing import import_model
print(import_model(sys.argv[2], Path(sys.argv[1])))
"""


def test_a_model_is_downloaded_from_the_hub_and_found_offline_afterwards(tmp_path):
    make_transformers_js(tmp_path / "there")
    (tmp_path / "there/onnx/vision_model_fp16.onnx").write_bytes(b"not wanted")
    env = {"HF_HOME": str(tmp_path / "hf"), "PATH": "/usr/bin:/bin", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}

    def run(into: str, name: str = "someone/clip-tiny", **more: str):
        command = [sys.executable, "-c", _DOWNLOAD, str(tmp_path / into), name]
        return subprocess.run(command, check=False, env=env | more, capture_output=True, text=True, timeout=60)

    with hub({"someone/clip-tiny": tmp_path / "there"}) as address:
        got = run("models", HF_ENDPOINT=address)
        assert got.returncode == 0, got.stderr
        missing = run("other", "someone/nothing", HF_ENDPOINT=address)
        assert missing.returncode == 1
        assert "Check name and network" in missing.stderr
    assert build_release(tmp_path / "models/clip-tiny").spec.licence == "mit"
    assert not list((tmp_path / "hf").rglob("vision_model_fp16.onnx"))
    offline = run("again", HF_HUB_OFFLINE="1", HF_ENDPOINT="http://127.0.0.1:9")
    assert offline.returncode == 0, offline.stderr

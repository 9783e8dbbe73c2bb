"""The shipped encoder does what its cards say, as far as that can be seen in seconds."""

from __future__ import annotations

import io
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
import pytest
from PIL import Image
from tokenizers import Tokenizer

from daguerre.encoders.preprocess import jpeg_to_input
from daguerre.encoders.spec import EncoderSpec
from daguerre.library.scenes.captions import describe
from daguerre.library.scenes.degrade import degrade, sample_camera
from daguerre.library.scenes.phrases import Phrase
from daguerre.library.scenes.rendering import render
from daguerre.library.scenes.scene import SUBJECTS, Scene, sample_scene

MODELS = Path(__file__).parents[3] / "models" / "scene-demo"
VERSIONS = ("v1", "v2")
Rows = npt.NDArray[np.float32]


@cache
def tower(version: str, name: str) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(MODELS / version / name, options, providers=["CPUExecutionProvider"])


@cache
def description(version: str) -> dict[str, object]:
    return tomllib.loads((MODELS / version / "model.toml").read_text())


def embed_images(version: str, pictures: npt.NDArray[np.uint8], name: str = "image.onnx") -> Rows:
    return np.asarray(tower(version, name).run(["embedding"], {"image": pictures})[0], np.float32)


def embed_texts(version: str, texts: list[str]) -> Rows:
    tokenizer = Tokenizer.from_file(str(MODELS / version / "tokenizer.json"))
    tokens = np.array([encoding.ids for encoding in tokenizer.encode_batch(texts)], np.int32)
    return np.asarray(tower(version, "text.onnx").run(["embedding"], {"text": tokens})[0], np.float32)


@cache
def held_out(count: int = 200) -> tuple[npt.NDArray[np.uint8], tuple[Scene, ...]]:
    """Photos from seeds that training does not use, on the way that the product sends them."""
    rng = np.random.default_rng(987_654)
    spec = EncoderSpec(
        name="scene-demo", digest="", dim=0, side_px=96, resize="squash", resample="bilinear", context=0, pad_id=0,
        max_batch=1, licence="",
    )  # fmt: skip
    pictures, scenes = [], []
    for _ in range(count):
        scene = sample_scene(rng)
        saved = io.BytesIO()
        photo = degrade(rng, render(rng, scene, (512, 384)), sample_camera(rng))
        Image.fromarray(photo).save(saved, "JPEG", quality=90)
        pictures.append(jpeg_to_input(saved.getvalue(), spec))
        scenes.append(scene)
    return np.stack(pictures), tuple(scenes)


@cache
def recall_at_1(version: str, name: str = "image.onnx") -> float:
    pictures, scenes = held_out()
    rng = np.random.default_rng(5)
    texts = embed_texts(version, [describe(rng, scene, full=True).text for scene in scenes])
    best = (texts @ embed_images(version, pictures, name).T).argmax(axis=1)
    return float((best == np.arange(len(scenes))).mean())


@pytest.mark.parametrize("version", VERSIONS)
def test_golden_vectors_come_out_again(version: str) -> None:
    golden = np.load(MODELS / version / "golden.npz")
    images = embed_images(version, golden["images"])
    texts = embed_texts(version, golden["texts"].tolist())
    assert (images * golden["image_embeddings"]).sum(axis=1).min() >= 0.9999
    assert (texts * golden["text_embeddings"]).sum(axis=1).min() >= 0.9999


@pytest.mark.parametrize("version", VERSIONS)
def test_towers_are_what_the_description_says(version: str) -> None:
    model = description(version)
    pictures = held_out()[0][:3]
    assert pictures.shape[1:] == (model["side_px"], model["side_px"], 3)
    images, texts = embed_images(version, pictures), embed_texts(version, ["a red car", "", "photosynthesis"])
    assert images.shape == texts.shape == (3, model["dim"])
    assert np.allclose(np.linalg.norm(images, axis=1), 1, atol=1e-5)
    assert np.allclose(np.linalg.norm(texts, axis=1), 1, atol=1e-5)
    for name in ("image.onnx", "text.onnx"):
        graph = onnx.load(MODELS / version / name)
        assert [opset.version for opset in graph.opset_import if not opset.domain] == [model["opset"]]
        assert [output.name for output in graph.graph.output] == ["embedding"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_batch_answers_as_its_members_alone(version: str) -> None:
    pictures = held_out()[0][:5]
    alone = np.concatenate([embed_images(version, picture[None]) for picture in pictures])
    assert (alone * embed_images(version, pictures)).sum(axis=1).min() > 0.99999


@pytest.mark.parametrize("version", VERSIONS)
def test_the_tokenizer_cuts_pads_and_folds_case(version: str) -> None:
    tokenizer = Tokenizer.from_file(str(MODELS / version / "tokenizer.json"))
    context = int(str(description(version)["context"]))
    long, loud, quiet, strange = tokenizer.encode_batch(["dog " * 100, "RED, Car!", "red car", "xylophone"])
    assert {len(encoding.ids) for encoding in (long, loud, quiet, strange)} == {context}
    assert loud.ids == quiet.ids
    assert quiet.ids[2:] == [description(version)["pad_id"]] * (context - 2)
    assert strange.tokens[0] == "[UNK]"


@pytest.mark.parametrize(("version", "floor"), [("v1", 0.3), ("v2", 0.8)])
def test_captions_find_their_photo(version: str, floor: float) -> None:
    assert recall_at_1(version) >= floor, "chance is 0.005"


def test_the_second_version_is_clearly_better() -> None:
    assert recall_at_1("v2") > recall_at_1("v1") + 0.1
    first, second = (description(version)["evaluation"] for version in VERSIONS)
    assert second["recall_at_1"] > first["recall_at_1"] + 0.2  # type: ignore[index]


@pytest.mark.parametrize("version", VERSIONS)
def test_eight_bits_lose_little(version: str) -> None:
    assert recall_at_1(version, "image.int8.onnx") > recall_at_1(version) - 0.06


def test_single_words_find_their_objects() -> None:
    pictures, scenes = held_out()
    gallery = embed_images("v2", pictures)
    found = []
    for obj in SUBJECTS:
        query = Phrase(text=obj, asks={"obj": obj})
        relevant = np.array([query.answered_by(scene) for scene in scenes])
        best = np.argsort(-(gallery @ embed_texts("v2", [obj])[0]))[:5]
        found.append(relevant[best].mean())
    assert np.mean(found) > 0.8


def test_weights_fit_into_the_repository() -> None:
    weights = [path.stat().st_size for path in MODELS.glob("*/*.onnx")]
    assert len(weights) == 6
    assert sum(weights) <= 8_000_000

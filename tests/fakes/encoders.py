"""Small encoders made by code: real ONNX graphs and tokenizers with seeded weights, no training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from daguerre.encoders.bundle import build_release, describe_file
from daguerre.encoders.golden import Golden, write_golden
from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.encoders.release import GOLDEN, IMAGE_GRAPH, MODEL_TOML, TEXT_GRAPH, TOKENIZER, Release
from daguerre.encoders.spec import EncoderSpec

OPSET = 18
COLOURS = {
    "red": (220, 30, 30),
    "green": (30, 170, 50),
    "blue": (40, 60, 220),
    "yellow": (235, 220, 40),
    "white": (245, 245, 245),
    "black": (10, 10, 10),
}
_PLAIN = ("a", "an", "of", "the", "photo", "picture", "at", "in", "beach", "mountain", "city", "forest", "flowers")
WORDS = ["[PAD]", "[UNK]", *COLOURS, *_PLAIN, "dog"]
_MEAN, _STD = (0.48, 0.46, 0.41), (0.27, 0.26, 0.28)


class _Weights:
    """Collects initializers while a graph is written."""

    def __init__(self) -> None:
        self.tensors: list[onnx.TensorProto] = []

    def add(self, name: str, values: np.ndarray) -> str:
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name


def _save(path, nodes, weights, x, y, *, opset: int = OPSET) -> None:
    graph = helper.make_graph(nodes, path.stem, [x], [y], weights.tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _normalised(weights: _Weights) -> list[onnx.NodeProto]:
    """uint8 HWC `image` -> float CHW `chw`, normalised as CLIP does it."""
    mean = weights.add("mean", 255 * np.array(_MEAN, np.float32))
    std = weights.add("std", 255 * np.array(_STD, np.float32))
    return [
        helper.make_node("Cast", ["image"], ["float_image"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["float_image", mean], ["centred"]),
        helper.make_node("Div", ["centred", std], ["scaled"]),
        helper.make_node("Transpose", ["scaled"], ["chw"], perm=[0, 3, 1, 2]),
    ]


def _colour_axes(dim: int) -> np.ndarray:
    """A `(3, dim)` orthonormal basis that image and text towers share, so that colour words find their pictures."""
    q, _ = np.linalg.qr(np.random.default_rng(11).normal(size=(dim, 3)))
    return q.T.astype(np.float32)


def image_tower(path: Path, *, dim: int, side_px: int, seed: int, batch: int | str = "n") -> None:
    """Mean colour along shared axes, plus a seeded convolution that tells pictures of one colour apart."""
    rng, w = np.random.default_rng(seed), _Weights()
    channels, patch = 8, max(1, side_px // 4)
    conv = w.add("conv", rng.normal(0, 1 / (patch * 3**0.5), (channels, 3, patch, patch)).astype(np.float32))
    features = channels * (side_px // patch) ** 2
    detail = w.add("detail", rng.normal(0, 0.02 / features**0.5, (features, dim)).astype(np.float32))
    colour = w.add("colour", _colour_axes(dim))
    height_width = w.add("hw", np.array([1, 2], np.int64))
    nodes = [
        *_normalised(w),
        helper.make_node("ReduceMean", ["scaled", height_width], ["mean_colour"], keepdims=0),
        helper.make_node("MatMul", ["mean_colour", colour], ["by_colour"]),
        helper.make_node("Conv", ["chw", conv], ["patches"], strides=[patch, patch]),
        helper.make_node("Tanh", ["patches"], ["active"]),
        helper.make_node("Flatten", ["active"], ["flat"]),
        helper.make_node("MatMul", ["flat", detail], ["by_detail"]),
        helper.make_node("Add", ["by_colour", "by_detail"], ["sum"]),
        helper.make_node("LpNormalization", ["sum"], ["embedding"], axis=-1, p=2),
    ]
    x = helper.make_tensor_value_info("image", TensorProto.UINT8, [batch, side_px, side_px, 3])
    y = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [batch, dim])
    _save(path, nodes, w, x, y)


def text_tower(path: Path, *, dim: int, context: int, seed: int, batch: int | str = "n") -> None:
    """Mean of the words' vectors over the places that are not padding; colour words lie on the shared axes."""
    rng, w = np.random.default_rng(seed + 1), _Weights()
    table = rng.normal(0, 0.01, (len(WORDS), dim)).astype(np.float32)
    for word, rgb in COLOURS.items():
        table[WORDS.index(word)] += ((np.array(rgb) / 255 - _MEAN) / _STD).astype(np.float32) @ _colour_axes(dim)
    nodes = [
        helper.make_node("Gather", [w.add("table", table), "tokens"], ["words"], axis=0),
        helper.make_node("Equal", ["tokens", w.add("pad", np.array(0, np.int32))], ["is_pad"]),
        helper.make_node("Not", ["is_pad"], ["is_word"]),
        helper.make_node("Cast", ["is_word"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", w.add("last", np.array([2], np.int64))], ["mask3"]),
        helper.make_node("Mul", ["words", "mask3"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", w.add("middle", np.array([1], np.int64))], ["sum"], keepdims=0),
        helper.make_node("Add", ["sum", w.add("bias", np.full(dim, 1e-4, np.float32))], ["biased"]),
        helper.make_node("LpNormalization", ["biased"], ["embedding"], axis=-1, p=2),
    ]
    x = helper.make_tensor_value_info("tokens", TensorProto.INT32, [batch, context])
    y = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [batch, dim])
    _save(path, nodes, w, x, y)


def word_tokenizer(path: Path) -> None:
    """Lower-cased words of WORDS; anything else is [UNK]."""
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(path))


def flat_picture(colour: str, side_px: int, *, seed: int = 0) -> np.ndarray:
    """A `(side_px, side_px, 3) uint8` picture of one colour with a little seeded noise."""
    noise = np.random.default_rng(seed).normal(0, 12, (side_px, side_px, 3))
    return np.clip(np.array(COLOURS[colour]) + noise, 0, 255).astype(np.uint8)


def make_model_dir(
    path: Path,
    *,
    dim: int = 32,
    side_px: int = 32,
    seed: int = 0,
    context: int = 8,
    max_batch: int = 64,
    fixed_batch: bool = False,
    name: str = "tiny",
) -> Path:
    """Write a whole model folder. Colour words ("red photo") find pictures of that colour; see `flat_picture`."""
    path.mkdir(parents=True, exist_ok=True)
    batch: int | str = 1 if fixed_batch else "n"
    image_tower(path / IMAGE_GRAPH, dim=dim, side_px=side_px, seed=seed, batch=batch)
    text_tower(path / TEXT_GRAPH, dim=dim, context=context, seed=seed, batch=batch)
    word_tokenizer(path / TOKENIZER)
    return finish_model_dir(
        path, name=name, dim=dim, side_px=side_px, context=context, max_batch=1 if fixed_batch else max_batch
    )


def finish_model_dir(path: Path, *, name: str, dim: int, side_px: int, context: int, max_batch: int) -> Path:
    """Write `model.toml` and the golden vectors beside towers and tokenizer that lie there already."""
    (path / MODEL_TOML).write_text(
        f'name = "{name}"\nversion = "1"\ndim = {dim}\nside_px = {side_px}\nresize = "squash"\nresample = "bilinear"\n'
        f'context = {context}\npad_id = 0\nmax_batch = {max_batch}\nlicence = "Apache-2.0"\n'
    )
    spec = EncoderSpec(
        name=name, digest="0" * 64, dim=dim, side_px=side_px, resize="squash", resample="bilinear",
        context=context, pad_id=0, max_batch=max_batch, licence="Apache-2.0",
    )  # fmt: skip
    files = tuple(describe_file(path / n) for n in (IMAGE_GRAPH, TEXT_GRAPH, TOKENIZER))
    encoder = OnnxEncoder(Release(spec=spec, folder=path, files=files), threads=1)
    images = np.stack([flat_picture(c, side_px, seed=i) for i, c in enumerate(COLOURS)])
    texts = tuple(f"a {c} photo" for c in COLOURS)
    golden = Golden(
        images=images,
        texts=texts,
        image_embeddings=encoder.embed_images(images),
        text_embeddings=encoder.embed_texts(list(texts)),
    )
    write_golden(path / GOLDEN, golden)
    return path


def tiny_encoder(path: Path, **facts) -> OnnxEncoder:
    """A model folder at `path`, opened in this process."""
    return OnnxEncoder(build_release(make_model_dir(path, **facts)), threads=1)

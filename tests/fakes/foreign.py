"""Model folders of exactly the two public layouts, small, with seeded weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

_BOS, _EOS = "<|startoftext|>", "<|endoftext|>"
_WORDS = (
    "a photo of dog red flowers at sunset two people smiling snow receipt on wooden table taken with phone in bad light"
)
MEAN, STD = [0.48, 0.46, 0.41], [0.27, 0.26, 0.28]


def make_transformers_js(
    path: Path, *, family: str = "clip", dim: int = 16, side_px: int = 32, half: bool = False, variant: str = ""
) -> Path:
    """CLIP (centre crop, int64 ids, mask, un-normalised) or SigLIP (squash, context 64, pooler_output)."""
    siglip = family == "siglip"
    context = 64 if siglip else 12
    (path / "onnx").mkdir(parents=True)
    vision, text = ("pooler_output",) * 2 if siglip else ("image_embeds", "text_embeds")
    suffix = f"_{variant}" if variant else ""
    vision_graph(path / f"onnx/vision_model{suffix}.onnx", "pixel_values", vision, dim=dim, side_px=side_px, half=half)
    write = siglip_text if siglip else clip_text
    write(path / f"onnx/text_model{suffix}.onnx", "input_ids", text, dim=dim, ids=TensorProto.INT64, context=None)
    _dump(
        path / "config.json",
        {"model_type": family, "text_config": {} if siglip else {"max_position_embeddings": context}},
    )
    picture = {"do_normalize": True, "image_mean": MEAN, "image_std": STD, "resample": 2 if siglip else 3}
    if siglip:
        picture |= {"size": {"height": side_px, "width": side_px}}
    else:
        picture |= {
            "do_center_crop": True,
            "crop_size": {"height": side_px, "width": side_px},
            "size": {"shortest_edge": side_px},
        }
    _dump(path / "preprocessor_config.json", picture)
    tokenizer(path / "tokenizer.json", siglip=siglip)
    _dump(path / "tokenizer_config.json", {"pad_token": "<pad>" if siglip else {"content": _EOS}})
    (path / "README.md").write_text("---\nlicense: mit\n---\n# A model\n")
    return path


def make_immich(path: Path, *, siglip: bool = False, dim: int = 16, side_px: int = 32, raw_bytes: bool = False) -> Path:
    """OpenCLIP exports: batch fixed at 1, int32 ids, output normalised already; `raw_bytes`: the newer uint8 NHWC."""
    context = 64 if siglip else 12
    (path / "visual").mkdir(parents=True)
    (path / "textual").mkdir()
    words = {"context_length": context, **({"tokenizer_kwargs": {"clean": "canonicalize"}} if siglip else {})}
    _dump(path / "config.json", {"embed_dim": dim, "text_cfg": words})
    picture = {
        "size": [side_px, side_px], "mean": MEAN, "std": STD, "interpolation": "bicubic",
        "resize_mode": "squash" if siglip else "shortest",
    }  # fmt: skip
    _dump(path / "visual/preprocess_cfg.json", picture)
    vision_graph(
        path / "visual/model.onnx",
        "image",
        "embedding",
        dim=dim,
        side_px=side_px,
        batch=1,
        unit=True,
        raw_bytes=raw_bytes,
    )
    write = siglip_text if siglip else clip_text
    write(
        path / "textual/model.onnx",
        "text",
        "embedding",
        dim=dim,
        ids=TensorProto.INT32,
        context=context,
        batch=1,
        unit=True,
    )
    tokenizer(path / "textual/tokenizer.json", siglip=siglip)
    _dump(path / "textual/tokenizer_config.json", {"pad_token": "<pad>" if siglip else _EOS})
    return path


def vision_graph(
    path: Path, takes: str, gives: str, *, dim: int, side_px: int, batch: int | str = "batch",
    unit: bool = False, half: bool = False, raw_bytes: bool = False,
) -> None:  # fmt: skip
    """Patches, tanh, flatten by an explicit Reshape that holds a fixed batch as real exports do, projection."""
    rng = np.random.default_rng(3)
    number, kind = (np.float16, TensorProto.FLOAT16) if half else (np.float32, TensorProto.FLOAT)
    patch, channels = side_px // 4, 6
    weights = [
        numpy_helper.from_array((rng.normal(size=(channels, 3, patch, patch)) / patch).astype(number), "conv"),
        numpy_helper.from_array(rng.normal(size=(channels * 16, dim)).astype(number), "project"),
        numpy_helper.from_array(np.array([batch if isinstance(batch, int) else 0, channels * 16], np.int64), "shape"),
    ]
    nodes = []
    source = takes
    if raw_bytes:
        weights += [
            numpy_helper.from_array(255 * np.array(MEAN, np.float32), "mean"),
            numpy_helper.from_array(255 * np.array(STD, np.float32), "std"),
        ]
        nodes += [
            helper.make_node("Cast", [takes], ["f"], to=TensorProto.FLOAT),
            helper.make_node("Sub", ["f", "mean"], ["c"]),
            helper.make_node("Div", ["c", "std"], ["s"]),
            helper.make_node("Transpose", ["s"], ["chw"], perm=[0, 3, 1, 2]),
        ]
        source = "chw"
    raw = "raw" if unit else gives
    nodes += [
        helper.make_node("Conv", [source, "conv"], ["patches"], strides=[patch, patch]),
        helper.make_node("Tanh", ["patches"], ["active"]),
        helper.make_node("Reshape", ["active", "shape"], ["flat"]),
        helper.make_node("MatMul", ["flat", "project"], [raw]),
    ]
    if unit:
        nodes.append(helper.make_node("LpNormalization", ["raw"], [gives], axis=-1, p=2))
    shape = [batch, side_px, side_px, 3] if raw_bytes else [batch, 3, side_px, side_px]
    x = helper.make_tensor_value_info(takes, TensorProto.UINT8 if raw_bytes else kind, shape)
    _save(path, nodes, weights, [x], helper.make_tensor_value_info(gives, kind, [batch, dim]))


def clip_text(
    path: Path, takes: str, gives: str, *, dim: int, ids: int, context: int | None,
    batch: int | str = "batch", unit: bool = False,
) -> None:  # fmt: skip
    """Causal: the answer is what has been read up to the first closing token, which has the largest number."""
    rng = np.random.default_rng(4)
    raw = "raw" if unit else gives
    weights = [
        numpy_helper.from_array(rng.normal(size=(len(vocabulary()), dim)).astype(np.float32), "table"),
        numpy_helper.from_array(np.array(1, np.int64), "one"),
        numpy_helper.from_array(np.array([2], np.int64), "last"),
        numpy_helper.from_array(np.array([1], np.int64), "middle"),
        numpy_helper.from_array(np.array([0, 1], np.float32), "off_on"),
    ]
    masked = "words"
    nodes = [helper.make_node("Gather", ["table", takes], ["words"])]
    inputs = [helper.make_tensor_value_info(takes, ids, [batch, context or "length"])]
    if context is None:
        inputs.append(helper.make_tensor_value_info("attention_mask", ids, [batch, "length"]))
        nodes += [
            helper.make_node("Cast", ["attention_mask"], ["m"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["m", "last"], ["m3"]),
            helper.make_node("Mul", ["words", "m3"], ["seen"]),
        ]
        masked = "seen"
    nodes += [
        helper.make_node("CumSum", [masked, "one"], ["read"]),
        helper.make_node("ArgMax", [takes], ["closing"], axis=1, keepdims=0),
        helper.make_node("Shape", [takes], ["size"]),
        helper.make_node("Gather", ["size", "one"], ["length"]),
        helper.make_node("OneHot", ["closing", "length", "off_on"], ["chosen"], axis=-1),
        helper.make_node("Unsqueeze", ["chosen", "last"], ["chosen3"]),
        helper.make_node("Mul", ["read", "chosen3"], ["there"]),
        helper.make_node("ReduceSum", ["there", "middle"], [raw], keepdims=0),
    ]
    if unit:
        nodes.append(helper.make_node("LpNormalization", ["raw"], [gives], axis=-1, p=2))
    _save(path, nodes, weights, inputs, helper.make_tensor_value_info(gives, TensorProto.FLOAT, [batch, dim]))


def siglip_text(
    path: Path, takes: str, gives: str, *, dim: int, ids: int, context: int | None,
    batch: int | str = "batch", unit: bool = False,
) -> None:  # fmt: skip
    """Mean over all 64 places: the padding counts."""
    rng = np.random.default_rng(5)
    raw = "raw" if unit else gives
    weights = [
        numpy_helper.from_array(rng.normal(size=(len(vocabulary()), dim)).astype(np.float32), "table"),
        numpy_helper.from_array(np.array([1], np.int64), "middle"),
    ]
    nodes = [
        helper.make_node("Gather", ["table", takes], ["words"]),
        helper.make_node("ReduceMean", ["words", "middle"], [raw], keepdims=0),
    ]
    if unit:
        nodes.append(helper.make_node("LpNormalization", ["raw"], [gives], axis=-1, p=2))
    x = helper.make_tensor_value_info(takes, ids, [batch, context or "length"])
    _save(path, nodes, weights, [x], helper.make_tensor_value_info(gives, TensorProto.FLOAT, [batch, dim]))


def vocabulary() -> list[str]:
    """Words, with the closing token last as in CLIP's vocabulary."""
    return ["<pad>", "<unk>", "!", ",", "Dog", *_WORDS.split(), _BOS, _EOS]


def tokenizer(path: Path, *, siglip: bool) -> None:
    words = vocabulary()
    made = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    if not siglip:
        made.normalizer = normalizers.Lowercase()
        made.post_processor = processors.TemplateProcessing(
            single=f"{_BOS} $A {_EOS}", special_tokens=[(_BOS, words.index(_BOS)), (_EOS, words.index(_EOS))]
        )
    made.save(str(path))


def _dump(path: Path, facts: dict) -> None:
    path.write_text(json.dumps(facts))


def _save(path: Path, nodes, weights, inputs, output) -> None:
    graph = helper.make_graph(nodes, path.stem, inputs, [output], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))

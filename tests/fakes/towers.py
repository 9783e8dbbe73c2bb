"""Image towers of realistic size with random weights, and one that costs nothing: for measuring, not for seeing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from daguerre.encoders.release import IMAGE_GRAPH, TEXT_GRAPH, TOKENIZER
from tests.fakes.encoders import finish_model_dir, text_tower, word_tokenizer

_OPSET = 20  # the first with Gelu


class _Graph:
    """Nodes and weights under construction."""

    def __init__(self, seed: int) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self._rng = np.random.default_rng(seed)
        self._count = 0

    def add(self, op: str, *inputs: str, **attributes) -> str:
        self._count += 1
        self.nodes.append(helper.make_node(op, list(inputs), [f"v{self._count}"], **attributes))
        return f"v{self._count}"

    def constant(self, values: np.ndarray) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def random(self, *shape: int) -> str:
        return self.constant(self._rng.normal(0, 0.02, shape).astype(np.float32))

    def integers(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def save(self, path: Path, last: str, *, side_px: int, dim: int) -> None:
        self.nodes.append(helper.make_node("LpNormalization", [last], ["embedding"], axis=-1, p=2))
        x = helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", side_px, side_px, 3])
        y = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", dim])
        graph = helper.make_graph(self.nodes, path.stem, [x], [y], self.weights)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=9), str(path))


def vit_tower(
    path: Path, *, side_px: int = 224, patch: int = 32, width: int = 384, depth: int = 12, heads: int = 6
) -> None:
    """A vision transformer (Dosovitskiy et al. 2021), pooled by its mean; ViT-S/32 by default, 22 M weights."""
    g = _Graph(seed=1)
    tokens, head = (side_px // patch) ** 2, width // heads
    pixels = g.add("Cast", "image", to=TensorProto.FLOAT)
    pixels = g.add("Sub", pixels, g.constant(np.full(3, 120, np.float32)))
    pixels = g.add("Div", pixels, g.constant(np.full(3, 70, np.float32)))
    x = g.add(
        "Conv", g.add("Transpose", pixels, perm=[0, 3, 1, 2]), g.random(width, 3, patch, patch), strides=[patch, patch]
    )
    x = g.add("Transpose", g.add("Reshape", x, g.integers(0, width, tokens)), perm=[0, 2, 1])
    x = g.add("Add", x, g.random(1, tokens, width))
    norm = lambda y: g.add("LayerNormalization", y, g.constant(np.ones(width, np.float32)), axis=-1)  # noqa: E731
    split = lambda y, perm: g.add("Transpose", g.add("Reshape", y, g.integers(0, tokens, heads, head)), perm=perm)  # noqa: E731
    for _ in range(depth):
        y = norm(x)
        q, k, v = (g.add("MatMul", y, g.random(width, width)) for _ in range(3))
        scores = g.add("MatMul", split(q, [0, 2, 1, 3]), split(k, [0, 2, 3, 1]))
        scores = g.add("Softmax", g.add("Mul", scores, g.constant(np.float32(head**-0.5))), axis=-1)
        y = g.add("Transpose", g.add("MatMul", scores, split(v, [0, 2, 1, 3])), perm=[0, 2, 1, 3])
        y = g.add("Reshape", y, g.integers(0, tokens, width))
        x = g.add("Add", x, g.add("MatMul", y, g.random(width, width)))
        y = g.add("Gelu", g.add("MatMul", norm(x), g.random(width, 4 * width)))
        x = g.add("Add", x, g.add("MatMul", y, g.random(4 * width, width)))
    g.save(path, g.add("ReduceMean", norm(x), g.integers(1), keepdims=0), side_px=side_px, dim=width)


def null_tower(path: Path, *, side_px: int = 224, dim: int = 384) -> None:
    """Looks at one row of pixels: whatever a photo costs beside this is the price of feeding an encoder."""
    g = _Graph(seed=2)
    row = g.add("Slice", "image", g.integers(0, 0), g.integers(1, dim // 3), g.integers(1, 2))
    flat = g.add("Cast", g.add("Flatten", row), to=TensorProto.FLOAT)
    g.save(path, g.add("Add", flat, g.constant(np.float32(1))), side_px=side_px, dim=dim)


def make_sized_model(path: Path, tower) -> Path:
    """Write a whole model folder around one of the towers above."""
    path.mkdir(parents=True)
    tower(path / IMAGE_GRAPH)
    text_tower(path / TEXT_GRAPH, dim=384, context=8, seed=0)
    word_tokenizer(path / TOKENIZER)
    return finish_model_dir(path, name="sized", dim=384, side_px=224, context=8, max_batch=64)

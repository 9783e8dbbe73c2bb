"""Candidates that something is wrong with, and a way into the store past the checks of registering."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from daguerre.encoders.archive import store_release
from daguerre.encoders.bundle import describe_file
from daguerre.encoders.golden import read_golden, write_golden
from daguerre.encoders.release import GOLDEN, IMAGE_GRAPH, MODEL_TOML, TEXT_GRAPH, TOKENIZER, Release, release_digest
from daguerre.encoders.spec import EncoderSpec
from daguerre.registry.events import EventKind
from daguerre.registry.log import record
from daguerre.workspace import Workspace
from tests.fakes.encoders import WORDS, finish_model_dir, make_model_dir

#: Changes a model folder in place.
Spoil = Callable[[Path], None]


def smuggle(ws: Workspace, folder: Path) -> Release:
    """Store and record a model folder as it is, unchecked, as another program might."""
    files = tuple(describe_file(p) for p in sorted(folder.iterdir()))
    facts = tomllib.loads((folder / MODEL_TOML).read_text())
    facts.pop("version")
    spec = EncoderSpec(digest=release_digest(files), **facts)
    release = Release(spec=spec, folder=folder, files=files)
    store_release(ws.store, release)
    record(ws, EventKind.REGISTERED, spec.digest, actor="tests", reason="smuggled", allow=lambda _: True)
    return release


def corrupt_graph(folder: Path) -> None:
    """Half of the image tower's file."""
    data = (folder / IMAGE_GRAPH).read_bytes()
    (folder / IMAGE_GRAPH).write_bytes(data[: len(data) // 2])


def dangling_graph(folder: Path) -> None:
    """A node takes what no node gives."""

    def change(model: onnx.ModelProto) -> None:
        model.graph.node[-1].input[0] = "nothing"

    _edit(folder / IMAGE_GRAPH, change)


def nan_weights(folder: Path) -> None:
    """One weight of the image tower is not a number."""

    def change(model: onnx.ModelProto) -> None:
        tensor = next(t for t in model.graph.initializer if t.name == "detail")
        values = numpy_helper.to_array(tensor).copy()
        values[0, 0] = np.nan
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))

    _edit(folder / IMAGE_GRAPH, change)


def wrong_dims(folder: Path) -> None:
    """An image tower of another dimension, whose file leaves the dimension open."""
    other = make_model_dir(folder.parent / f"{folder.name}-wide", dim=64, side_px=32)

    def change(model: onnx.ModelProto) -> None:
        model.graph.output[0].type.tensor_type.shape.dim[1].dim_param = "whatever"

    (folder / IMAGE_GRAPH).write_bytes((other / IMAGE_GRAPH).read_bytes())
    _edit(folder / IMAGE_GRAPH, change)


def other_tokenizer(folder: Path) -> None:
    """The same words under other numbers: the tokenizer of another model."""
    words = [WORDS[0], *reversed(WORDS[1:])]
    _write_tokenizer(folder / TOKENIZER, words)


def larger_tokenizer(folder: Path) -> None:
    """More tokens than the text tower has rows for; the golden words keep their numbers."""
    _write_tokenizer(folder / TOKENIZER, [*WORDS, "and", "many", "more"])


def foreign_tokenizer(folder: Path) -> None:
    """A tokenizer for other words, with golden vectors that were made with it: nothing contradicts anything."""
    _write_tokenizer(folder / TOKENIZER, [WORDS[0], WORDS[1], *(f"wort{i}" for i in range(len(WORDS) - 2))])
    _prove_again(folder)


def other_golden(folder: Path) -> None:
    """Golden vectors of the right shape that the towers never gave."""
    golden = read_golden(folder / GOLDEN)
    object.__setattr__(golden, "image_embeddings", golden.image_embeddings[::-1].copy())
    write_golden(folder / GOLDEN, golden)


def not_unit(folder: Path) -> None:
    """Answers of length 3."""

    def change(model: onnx.ModelProto) -> None:
        model.graph.node[-1].output[0] = "unit"
        model.graph.initializer.append(numpy_helper.from_array(np.array(3, np.float32), "three"))
        model.graph.node.append(helper.make_node("Mul", ["unit", "three"], ["embedding"]))

    _edit(folder / IMAGE_GRAPH, change)


def by_the_batch(folder: Path) -> None:
    """Pictures are centred on the mean of their batch, so an answer depends on the company; golden vectors agree."""

    def change(model: onnx.ModelProto) -> None:
        graph = model.graph
        at = next(i for i, node in enumerate(graph.node) if node.op_type == "LpNormalization")
        graph.node[at].input[0] = "centred_sum"
        graph.initializer.append(numpy_helper.from_array(np.array([0], np.int64), "rows"))
        graph.initializer.append(numpy_helper.from_array(np.array(0.5, np.float32), "half"))
        graph.node.insert(at, helper.make_node("Sub", ["sum", "half_of_all"], ["centred_sum"]))
        graph.node.insert(at, helper.make_node("Mul", ["mean_of_all", "half"], ["half_of_all"]))
        graph.node.insert(at, helper.make_node("ReduceMean", ["sum", "rows"], ["mean_of_all"], keepdims=1))

    _edit(folder / IMAGE_GRAPH, change)
    _prove_again(folder)


def slow(folder: Path, *, side: int = 512, rounds: int = 4) -> None:
    """Multiplies large matrices for nothing before it answers; the answer is right."""

    def change(model: onnx.ModelProto) -> None:
        graph = model.graph
        output = graph.node[-1].output[0]
        graph.node[-1].output[0] = "quick"
        noise = np.random.default_rng(0).normal(0, side**-0.5, (side, side)).astype(np.float32)
        graph.initializer.append(numpy_helper.from_array(noise, "noise"))
        graph.initializer.append(numpy_helper.from_array(np.array(0, np.float32), "nought"))
        graph.initializer.append(numpy_helper.from_array(np.array([0, 1], np.int64), "all_axes"))
        # What is multiplied has to depend on the input, or the runtime folds it into a constant.
        graph.node.append(helper.make_node("ReduceMean", ["quick", "all_axes"], ["seed"], keepdims=0))
        graph.node.append(helper.make_node("Add", ["noise", "seed"], ["m0"]))
        for i in range(rounds):
            graph.node.append(helper.make_node("MatMul", [f"m{i}", "noise"], [f"m{i + 1}"]))
        graph.node.append(helper.make_node("ReduceMean", [f"m{rounds}", "all_axes"], ["useless"], keepdims=0))
        graph.node.append(helper.make_node("Mul", ["useless", "nought"], ["nothing"]))
        graph.node.append(helper.make_node("Add", ["quick", "nothing"], [output]))

    for name in (IMAGE_GRAPH, TEXT_GRAPH):
        _edit(folder / name, change)


def mute_words(folder: Path) -> None:
    """The rows of the words are shuffled and the golden vectors made anew: consistent, and without meaning."""

    def change(model: onnx.ModelProto) -> None:
        table = next(t for t in model.graph.initializer if t.name == "table")
        rows = numpy_helper.to_array(table)
        table.CopyFrom(numpy_helper.from_array(np.roll(rows, 7, axis=1).copy(), "table"))

    _edit(folder / TEXT_GRAPH, change)
    _prove_again(folder)


def greedy(folder: Path) -> None:
    """Asks for 128 GB before it answers a single picture."""

    def change(model: onnx.ModelProto) -> None:
        graph = model.graph
        output = graph.node[-1].output[0]
        graph.node[-1].output[0] = "quick"
        graph.initializer.append(numpy_helper.from_array(np.array([1 << 30, 1, 1], np.int64), "far_too_large"))
        graph.initializer.append(numpy_helper.from_array(np.array([0], np.int64), "first"))
        graph.node.append(helper.make_node("Expand", ["quick", "far_too_large"], ["huge"]))
        graph.node.append(helper.make_node("ReduceMax", ["huge", "first"], [output], keepdims=0))

    _edit(folder / IMAGE_GRAPH, change)


def endless(folder: Path) -> None:
    """Loops for ever."""

    def change(model: onnx.ModelProto) -> None:
        graph = model.graph
        output = graph.node[-1].output[0]
        graph.node[-1].output[0] = "quick"
        body = helper.make_graph(
            [
                helper.make_node("Identity", ["go_on_in"], ["go_on_out"]),
                helper.make_node("Identity", ["carried_in"], ["carried_out"]),
            ],
            "body",
            [
                helper.make_tensor_value_info("round", TensorProto.INT64, []),
                helper.make_tensor_value_info("go_on_in", TensorProto.BOOL, []),
                helper.make_tensor_value_info("carried_in", TensorProto.FLOAT, None),
            ],
            [
                helper.make_tensor_value_info("go_on_out", TensorProto.BOOL, []),
                helper.make_tensor_value_info("carried_out", TensorProto.FLOAT, None),
            ],
        )
        graph.initializer.append(numpy_helper.from_array(np.array(True), "for_ever"))
        graph.node.append(helper.make_node("Loop", ["", "for_ever", "quick"], [output], body=body))

    _edit(folder / IMAGE_GRAPH, change)


def tamper(ws: Workspace, release: Release, name: str) -> None:
    """Change one byte of a stored file."""
    key = f"releases/{release.spec.digest}/{name}"
    data = bytearray(ws.store.get(key))
    data[len(data) // 2] ^= 1
    ws.store.put(key, bytes(data))


def _edit(path: Path, change: Callable[[onnx.ModelProto], None]) -> None:
    model = onnx.load(str(path))
    change(model)
    onnx.save(model, str(path))


def _write_tokenizer(path: Path, words: list[str]) -> None:
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(path))


def _prove_again(folder: Path) -> None:
    facts = tomllib.loads((folder / MODEL_TOML).read_text())
    kept = {key: facts[key] for key in ("name", "dim", "side_px", "context", "max_batch")}
    finish_model_dir(folder, **kept)

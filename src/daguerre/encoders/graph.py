"""What the inputs and outputs of an ONNX file look like, read without running it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daguerre.encoders.release import ReleaseError
from daguerre.encoders.spec import EncoderSpec


@dataclass(frozen=True, kw_only=True)
class Port:
    """One input or output: `dtype` is ONNX's name in small letters (`uint8`), an open dimension is -1."""

    name: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Graph:
    """The outside of one ONNX file."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]

    @property
    def fixed_batch(self) -> bool:
        """Say whether the file accepts exactly one batch size."""
        return bool(self.inputs[0].shape) and self.inputs[0].shape[0] > 0


def read_graph(path: Path) -> Graph:
    """Describe an ONNX file; weights beside it are not read.

    Raises:
        ReleaseError: the file is not ONNX.
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load(str(path), load_external_data=False)
    except (DecodeError, ValueError) as e:
        raise ReleaseError(f"{path} is not an ONNX file ({e})") from e
    weights = {i.name for i in model.graph.initializer}
    inputs = tuple(_port(v) for v in model.graph.input if v.name not in weights)
    outputs = tuple(_port(v) for v in model.graph.output)
    if not inputs or not outputs:
        raise ReleaseError(f"{path} has no inputs or no outputs")
    return Graph(inputs=inputs, outputs=outputs)


def check_towers(image: Path, text: Path, spec: EncoderSpec) -> None:
    """Compare both graphs with what `spec` promises.

    Raises:
        ReleaseError: a name, type or dimension differs.
    """
    _check(image, spec, dtype="uint8", shape=(spec.side_px, spec.side_px, 3))
    _check(text, spec, dtype="int32", shape=(spec.context,))


def _check(path: Path, spec: EncoderSpec, *, dtype: str, shape: tuple[int, ...]) -> None:
    graph = read_graph(path)
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise ReleaseError(
            f"{path} has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs, 1 and 1 are needed"
        )
    _compare(path, graph.inputs[0], dtype, shape)
    _compare(path, graph.outputs[0], "float", (spec.dim,))
    if graph.fixed_batch and (graph.inputs[0].shape[0] != 1 or spec.max_batch != 1):
        raise ReleaseError(
            f"{path} has the fixed batch {graph.inputs[0].shape[0]} and model.toml says max_batch = {spec.max_batch}",
            fix="A graph with a fixed batch has batch 1 and max_batch = 1.",
        )


def _compare(path: Path, port: Port, dtype: str, shape: tuple[int, ...]) -> None:
    found = port.shape[1:]
    fits = len(found) == len(shape) and all(f in (-1, s) for f, s in zip(found, shape, strict=True))
    if port.dtype != dtype or not fits:
        raise ReleaseError(
            f"{path}: {port.name} is {port.dtype} {list(found)}, model.toml asks for {dtype} {list(shape)}",
            fix="`daguerre models import` wraps foreign graphs.",
        )


def _port(value: Any) -> Port:
    import onnx

    tensor = value.type.tensor_type
    dims = tuple(d.dim_value if d.HasField("dim_value") else -1 for d in tensor.shape.dim)
    return Port(name=value.name, dtype=onnx.TensorProto.DataType.Name(tensor.elem_type).lower(), shape=dims)

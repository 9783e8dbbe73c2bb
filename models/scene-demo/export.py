"""From a trained model to the files of a release: two ONNX graphs and an 8-bit copy of the larger one."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import quantization
from torch import nn
from towers import DualEncoder, Shape

OPSET = 17
#: Smaller tensors than this stay as they are: halving them saves nothing.
_HALVE_FROM = 1024


def export(model: DualEncoder, shape: Shape, calibration: npt.NDArray[np.uint8], folder: Path) -> None:
    """Write `image.onnx`, `text.onnx` and `image.int8.onnx`.

    Args:
        model: The trained towers.
        shape: Their sizes.
        calibration: `(n, side_px, side_px, 3) uint8` pictures that show the 8-bit copy what ranges to expect.
        folder: The release.
    """
    folder.mkdir(parents=True, exist_ok=True)
    towers = copy.deepcopy(model).cpu().float().eval()
    pictures = torch.zeros((2, shape.side_px, shape.side_px, 3), dtype=torch.uint8)
    tokens = torch.ones((2, shape.context), dtype=torch.int32)
    with tempfile.TemporaryDirectory() as scratch:
        full = Path(scratch) / "image.onnx"
        _write(towers.image, pictures, "image", full)
        _write(towers.text, tokens, "text", folder / "text.onnx")
        _quantize(full, calibration, folder / "image.int8.onnx")
        onnx.save(_halved(onnx.load(full)), folder / "image.onnx")
    onnx.save(_halved(onnx.load(folder / "text.onnx")), folder / "text.onnx")


def _write(tower: nn.Module, example: torch.Tensor, name: str, path: Path) -> None:
    torch.onnx.export(
        tower,
        (example,),
        str(path),
        input_names=[name],
        output_names=["embedding"],
        dynamic_axes={name: {0: "n"}, "embedding": {0: "n"}},
        opset_version=OPSET,
        dynamo=False,
    )
    onnx.checker.check_model(str(path), full_check=True)


def _halved(graph: onnx.ModelProto) -> onnx.ModelProto:
    """Store the weights as float16 and widen them in the graph: half the file, and the arithmetic stays float32.

    Runtimes fold the casts when they load the graph, so this costs nothing per request.
    """
    kept, casts = [], []
    for weight in graph.graph.initializer:
        values = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or values.size < _HALVE_FROM:
            kept.append(weight)
            continue
        stored = f"{weight.name}.half"
        kept.append(numpy_helper.from_array(values.astype(np.float16), stored))
        casts.append(helper.make_node("Cast", [stored], [weight.name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.graph.node]
    del graph.graph.initializer[:], graph.graph.node[:]
    graph.graph.initializer.extend(kept)
    graph.graph.node.extend(nodes)
    onnx.checker.check_model(graph, full_check=True)
    return graph


class _Pictures(quantization.CalibrationDataReader):
    """Hands out pictures in batches."""

    def __init__(self, pictures: npt.NDArray[np.uint8], batch: int = 32) -> None:
        self._batches = iter([pictures[start : start + batch] for start in range(0, len(pictures), batch)])

    def get_next(self) -> dict[str, npt.NDArray[np.uint8]] | None:
        """Return the next batch, or None."""
        batch = next(self._batches, None)
        return None if batch is None else {"image": batch}


def _quantize(full: Path, calibration: npt.NDArray[np.uint8], path: Path) -> None:
    prepared = full.with_name("prepared.onnx")
    quantization.quant_pre_process(str(full), str(prepared))
    quantization.quantize_static(
        str(prepared),
        str(path),
        _Pictures(calibration),
        quant_format=quantization.QuantFormat.QDQ,
        op_types_to_quantize=["Conv"],
        per_channel=True,
        activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8,
    )

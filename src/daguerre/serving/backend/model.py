"""ONNX Runtime behind Triton's python backend: the same `config.pbtxt` and the same refusals as the native backend.

Triton imports this file in its own environment (numpy < 2: with numpy 2 this server answers with empty tensors).
Nothing of Daguerre is importable there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import triton_python_backend_utils as pb

_ORT_TYPE = {
    "TYPE_FP32": "tensor(float)",
    "TYPE_FP16": "tensor(float16)",
    "TYPE_UINT8": "tensor(uint8)",
    "TYPE_INT32": "tensor(int32)",
    "TYPE_INT64": "tensor(int64)",
}


class TritonPythonModel:
    """One instance of one model."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load `model.onnx` and compare its inputs and outputs with the configuration; Triton refuses the load else."""
        config = json.loads(args["model_config"])
        parameters = {name: value["string_value"] for name, value in config.get("parameters", {}).items()}
        options = ort.SessionOptions()
        options.intra_op_num_threads = int(parameters.get("intra_op_thread_count", "0"))
        spinning = parameters.get("session.intra_op.allow_spinning", "1")
        options.add_session_config_entry("session.intra_op.allow_spinning", spinning)
        file = config.get("default_model_filename") or "model.onnx"
        path = Path(args["model_repository"], args["model_version"], file)
        self._session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._batched = config["max_batch_size"] > 0
        _compare("input", config["input"], self._session.get_inputs(), batched=self._batched)
        _compare("output", config["output"], self._session.get_outputs(), batched=self._batched)
        self._inputs = [i["name"] for i in config["input"]]
        self._outputs = [o["name"] for o in config["output"]]

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answer all requests with one run of the graph, or one by one when its batch is fixed."""
        feeds = [[pb.get_input_tensor_by_name(r, name).as_numpy() for name in self._inputs] for r in requests]
        if not self._batched:
            return [self._answer(self._run(feed)) for feed in feeds]
        together = feeds[0] if len(feeds) == 1 else [np.concatenate(parts) for parts in zip(*feeds, strict=True)]
        results = self._run(together)
        ends = np.cumsum([len(feed[0]) for feed in feeds])
        return [
            self._answer([rows[end - len(feed[0]) : end] for rows in results])
            for feed, end in zip(feeds, ends, strict=True)
        ]

    def _run(self, feed: list[Any]) -> list[Any]:
        results: list[Any] = self._session.run(self._outputs, dict(zip(self._inputs, feed, strict=True)))
        return results

    def _answer(self, rows: list[Any]) -> Any:
        return pb.InferenceResponse(
            [pb.Tensor(n, np.ascontiguousarray(r)) for n, r in zip(self._outputs, rows, strict=True)]
        )


def _compare(kind: str, declared: list[dict[str, Any]], found: list[Any], *, batched: bool) -> None:
    graph = {port.name: port for port in found}
    for port in declared:
        name, dims = port["name"], [int(d) for d in port["dims"]]
        real = graph.pop(name, None)
        if real is None:
            raise pb.TritonModelException(f"{kind} '{name}' is in config.pbtxt but not in model.onnx")
        if _ORT_TYPE.get(port["data_type"]) != real.type:
            raise pb.TritonModelException(
                f"{kind} '{name}' is {real.type} in model.onnx, {port['data_type']} in config.pbtxt"
            )
        shape = real.shape[1:] if batched else real.shape
        fits = len(dims) == len(shape) and all(
            not isinstance(s, int) or s == d for s, d in zip(shape, dims, strict=True)
        )
        if not fits:
            raise pb.TritonModelException(f"{kind} '{name}' has shape {shape} in model.onnx, {dims} in config.pbtxt")
    if kind == "input" and graph:
        raise pb.TritonModelException(f"model.onnx needs inputs that config.pbtxt lacks: {sorted(graph)}")

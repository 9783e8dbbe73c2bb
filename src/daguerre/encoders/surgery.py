"""Making foreign ONNX graphs uniform: bytes and int32 ids in, float32 unit rows out. Weights stay as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from daguerre.encoders.graph import Graph, Port, read_graph
from daguerre.encoders.layouts import Foreign, LayoutError
from daguerre.encoders.release import IMAGE_GRAPH, TEXT_GRAPH

#: What the models in the wild call the vector; else the first output is taken.
_VECTORS = ("image_embeds", "text_embeds", "embedding", "pooler_output")
#: protobuf cannot hold more than 2 GiB; larger weights lie beside the graph.
_INLINE_BYTES = 1 << 30
#: Prefix of every name that is added.
_OURS = "daguerre_"


def picture_port(graph: Graph, where: Path) -> Port:
    """Return the input that takes pictures. Raises LayoutError."""
    if len(graph.inputs) != 1 or len(graph.inputs[0].shape) != 4:
        raise LayoutError(f"{where} has inputs {[p.name for p in graph.inputs]}", fix="One of 4 dimensions is known.")
    return graph.inputs[0]


def vector_port(graph: Graph) -> Port:
    """Return the output that is the embedding."""
    return next((p for name in _VECTORS for p in graph.outputs if p.name == name), graph.outputs[0])


def takes_bytes(port: Port) -> bool:
    """Say whether pictures go in as they are: uint8, HWC, normalised inside."""
    return port.dtype == "uint8" and port.shape[3] == 3


def wrap_image(foreign: Foreign, target: Path, *, dim: int) -> None:
    """Write the image tower to `target`: uint8 HWC `image` in, `embedding` out. A fixed batch stays fixed."""
    import onnx
    from onnx import helper

    path = foreign.image_graph
    graph = read_graph(path)
    port = picture_port(graph, path)
    model = onnx.load(str(path))
    nodes, weights = [], []
    source = f"{_OURS}image"
    if takes_bytes(port):
        nodes.append(helper.make_node("Identity", [source], [port.name]))
    else:
        # (x * scale - mean) / std, with one multiplication less
        weights = [
            _constant("mean", np.array(foreign.mean, np.float32) / np.float32(foreign.scale)),
            _constant("std", np.array(foreign.std, np.float32) / np.float32(foreign.scale)),
        ]
        nodes += [
            helper.make_node("Cast", [source], [f"{_OURS}float"], to=onnx.TensorProto.FLOAT),
            helper.make_node("Sub", [f"{_OURS}float", f"{_OURS}mean"], [f"{_OURS}centred"]),
            helper.make_node("Div", [f"{_OURS}centred", f"{_OURS}std"], [f"{_OURS}scaled"]),
            helper.make_node("Transpose", [f"{_OURS}scaled"], [f"{_OURS}chw"], perm=[0, 3, 1, 2]),
            helper.make_node("Cast", [f"{_OURS}chw"], [port.name], to=_element(model, port.name)),
        ]
    shape = [_batch(graph), foreign.side_px, foreign.side_px, 3]
    entry = helper.make_tensor_value_info(source, onnx.TensorProto.UINT8, shape)
    _finish(model, entry, nodes, weights, graph, dim)
    _save(model, target / IMAGE_GRAPH)


def wrap_text(foreign: Foreign, target: Path, *, dim: int, pad_id: int) -> None:
    """Write the text tower to `target`: int32 `tokens` in, `embedding` out; an attention mask is made inside."""
    import onnx
    from onnx import helper

    path = foreign.text_graph
    graph = read_graph(path)
    model = onnx.load(str(path))
    masks = [p for p in graph.inputs if "mask" in p.name]
    ids = [p for p in graph.inputs if "mask" not in p.name]
    if len(ids) != 1 or len(masks) > 1:
        raise LayoutError(f"{path} has inputs {[p.name for p in graph.inputs]}", fix="Ids and one mask are known.")
    source = f"{_OURS}tokens"
    nodes = [helper.make_node("Cast", [source], [ids[0].name], to=_element(model, ids[0].name))]
    weights = []
    for mask in masks:
        # Everything counts: compare with a number that is no token. Else: whatever is not padding.
        weights.append(_constant("pad", np.array(-1 if foreign.sees_padding else pad_id, np.int32)))
        nodes += [
            helper.make_node("Equal", [source, f"{_OURS}pad"], [f"{_OURS}is_pad"]),
            helper.make_node("Not", [f"{_OURS}is_pad"], [f"{_OURS}counts"]),
            helper.make_node("Cast", [f"{_OURS}counts"], [mask.name], to=_element(model, mask.name)),
        ]
    entry = helper.make_tensor_value_info(source, onnx.TensorProto.INT32, [_batch(graph), foreign.context])
    _finish(model, entry, nodes, weights, graph, dim)
    _save(model, target / TEXT_GRAPH)


def _finish(model: Any, entry: Any, nodes: list[Any], weights: list[Any], graph: Graph, dim: int) -> None:
    """Put `nodes` before the graph and a normalisation behind it; nothing but `entry` and the vector stays visible."""
    import onnx
    from onnx import helper

    exit_name = f"{_OURS}embedding"
    tail = [
        helper.make_node("Cast", [vector_port(graph).name], [f"{_OURS}raw"], to=onnx.TensorProto.FLOAT),
        helper.make_node("LpNormalization", [f"{_OURS}raw"], [exit_name], axis=-1, p=2),
    ]
    inner = list(model.graph.node)
    initial = {i.name for i in model.graph.initializer}
    kept = [i for i in model.graph.input if i.name in initial]
    del model.graph.node[:], model.graph.input[:], model.graph.output[:]
    model.graph.node.extend([*nodes, *inner, *tail])
    model.graph.input.extend([entry, *kept])
    model.graph.output.append(helper.make_tensor_value_info(exit_name, onnx.TensorProto.FLOAT, [_batch(graph), dim]))
    model.graph.initializer.extend(weights)


def _batch(graph: Graph) -> int | str:
    return graph.inputs[0].shape[0] if graph.fixed_batch else "batch"


def _element(model: Any, name: str) -> int:
    return int(next(i for i in model.graph.input if i.name == name).type.tensor_type.elem_type)


def _constant(name: str, values: Any) -> Any:
    from onnx import numpy_helper

    return numpy_helper.from_array(values, f"{_OURS}{name}")


def _save(model: Any, path: Path) -> None:
    import onnx

    size = sum(len(i.raw_data) for i in model.graph.initializer)
    if size > _INLINE_BYTES:
        onnx.save(model, str(path), save_as_external_data=True, location=f"{path.name}.data")
    else:
        onnx.save(model, str(path))

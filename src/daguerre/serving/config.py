"""`config.pbtxt`, rendered from Triton's own protobuf so that a typing error cannot reach a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from daguerre.encoders.graph import Graph, Port
from daguerre.encoders.spec import EncoderError

_TYPES = {"uint8": "TYPE_UINT8", "int32": "TYPE_INT32", "float": "TYPE_FP32"}
_PREFERRED = (8, 16, 32)
#: How long a request may wait for company. Nothing else is configured about queues: any queue policy (timeout,
#: size, priority) makes the batcher of this server stall for 500 ms at times (triton-inference-server/server#8870).
_QUEUE_DELAY_US = 1000


@dataclass(frozen=True, kw_only=True)
class Instances:
    """How a model runs on CPUs.

    Attributes:
        count: Copies of the model, each in a process of its own.
        threads: Threads of one copy; 0: one per core.
        spinning: Whether idle threads burn their core while they wait. It wins on a machine that does nothing else
            and costs 40 % more CPU where decoding shares the cores.
    """

    count: int = 1
    threads: int = 0
    spinning: bool = False


def render_config(
    name: str,
    graph: Graph,
    *,
    takes: tuple[int, ...],
    gives: tuple[int, ...],
    max_batch: int,
    instances: Instances,
) -> str:
    """Return the text of `config.pbtxt` for a graph with one input and one output.

    `takes` and `gives` are the shapes of one row, as the release promises them; exporters leave dimensions open that
    the runtime works out, and the server compares. A graph with a fixed batch gets `max_batch_size: 0`, its batch
    dimension is part of its shape.
    """
    from google.protobuf import text_format
    from tritonclient.grpc import model_config_pb2 as pb

    config = pb.ModelConfig(name=name, backend="onnxruntime", default_model_filename="model.onnx")
    config.max_batch_size = 0 if graph.fixed_batch else max_batch
    batch = (1,) if graph.fixed_batch else ()
    for side, port, shape in ((config.input, graph.inputs[0], takes), (config.output, graph.outputs[0], gives)):
        side.add(name=port.name, data_type=_type(pb, port), dims=(*batch, *shape))
    config.version_policy.specific.versions.append(1)
    config.instance_group.add(kind=pb.ModelInstanceGroup.KIND_CPU, count=instances.count)
    config.parameters["intra_op_thread_count"].string_value = str(instances.threads)
    config.parameters["session.intra_op.allow_spinning"].string_value = str(int(instances.spinning))
    if not graph.fixed_batch:
        batching = config.dynamic_batching
        batching.max_queue_delay_microseconds = _QUEUE_DELAY_US
        batching.preferred_batch_size.extend(b for b in _PREFERRED if b <= max_batch)
    return str(text_format.MessageToString(config))


def _type(pb: Any, port: Port) -> Any:
    try:
        return pb.DataType.Value(_TYPES[port.dtype])
    except KeyError:
        raise EncoderError(
            f"{port.name} is {port.dtype}", fix="Graphs take uint8 or int32 and answer float32."
        ) from None

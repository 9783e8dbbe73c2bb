from __future__ import annotations

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as pb

from daguerre.encoders.graph import Graph, Port
from daguerre.encoders.spec import EncoderError
from daguerre.serving.config import Instances, render_config


def graph(batch: int, dtype: str = "uint8") -> Graph:
    return Graph(
        inputs=(Port(name="image", dtype=dtype, shape=(batch, 32, 32, 3)),),
        outputs=(Port(name="embedding", dtype="float", shape=(batch, -1)),),
    )


def parsed(graph: Graph, *, max_batch: int = 64, instances: Instances | None = None) -> pb.ModelConfig:
    text = render_config(
        "image-abc", graph, takes=(32, 32, 3), gives=(8,), max_batch=max_batch, instances=instances or Instances()
    )
    return text_format.Parse(text, pb.ModelConfig())


def test_a_graph_with_an_open_batch():
    config = parsed(graph(-1), instances=Instances(count=2, threads=3))
    assert (config.name, config.backend, config.max_batch_size) == ("image-abc", "onnxruntime", 64)
    assert list(config.input[0].dims) == [32, 32, 3]
    assert list(config.output[0].dims) == [8]  # open in the graph, known to the release
    assert config.input[0].data_type == pb.TYPE_UINT8
    assert list(config.version_policy.specific.versions) == [1]
    assert list(config.dynamic_batching.preferred_batch_size) == [8, 16, 32]
    assert config.instance_group[0].count == 2
    assert config.parameters["intra_op_thread_count"].string_value == "3"
    assert config.parameters["session.intra_op.allow_spinning"].string_value == "0"


def test_no_queue_policy_is_ever_written():
    """Any of them makes the server's batcher stall for half a second at times."""
    config = parsed(graph(-1))
    batching = config.dynamic_batching
    assert not batching.HasField("default_queue_policy")
    assert not batching.priority_queue_policy
    assert batching.priority_levels == 0


def test_preferred_sizes_do_not_exceed_the_largest_batch():
    config = parsed(graph(-1), max_batch=10)
    assert list(config.dynamic_batching.preferred_batch_size) == [8]


def test_a_fixed_batch_is_part_of_the_shape():
    config = parsed(graph(1), max_batch=1)
    assert config.max_batch_size == 0
    assert list(config.input[0].dims) == [1, 32, 32, 3]
    assert not config.HasField("dynamic_batching")


def test_a_type_that_no_encoder_has():
    with pytest.raises(EncoderError, match="int64"):
        parsed(graph(-1, "int64"))

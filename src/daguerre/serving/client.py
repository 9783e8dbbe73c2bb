"""The only door to tritonclient: one gRPC connection, errors told by cause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from daguerre.serving.calls import Cause, ServerFailure, cause_of

T = TypeVar("T")

_VERSION = "1"
_TYPES = {np.dtype(np.uint8): "UINT8", np.dtype(np.int32): "INT32"}
_CHANNEL = [
    # Without a limit gRPC waits up to two minutes before it looks for a restarted server again.
    ("grpc.initial_reconnect_backoff_ms", 100),
    # Despite its name this is how long one attempt to connect may take; a busy machine accepts late.
    ("grpc.min_reconnect_backoff_ms", 2000),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # Channels of one process share connections otherwise, and a dead one with them.
    ("grpc.use_local_subchannel_pool", 1),
    # A proxy that the environment names for the internet has no business between us and our own server.
    ("grpc.enable_http_proxy", 0),
]
_ADMIN_S = 120.0


class Client:
    """A connection to one server. Safe to share between threads."""

    def __init__(self, url: str) -> None:
        """Connect to host:port; nothing is sent before the first call."""
        from tritonclient import grpc

        self._grpc: Any = grpc
        self.url = url
        self._client: Any = grpc.InferenceServerClient(url, channel_args=_CHANNEL)

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def live(self, *, within_s: float = 2.0) -> bool:
        """Say whether a server answers."""
        try:
            return bool(self._call(lambda: self._client.is_server_live(client_timeout=within_s)))
        except ServerFailure:
            return False

    def ready_models(self) -> set[str]:
        """Return the names of the models that are loaded."""
        index = self._call(lambda: self._client.get_model_repository_index(client_timeout=_ADMIN_S))
        return {m.name for m in index.models if m.state == "READY" and m.version == _VERSION}

    def load(self, model: str) -> None:
        """Load a model from the repository. Raises ServerFailure."""
        self._call(lambda: self._client.load_model(model, client_timeout=_ADMIN_S))

    def unload(self, model: str) -> None:
        """Unload a model after the requests that it is working on. Raises ServerFailure."""
        self._call(lambda: self._client.unload_model(model, client_timeout=_ADMIN_S))

    def facts(self) -> dict[str, str]:
        """Return name and version of the server. Raises ServerFailure."""
        metadata = self._call(lambda: self._client.get_server_metadata(client_timeout=2.0))
        return {"name": metadata.name, "version": metadata.version}

    def infer(
        self, model: str, rows: npt.NDArray[Any], *, takes: str, gives: str, deadline_s: float
    ) -> npt.NDArray[np.float32]:
        """Send one request and return the output named `gives`.

        Raises:
            ServerFailure: the call failed, another model answered, or the answer has another number of rows.
        """
        tensor = self._grpc.InferInput(takes, rows.shape, _TYPES[rows.dtype])
        tensor.set_data_from_numpy(rows)
        wanted = [self._grpc.InferRequestedOutput(gives)]
        result = self._call(
            lambda: self._client.infer(
                model, [tensor], model_version=_VERSION, outputs=wanted, client_timeout=deadline_s
            )
        )
        answered = result.get_response()
        if (answered.model_name, answered.model_version) != (model, _VERSION):
            raise ServerFailure(Cause.FINAL, f"{answered.model_name}/{answered.model_version} answered for {model}")
        answer = result.as_numpy(gives)
        if answer is None or len(answer) != len(rows):
            # A server with numpy 2 in its environment answers with empty tensors and no error.
            raise ServerFailure(
                Cause.FINAL, f"{model} answered {0 if answer is None else len(answer)} rows, not {len(rows)}"
            )
        checked: npt.NDArray[np.float32] = answer
        return checked

    def _call(self, request: Callable[[], T]) -> T:
        from tritonclient.utils import InferenceServerException

        try:
            return request()
        except InferenceServerException as e:
            message = str(e.message())
            raise ServerFailure(cause_of(str(e.status()), message), f"{self.url}: {message}") from e


def is_live(url: str) -> bool:
    """Say whether a server answers at host:port."""
    client = Client(url)
    try:
        return client.live()
    finally:
        client.close()

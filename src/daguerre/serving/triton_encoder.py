"""An encoder whose towers run in a Triton server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from daguerre.encoders.graph import Port, read_graph
from daguerre.encoders.onnx_encoder import check_images
from daguerre.encoders.release import Release
from daguerre.encoders.spec import EncoderSpec
from daguerre.encoders.tokenizer import Tokenizer
from daguerre.serving.calls import BATCH, CallFailedError, DeadlineError, Patience, persist
from daguerre.serving.client import Client
from daguerre.serving.repository import GRAPHS, Role, model_name


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one encoder may ask of a server at once.

    Attributes:
        batch: Most rows of one request.
        in_flight: Most requests under way, counted over all threads that share the encoder. Two keep a CPU server
            busy: one runs while the other travels.
        deadline_s: Longest time that one request may take.
    """

    batch: int = 32
    in_flight: int = 2
    deadline_s: float = 60.0


class TritonEncoder:
    """Safe to share between threads. A server that goes away and comes back costs time, not answers."""

    def __init__(
        self,
        release: Release,
        url: str,
        *,
        limits: Limits | None = None,
        patience: Patience = BATCH,
        recover: Callable[[], str] | None = None,
    ) -> None:
        """Connect to the server at host:port, which has the release loaded.

        `recover` brings a lost server or model back and returns the server's address then.
        """
        self._release = release
        self._limits = limits or Limits()
        self._patience = patience
        self._recover = recover
        self._tokenizer = Tokenizer.from_dir(release.folder, release.spec)
        self._ports = {role: _ports(release, role) for role in GRAPHS}
        self._rows = min(self._limits.batch, release.spec.max_batch)
        self._slots = threading.BoundedSemaphore(self._limits.in_flight)
        self._threads = ThreadPoolExecutor(self._limits.in_flight, thread_name_prefix="triton")
        self._mending = threading.Lock()
        self._client = Client(url)

    @property
    def spec(self) -> EncoderSpec:
        """Return the release that answers."""
        return self._release.spec

    def close(self) -> None:
        """Hang up; requests under way are finished first."""
        self._threads.shutdown()
        self._client.close()

    def embed_images(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Map `(n, side_px, side_px, 3) uint8` to `(n, dim) float32` unit rows.

        Raises:
            InputRefusedError: the server refuses the rows; asking for fewer at a time finds the one that it means.
            ServerUnavailableError, DeadlineError, CallFailedError: the server's fault.
        """
        check_images(images, self.spec)
        return self._run("image", images)

    def embed_texts(self, texts: list[str]) -> npt.NDArray[np.float32]:
        """Map n texts to `(n, dim) float32` unit rows. Raises as `embed_images` does."""
        return self._run("text", self._tokenizer.encode(texts))

    def _run(self, role: Role, rows: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        parts = [rows[i : i + self._rows] for i in range(0, len(rows), self._rows)]
        if not parts:
            return np.zeros((0, self.spec.dim), np.float32)
        if len(parts) == 1:
            return self._part(role, parts[0])
        return np.concatenate(list(self._threads.map(lambda part: self._part(role, part), parts)))

    def _part(self, role: Role, rows: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Send one request; halve what a server cannot answer in time."""
        try:
            return persist(lambda: self._request(role, rows), patience=self._patience, recover=self._mend())
        except DeadlineError:
            if len(rows) == 1:
                raise
            half = len(rows) // 2
            return np.concatenate([self._part(role, rows[:half]), self._part(role, rows[half:])])

    def _request(self, role: Role, rows: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        takes, gives = self._ports[role]
        with self._slots:
            answer = self._client.infer(
                model_name(role, self.spec.digest),
                rows,
                takes=takes.name,
                gives=gives.name,
                deadline_s=self._limits.deadline_s,
            )
        if answer.shape != (len(rows), self.spec.dim):
            raise CallFailedError(f"{self.spec.space} answered {answer.shape}, not {(len(rows), self.spec.dim)}")
        return answer

    def _mend(self) -> Callable[[], None] | None:
        """Return how to bring back the connection that is in use now; one thread mends, the others profit."""
        recover, broken = self._recover, self._client
        if recover is None:
            return None

        def mend() -> None:
            with self._mending:
                if self._client is not broken and self._client.live():
                    return
                url = recover()
                if url != self._client.url:
                    self._client = Client(url)

        return mend


def _ports(release: Release, role: Role) -> tuple[Port, Port]:
    graph = read_graph(release.path(GRAPHS[role]))
    return graph.inputs[0], graph.outputs[0]

"""Two releases with real models, indexed and registered, and clients that ask all the time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.encoders.release import Release
from daguerre.encoders.spec import Encoder
from daguerre.index.build import build_index
from daguerre.index.query import QueryVector
from daguerre.index.searcher import Searcher
from daguerre.index.snapshot import read_snapshot
from daguerre.registry.events import EventKind
from daguerre.registry.log import promote, record
from daguerre.registry.releases import load_release, register
from daguerre.search.answers import Answer
from daguerre.search.live import LiveSearch
from daguerre.settings import load_settings
from daguerre.tables import catalogue
from daguerre.workspace import Workspace, open_workspace
from tests.fakes.encoders import COLOURS, flat_picture, make_model_dir
from tests.fakes.spaces import photo_rows, vector_rows

N, OWNERS = 60, ("alice", "bob")
PALETTE = list(COLOURS)


@dataclass(kw_only=True)
class Installed:
    """Two releases with everything indexed, the first one in production; encoders in this process say what is true."""

    ws: Workspace
    releases: list[Release]
    encoders: list[Encoder]

    def exact(self, answer: Answer, text: str, owner: str | None) -> list[float]:
        """Return the scores that the answer's own space gives the best k, by comparing everything."""
        encoder = next(e for e in self.encoders if e.spec.digest == answer.route.release)
        query = QueryVector(space=encoder.spec.space, values=encoder.embed_texts([text])[0])
        snapshot = read_snapshot(self.ws, encoder.spec.space)
        found = Searcher(self.ws, snapshot).exact(query, k=len(answer.hits), owner=owner)
        return [one.score for one in found]

    def promote(self, which: int) -> None:
        digest = self.releases[which].spec.digest
        promote(self.ws, "production", digest, actor="tests", reason="tests")

    def nominate(self, which: int) -> None:
        """Make a release the candidate, its space proven complete: from then on it is kept open."""
        digest = self.releases[which].spec.digest
        promote(self.ws, "candidate", digest, actor="tests", reason="tests")
        record(self.ws, EventKind.COMPLETED, digest, actor="tests", reason="tests", allow=lambda _: True)


class Turned:
    """An encoder whose space is turned away from all others: as right as the one inside, and nothing in common."""

    def __init__(self, encoder: OnnxEncoder) -> None:
        self._encoder = encoder
        self.spec = encoder.spec
        self._turn, _ = np.linalg.qr(np.random.default_rng(5).normal(size=(self.spec.dim, self.spec.dim)))

    def embed_images(self, images: np.ndarray) -> np.ndarray:
        return (self._encoder.embed_images(images) @ self._turn).astype(np.float32)

    def embed_texts(self, texts: list[str]) -> np.ndarray:
        return (self._encoder.embed_texts(texts) @ self._turn).astype(np.float32)


def install(root: Path, dims: tuple[int, int] = (32, 48)) -> Installed:
    ws = open_workspace(
        load_settings(root=str(root / "root"), cache=root / "cache", triton_port=0, registry_poll_s=0.1)
    )
    releases, encoders = [], []
    for seed, dim in enumerate(dims):
        spec = register(ws, make_model_dir(root / f"model{seed}", seed=seed, dim=dim, name=f"tiny{seed}"))
        release = load_release(ws, spec.digest)
        encoder: Encoder = OnnxEncoder(release, threads=1)
        if seed and len(set(dims)) == 1:
            encoder = Turned(encoder)
        pictures = np.stack([flat_picture(PALETTE[(i // 2) % 6], spec.side_px, seed=i) for i in range(N)])
        rows = vector_rows(encoder.embed_images(pictures), owners=OWNERS)
        if seed == 0:
            catalogue.photos(ws).upsert(photo_rows(rows))
        catalogue.vectors(ws, spec.space, spec.dim).upsert(rows)
        build_index(ws, spec.space, spec.dim)
        releases.append(release)
        encoders.append(encoder)
    made = Installed(ws=ws, releases=releases, encoders=encoders)
    made.promote(0)
    return made


@dataclass(kw_only=True)
class Clients:
    """Threads that ask all the time, and everything that they were answered."""

    search: LiveSearch
    answers: list[tuple[str, str | None, Answer]] = field(default_factory=list)
    failed: list[Exception] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def ask(self, client: int) -> None:
        n = client
        while not self.stop.is_set():
            n += 1
            text, owner = f"a {PALETTE[n % 6]} photo", (*OWNERS, None)[n // 6 % 3]
            try:
                self.answers.append((text, owner, self.search.by_text(text, owner=owner, k=5)))
            except Exception as e:
                self.failed.append(e)

    def __enter__(self) -> Clients:
        self._threads = [threading.Thread(target=self.ask, args=(i,)) for i in range(3)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, done: Callable[[Answer], bool], *, within_s: float = 60.0) -> float:
        """Wait for an answer that was asked from now on; return the seconds until it came."""
        seen, began = len(self.answers), time.monotonic()
        while time.monotonic() - began < within_s:
            if any(done(answer) for _, _, answer in self.answers[seen:]):
                return time.monotonic() - began
            time.sleep(0.005)
        raise AssertionError(f"no such answer; {self.search.status()}, failed {self.failed[:1]}")

"""Search through a real Triton while production moves, the server is killed and the registry is away."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.encoders.release import Release
from daguerre.encoders.spec import Encoder
from daguerre.index.build import build_index
from daguerre.index.query import QueryVector
from daguerre.index.searcher import Searcher
from daguerre.index.snapshot import read_snapshot
from daguerre.lifecycle.opening import open_live_search
from daguerre.lifecycle.rollback import roll_back
from daguerre.lifecycle.routing import read_routes
from daguerre.registry.events import EventKind
from daguerre.registry.log import newest_number, promote, record
from daguerre.registry.releases import load_release, register
from daguerre.search.answers import Answer
from daguerre.search.live import LiveSearch
from daguerre.search.service import SearchService
from daguerre.search.traffic import read_traffic
from daguerre.serving.server import stop_server
from daguerre.serving.state import server_folder
from daguerre.settings import load_settings
from daguerre.tables import catalogue
from daguerre.workspace import Workspace, open_workspace
from tests.fakes.encoders import COLOURS, flat_picture, make_model_dir
from tests.fakes.spaces import photo_rows, vector_rows

N, OWNERS = 60, ("alice", "bob")
PALETTE = list(COLOURS)
#: A killed server and the models on it have to come back within this on a busy machine.
PATIENT_S = 90.0


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


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    made = install(tmp_path_factory.mktemp("live"))
    yield made
    stop_server(made.ws)


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


def check_none_is_mixed(installed: Installed, clients: Clients) -> None:
    """Hold every score against exact search in the space of the route that the answer names."""
    truth: dict[tuple[str, str, str | None], list[float]] = {}
    for text, owner, answer in clients.answers:
        key = (answer.route.release, text, owner)
        if key not in truth:
            truth[key] = installed.exact(answer, text, owner)
        assert [hit.score for hit in answer.hits] == pytest.approx(truth[key], abs=2e-5), (text, owner, answer)


def test_nothing_fails_and_nothing_is_mixed_through_switches_and_a_killed_server(installed: Installed) -> None:
    ws = installed.ws
    began = ws.clock()
    old, new = (release.spec.digest for release in installed.releases)
    with open_live_search(ws, deadline_s=PATIENT_S) as search, Clients(search=search) as clients:
        clients.wait_for(lambda answer: answer.route.release == old)
        installed.nominate(1)
        while new not in {route.release for route in search.status().open}:
            time.sleep(0.02)
        installed.promote(1)
        there_s = clients.wait_for(lambda answer: answer.route.release == new)
        roll_back(ws, actor="tests", reason="tests")
        back_s = clients.wait_for(lambda answer: answer.route.release == old)
        installed.promote(1)
        again_s = clients.wait_for(lambda answer: answer.route.release == new)
        first = server_folder(ws).read()
        assert first is not None
        killed_at = time.monotonic()
        os.kill(first.pid, signal.SIGKILL)
        while (second := server_folder(ws).read()) is None or second.pid == first.pid:
            assert time.monotonic() < killed_at + PATIENT_S
            time.sleep(0.01)
        clients.wait_for(lambda answer: answer.seconds < 1.0, within_s=PATIENT_S)
        gap_s = time.monotonic() - killed_at
        assert search.status().production.release == new
    assert clients.failed == []
    longest_s = max(answer.seconds for _, _, answer in clients.answers)
    figures = {"there": there_s, "back": back_s, "again": again_s, "killed": gap_s, "longest": longest_s}
    logging.getLogger(__name__).info("%d answers, seconds: %s", len(clients.answers), figures)
    assert max(there_s, back_s, again_s) < 5.0
    check_none_is_mixed(installed, clients)
    assert len(clients.answers) > 50
    assert server_folder(ws).read() is None  # the last user stopped it
    traffic = read_traffic(ws, began)
    assert sum(one.answered for one in traffic.values()) == len(clients.answers)
    assert sum(one.failed for one in traffic.values()) == 0


@dataclass(kw_only=True)
class InProcess:
    """A route whose encoder runs in this process."""

    service: SearchService

    def close(self) -> None:
        pass


def test_two_real_spaces_of_one_dimension_never_mix(tmp_path: Path) -> None:
    installed = install(tmp_path, dims=(32, 32))
    ws = installed.ws
    installed.nominate(1)
    encoders = {encoder.spec.digest: encoder for encoder in installed.encoders}
    with (
        LiveSearch(
            ws,
            read_routes=lambda: read_routes(ws),
            open_route=lambda route: InProcess(service=SearchService(ws, encoders[route.release])),
            newest=lambda known: newest_number(ws, ws.settings.product, known),
        ) as search,
        Clients(search=search) as clients,
    ):
        for n in range(20):
            installed.promote((n + 1) % 2)
            release = installed.releases[(n + 1) % 2].spec.digest
            clients.wait_for(lambda answer, release=release: answer.route.release == release)
    assert clients.failed == []
    check_none_is_mixed(installed, clients)
    assert {answer.route.release for _, _, answer in clients.answers} == set(encoders)
    # Had one been mixed, its scores would have shown it: numbers of the old space fit the new index in shape alone.
    old, new = installed.encoders
    mixed = QueryVector(space=new.spec.space, values=old.embed_texts(["a red photo"])[0])
    assert Searcher(ws, read_snapshot(ws, new.spec.space)).exact(mixed, k=1)[0].score < 0.95
    assert (
        Searcher(ws, read_snapshot(ws, old.spec.space))
        .exact(QueryVector(space=old.spec.space, values=mixed.values), k=1)[0]
        .score
        > 0.99
    )


def test_a_release_whose_files_are_gone_does_not_end_what_answers(tmp_path: Path) -> None:
    installed = install(tmp_path)
    ws = installed.ws
    old, new = (release.spec.digest for release in installed.releases)
    try:
        with open_live_search(ws, deadline_s=PATIENT_S) as search:
            ws.store.delete(f"vectors/{installed.releases[1].spec.space}/snapshot.json")
            installed.promote(1)
            deadline = time.monotonic() + 60
            while not search.status().last_error and time.monotonic() < deadline:
                time.sleep(0.02)
            status = search.status()
            assert (status.production.release, status.wanted.release) == (old, new)
            assert installed.releases[1].spec.space in status.last_error
            assert search.by_text("a red photo", owner="alice").route.release == old
            build_index(ws, installed.releases[1].spec.space, installed.releases[1].spec.dim)
            while search.by_text("a red photo").route.release == old and time.monotonic() < deadline:
                time.sleep(0.05)
            assert search.by_text("a red photo").route.release == new
            assert search.status().last_error == ""
    finally:
        stop_server(ws)

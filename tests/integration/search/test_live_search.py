"""Search through a real Triton while production moves, the server is killed and the registry is away."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from daguerre.index.build import build_index
from daguerre.index.query import QueryVector
from daguerre.index.searcher import Searcher
from daguerre.index.snapshot import read_snapshot
from daguerre.lifecycle.opening import open_live_search
from daguerre.lifecycle.rollback import roll_back
from daguerre.lifecycle.routing import read_routes
from daguerre.registry.log import newest_number
from daguerre.search.live import LiveSearch
from daguerre.search.service import SearchService
from daguerre.search.traffic import read_traffic
from daguerre.serving.server import stop_server
from daguerre.serving.state import server_folder
from tests.fakes.two_releases import Clients, Installed, install

#: A killed server and the models on it have to come back within this on a busy machine.
PATIENT_S = 90.0


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    made = install(tmp_path_factory.mktemp("live"))
    yield made
    stop_server(made.ws)


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

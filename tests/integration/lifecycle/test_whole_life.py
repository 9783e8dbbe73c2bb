"""Two releases through every phase on real tables, with people searching all the time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.encoders.spec import EncoderSpec
from daguerre.ids import BatchKey
from daguerre.landing.manifest import list_batches
from daguerre.lifecycle.approval import approve
from daguerre.lifecycle.bake import watch
from daguerre.lifecycle.candidacy import nominate
from daguerre.lifecycle.completeness import IncompleteError, prove_complete
from daguerre.lifecycle.promotion import PromotionForbiddenError, missing_for, promote_release
from daguerre.lifecycle.retirement import RetirementRefusedError, retire
from daguerre.lifecycle.rollback import roll_back
from daguerre.lifecycle.routing import read_routes
from daguerre.lifecycle.shares import end_shadow, set_canary, set_shadow, shadow_so_far
from daguerre.registry.log import newest_number, read_events, read_state
from daguerre.registry.releases import load_release, register
from daguerre.search.answers import Answer
from daguerre.search.live import LiveSearch
from daguerre.search.routes import Route
from daguerre.search.service import SearchService
from daguerre.serving.client import Client
from daguerre.serving.opening import open_encoder
from daguerre.serving.repository import model_name
from daguerre.serving.server import local_server
from daguerre.settings import load_settings
from daguerre.stages.embeddings import run_embeddings
from daguerre.stages.index import run_index
from daguerre.tables import catalogue
from daguerre.workspace import Workspace, open_workspace
from tests.fakes.encoders import make_model_dir
from tests.unit.stages.batches import photographed

POLICY = """
product: search
required: [approved, complete, index_audited, shadowed, canaried]
approvals: {needed: 2}
shadow: {queries: 20, min_overlap: 0}
canary: {largest_share: 0.5, largest_step: 0.3, hours: 1}
guards: {latency_p99_ratio: 50}
"""
PEOPLE = 2


@dataclass
class Later:
    """The present, and as much more as a test has let pass."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def on(self, **time_: float) -> None:
        self.ahead += timedelta(**time_)


@dataclass
class Open:
    """A release in this process, with the published snapshot of its space."""

    service: SearchService

    def close(self) -> None:
        """Nothing is held."""


@dataclass
class People:
    """Ask without a pause, and keep what they were told."""

    search: LiveSearch
    answers: list[Answer] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def ask(self, owner: str) -> None:
        while not self.stop.is_set():
            try:
                self.answers.append(self.search.by_text("a red photo", owner=owner, k=5))
            except Exception as e:  # whatever it is, somebody got no answer
                self.failures.append(e)

    def see(self, release: EncoderSpec) -> float:
        """Wait until production's answers come from a release; return how many seconds that took."""
        started = time.monotonic()
        while True:
            route = self.search.by_text("a blue photo", owner="c", k=1).route
            if route.release == release.digest:
                return time.monotonic() - started
            assert time.monotonic() < started + 20


@contextmanager
def people(ws: Workspace) -> Iterator[People]:
    def open_route(route: Route) -> Open:
        return Open(service=SearchService(ws, OnnxEncoder(load_release(ws, route.release), threads=1)))

    search = LiveSearch(
        ws,
        read_routes=lambda: read_routes(ws),
        open_route=open_route,
        newest=lambda known: newest_number(ws, ws.settings.product, known),
        tend_s=0.1,
    )
    with search:
        crowd = People(search=search)
        threads = [threading.Thread(target=crowd.ask, args=("abc"[i],)) for i in range(PEOPLE)]
        for thread in threads:
            thread.start()
        try:
            yield crowd
        finally:
            crowd.stop.set()
            for thread in threads:
                thread.join()


def flow(ws: Workspace, *batches: BatchKey) -> None:
    """Embed the batches into the space of every release that an alias names, and index those spaces."""
    for digest in sorted({pointer.release for pointer in read_state(ws).pointers.values()}):
        encoder = OnnxEncoder(load_release(ws, digest), threads=1)
        for batch in batches:
            run_embeddings(ws, batch, encoder)
        run_index(ws, encoder.spec.space)


def wait_for(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def clock() -> Later:
    return Later()


@pytest.fixture
def ws(tmp_path: Path, clock: Later) -> Workspace:
    (tmp_path / "search.yaml").write_text(POLICY)
    settings = load_settings(
        root=str(tmp_path / "root"), cache=tmp_path / "cache", policies=tmp_path, registry_poll_s=0.05, triton_port=0
    )
    return replace(open_workspace(settings), clock=clock)


@pytest.fixture
def old(ws: Workspace, tmp_path: Path) -> EncoderSpec:
    """In production, with two batches."""
    spec = register(ws, make_model_dir(tmp_path / "old", name="old", dim=32))
    promote_release(ws, spec.digest, actor="ann", reason="the first")
    flow(ws, photographed(ws, photos=40, number=1), photographed(ws, photos=40, number=2))
    return spec


def test_a_model_is_changed_back_and_forth_while_people_search(
    ws: Workspace, clock: Later, old: EncoderSpec, tmp_path: Path
) -> None:
    ann = {"actor": "ann", "reason": "whole life"}
    with people(ws) as crowd:
        new = register(ws, make_model_dir(tmp_path / "new", name="new", dim=48, side_px=48, seed=5))
        for actor in ("ann", "bea"):
            approve(ws, new.digest, actor=actor, reason="looks right")
        nominate(ws, new.digest, **ann)
        flow(ws, photographed(ws, photos=40, number=3))  # lands meanwhile
        with pytest.raises(IncompleteError, match="lacks 80 of 120 photos"):
            prove_complete(ws, new.digest, actor="ann")
        flow(ws, *list_batches(ws.store))
        assert prove_complete(ws, new.digest, actor="ann").vectors == 120

        set_shadow(ws, new.digest, 1.0, **ann)
        clock.on(minutes=1)

        def compared() -> bool:
            clock.on(minutes=1)
            return shadow_so_far(ws, new.digest)["queries"] >= 20

        wait_for(compared)
        end_shadow(ws, new.digest, **ann)
        set_canary(ws, new.digest, 0.3, **ann)
        assert [missing.rule for missing in missing_for(ws, new.digest)] == ["canaried"]
        with pytest.raises(PromotionForbiddenError, match="has not run for 1 hours"):
            promote_release(ws, new.digest, **ann)
        clock.on(hours=1)

        promote_release(ws, new.digest, expect=old.digest, **ann)
        assert crowd.see(new) < 5
        roll_back(ws, actor="bea", reason="people complain", expect=new.digest)
        assert crowd.see(old) < 5
        flow(ws, photographed(ws, photos=40, number=4))  # both spaces keep up

        set_canary(ws, new.digest, 0.3, **ann)
        clock.on(hours=1)
        promote_release(ws, new.digest, expect=old.digest, **ann)
        assert crowd.see(new) < 5
        assert watch(ws).what == "baking"
        with pytest.raises(RetirementRefusedError, match="alias previous names it; a promotion bakes until"):
            retire(ws, old.digest, **ann)
        clock.on(hours=24)

        def baked() -> bool:
            clock.on(minutes=1)
            return watch(ws).what == "baked"

        wait_for(baked)  # until what was answered is written down
        roll_back(ws, alias="previous", **ann)
        assert retire(ws, old.digest, **ann).rows == 160
        flow(ws, photographed(ws, photos=40, number=5))  # goes to the new space alone
        before = len(crowd.answers)
        wait_for(lambda: len(crowd.answers) > before + 20)

    assert crowd.failures == []
    assert {answer.route.space for answer in crowd.answers} == {old.space, new.space}
    assert all(len(answer.hits) == 5 for answer in crowd.answers)
    assert catalogue.stored_vectors(ws, old.space) is None
    assert catalogue.vectors(ws, new.space, new.dim).count() == 200
    moves = [(e.kind.value, e.alias) for e in read_events(ws, "search") if e.alias]
    assert moves == [
        ("promoted", "production"),
        ("promoted", "candidate"),
        ("promoted", "production"),
        ("rolled back", "production"),
        ("promoted", "production"),
        ("rolled back", "previous"),
    ]


def test_a_running_server_forgets_a_retired_release(ws: Workspace, old: EncoderSpec, tmp_path: Path) -> None:
    worn = register(ws, make_model_dir(tmp_path / "worn", name="worn", dim=32, seed=9))
    with local_server(ws) as server:
        with open_encoder(ws, old.digest), open_encoder(ws, worn.digest):
            pass
        client = Client(server.url)
        assert {model_name(role, worn.digest) for role in ("image", "text")} <= client.ready_models()
        freed = retire(ws, worn.digest, actor="ann", reason="never good")
        assert freed.unloaded
        assert freed.bytes > 10_000
        assert client.ready_models() == {model_name(role, old.digest) for role in ("image", "text")}
        assert not retire(ws, worn.digest, actor="ann", reason="again").bytes  # nothing is loaded any more
        with open_encoder(ws, old.digest) as encoder:
            assert encoder.embed_texts(["a red photo"]).shape == (1, 32)
        client.close()

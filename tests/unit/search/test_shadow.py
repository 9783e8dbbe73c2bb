from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from daguerre.search.opened import Held
from daguerre.search.shadow import Comparison, ShadowPool
from daguerre.search.traffic import ShadowFigures, TrafficLog, read_traffic
from daguerre.workspace import Workspace
from tests.fakes.routes import ToyOpened, ToyService, route
from tests.fakes.spaces import workspace

NEW = route("b")


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return workspace(tmp_path / "root", tmp_path / "cache")


@pytest.fixture
def service() -> ToyService:
    return ToyService(space=NEW.space)


@pytest.fixture
def held(service: ToyService) -> Held:
    return Held(NEW, ToyOpened(service=service))


@pytest.fixture
def log(ws: Workspace) -> TrafficLog:
    return TrafficLog(ws)


@pytest.fixture
def offer(held: Held, service: ToyService) -> Iterator[Callable[[ShadowPool], None]]:
    def one(pool: ShadowPool, *, ago_s: float = 0.0) -> None:
        seen = [hit.photo_id for hit in service.by_text("red", k=10)]
        asked = Comparison(
            release=NEW.release,
            held=held,
            ask=lambda s: s.by_text("red", k=10),
            seen=seen,
            offered_at=time.monotonic() - ago_s,
        )
        pool.offer(asked)

    return one


def figures(ws: Workspace, log: TrafficLog) -> ShadowFigures:
    log.close()
    found = read_traffic(ws, ws.clock() - timedelta(minutes=1))[NEW.release].shadow
    assert found is not None
    return found


def wait_for(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not done() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert done()


def test_the_candidate_is_asked_and_compared(
    ws: Workspace, log: TrafficLog, offer: Callable, service: ToyService
) -> None:
    pool = ShadowPool(log)
    for _ in range(5):
        offer(pool)
    wait_for(lambda: len(service.asked) == 10)
    pool.close()
    found = figures(ws, log)
    assert (found.queries, found.failed, found.dropped) == (5, 0, 0)
    assert (found.overlap, found.rbo) == (pytest.approx(1.0), pytest.approx(1.0))
    assert found.p99_ms > 0


def test_a_full_queue_drops_at_once_and_counts(
    ws: Workspace, log: TrafficLog, offer: Callable, service: ToyService
) -> None:
    stuck, go = threading.Event(), threading.Event()
    pool = ShadowPool(log, waiting=3)

    def pause() -> None:
        if threading.current_thread().name == "shadow":
            stuck.set()
            go.wait(20)

    service.pause = pause
    offer(pool)
    assert stuck.wait(20)
    began = time.monotonic()
    for _ in range(20):
        offer(pool)
    assert time.monotonic() - began < 5
    go.set()
    wait_for(lambda: len(service.asked) == 21 + 4)
    pool.close()
    found = figures(ws, log)
    assert (found.queries, found.dropped) == (4, 17)


def test_what_waited_too_long_is_dropped(ws: Workspace, log: TrafficLog, offer: Callable, service: ToyService) -> None:
    pool = ShadowPool(log, deadline_s=1.0)
    offer(pool, ago_s=2.0)
    offer(pool)
    wait_for(lambda: len(service.asked) == 3)
    pool.close()
    found = figures(ws, log)
    assert (found.queries, found.dropped) == (1, 1)


def test_an_answer_that_comes_too_late_is_no_answer(
    ws: Workspace, log: TrafficLog, offer: Callable, service: ToyService
) -> None:
    pool = ShadowPool(log, deadline_s=0.2)
    done = threading.Event()

    def pause() -> None:
        if threading.current_thread().name == "shadow":
            time.sleep(0.4)
            done.set()

    service.pause = pause
    offer(pool)
    assert done.wait(20)
    pool.close()
    found = figures(ws, log)
    assert (found.queries, found.dropped) == (0, 1)


def test_a_candidate_that_fails_is_counted_and_nobody_notices(
    ws: Workspace, log: TrafficLog, offer: Callable, service: ToyService
) -> None:
    pool = ShadowPool(log)

    def pause() -> None:
        if threading.current_thread().name == "shadow":
            raise RuntimeError("broken candidate")

    service.pause = pause
    offer(pool)
    offer(pool)
    wait_for(lambda: len(service.asked) == 4)
    pool.close()
    assert figures(ws, log).failed == 2


def test_a_candidate_that_is_being_closed_is_not_asked(
    ws: Workspace, log: TrafficLog, offer: Callable, held: Held
) -> None:
    pool = ShadowPool(log)
    held.leave()
    assert held.close_if_idle()
    with pytest.raises(AssertionError):
        offer(pool)  # production's question, on a closed route: the toy says so
    pool.offer(
        Comparison(release=NEW.release, held=held, ask=lambda s: s.by_text("red"), seen=[], offered_at=time.monotonic())
    )
    wait_for(pool._queue.empty)
    pool.close()
    found = figures(ws, log)
    assert (found.queries, found.failed, found.dropped) == (0, 0, 1)


def test_closing_with_a_full_queue_ends(ws: Workspace, log: TrafficLog, offer: Callable, service: ToyService) -> None:
    pool = ShadowPool(log, threads=2, waiting=4)
    service.pause = lambda: time.sleep(0.01)
    for _ in range(10):
        offer(pool)
    pool.close()
    assert not any(thread.is_alive() for thread in pool._threads)

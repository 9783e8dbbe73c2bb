from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from daguerre import layout
from daguerre.search.traffic import TrafficLog, read_traffic
from daguerre.storage.ports import StoreUnavailableError
from daguerre.workspace import Workspace
from tests.fakes.routes import Time
from tests.fakes.spaces import workspace

A, B = "a" * 64, "b" * 64
MINUTE = timedelta(minutes=1)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def ws(tmp_path: Path, time: Time) -> Workspace:
    plain = workspace(tmp_path / "root", tmp_path / "cache")
    return Workspace(settings=plain.settings, store=plain.store, clock=time)


def keys(ws: Workspace) -> list[str]:
    return [info.key for info in ws.store.list(layout.traffic(ws.settings.product))]


def test_what_several_processes_answered_is_added_up(ws: Workspace, time: Time) -> None:
    began = time()
    for _ in range(2):
        log = TrafficLog(ws)
        for i in range(50):
            log.answered(A, "production", 0.010, nothing=i < 5, retried=i == 0)
            log.answered(B, "canary", 0.100)
        log.failed(B, "canary")
        log.compared(B, 0.2, overlap=0.5, rbo=0.4)
        log.compared(B, 0.2, overlap=1.0, rbo=0.8)
        log.dropped(B)
        log.failed(B, "shadow")
        log.close()
    figures = read_traffic(ws, began)
    assert figures[A].answered == 100
    assert figures[A].retried == 2
    assert figures[A].nothing_share == pytest.approx(0.1)
    assert figures[A].error_share == 0.0
    assert figures[A].shadow is None
    assert figures[A].p50_ms == pytest.approx(10, rel=0.06)
    assert figures[B].p99_ms == pytest.approx(100, rel=0.06)
    assert (figures[B].failed, figures[B].error_share) == (2, pytest.approx(2 / 102))
    assert (figures[A].roles, figures[B].roles) == ({"production": 100}, {"canary": 100})
    shadow = figures[B].shadow
    assert shadow is not None
    assert (shadow.queries, shadow.failed, shadow.dropped) == (4, 2, 2)
    assert (shadow.overlap, shadow.rbo) == (pytest.approx(0.75), pytest.approx(0.6))
    assert shadow.p50_ms == pytest.approx(200, rel=0.06)


def test_a_release_that_only_ran_in_the_shadow_answered_nobody(ws: Workspace, time: Time) -> None:
    log = TrafficLog(ws)
    log.dropped(B)
    log.close()
    only = read_traffic(ws, time())[B]
    assert (only.answered, only.error_share, only.nothing_share, only.p99_ms, only.roles) == (0, 0.0, 0.0, 0.0, {})
    assert only.shadow is not None
    assert (only.shadow.queries, only.shadow.overlap) == (0, 0.0)


def test_a_minute_is_one_object_that_is_written_again_while_it_runs(ws: Workspace, time: Time) -> None:
    log = TrafficLog(ws, every_s=10)
    began = time()
    log.answered(A, "production", 0.01)
    log.flush()
    assert keys(ws) == []
    time.at += timedelta(seconds=10)
    log.flush()
    assert read_traffic(ws, began)[A].answered == 1
    time.at += timedelta(seconds=9)
    log.answered(A, "production", 0.01)
    log.flush()  # too early: killed now, this process would lose these nine seconds
    assert read_traffic(ws, began)[A].answered == 1
    time.at += timedelta(seconds=1)
    log.flush()
    assert len(keys(ws)) == 1
    assert read_traffic(ws, began)[A].answered == 2


def test_a_minute_that_is_over_is_written_at_once_and_only_once(
    ws: Workspace, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = TrafficLog(ws, every_s=1000)
    log.answered(A, "production", 0.01)
    time.at += MINUTE
    log.answered(A, "production", 0.01)
    log.flush()
    assert len(keys(ws)) == 1
    with monkeypatch.context() as sealed:
        sealed.setattr(ws.store, "put", lambda key, data: pytest.fail(key))
        log.flush()
    log.close()
    log.answered(A, "production", 0.01)
    log.close()
    assert len(keys(ws)) == 2
    assert read_traffic(ws, time() - MINUTE)[A].answered == 3


def test_only_the_minutes_asked_for_are_read_over_midnight_too(ws: Workspace, time: Time) -> None:
    time.at = time.at.replace(hour=23, minute=58)
    log = TrafficLog(ws)
    for _ in range(5):
        log.answered(A, "production", 0.01)
        time.at += MINUTE
    log.close()
    last = time()
    assert read_traffic(ws, last - 5 * MINUTE)[A].answered == 5
    assert read_traffic(ws, last - 3 * MINUTE, last - 2 * MINUTE)[A].answered == 2
    assert read_traffic(ws, last - 4 * MINUTE + timedelta(seconds=30), last - 4 * MINUTE)[A].answered == 1
    assert read_traffic(ws, last) == {}
    assert read_traffic(ws, last + timedelta(days=3)) == {}


def test_a_store_that_is_away_costs_nothing_before_the_minutes_pile_up(
    ws: Workspace, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = TrafficLog(ws, keep_minutes=3)
    began = time()

    def away(key: str, data: bytes) -> None:
        raise StoreUnavailableError(key)

    with monkeypatch.context() as broken:
        broken.setattr(ws.store, "put", away)
        for _ in range(5):
            log.answered(A, "production", 0.01)
            time.at += MINUTE
            with pytest.raises(StoreUnavailableError):
                log.flush()
    log.flush()
    assert len(keys(ws)) == 3
    assert read_traffic(ws, began)[A].answered == 3


def test_a_clock_that_is_set_back_does_not_overwrite_a_minute(ws: Workspace, time: Time) -> None:
    log = TrafficLog(ws)
    for step in (MINUTE, -MINUTE, MINUTE):
        log.answered(A, "production", 0.01)
        time.at += step
        log.flush()
    log.close()
    assert read_traffic(ws, time() - 3 * MINUTE, time() + MINUTE)[A].answered == 3


def test_threads_count_together(ws: Workspace, time: Time) -> None:
    log = TrafficLog(ws)

    def work() -> None:
        for _ in range(500):
            log.answered(A, "production", 0.001)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    assert read_traffic(ws, time())[A].answered == 2000

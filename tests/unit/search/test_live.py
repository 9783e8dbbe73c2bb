from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from daguerre.encoders.preprocess import PictureError
from daguerre.ids import SpaceName
from daguerre.index.filters import BadFilterError, Filters
from daguerre.index.query import SpaceMismatchError
from daguerre.search.live import LiveSearch, SearchClosedError
from daguerre.search.routes import Share
from daguerre.search.service import PhotoNotFoundError, SearchError
from daguerre.search.traffic import read_traffic
from daguerre.serving.calls import DeadlineError
from daguerre.storage.ports import StoreUnavailableError
from daguerre.workspace import Workspace
from tests.fakes.routes import ToyWorld, route, scores_of, world
from tests.fakes.spaces import workspace

OLD, NEW = route("a"), route("b")


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    made = workspace(tmp_path / "root", tmp_path / "cache")
    quick = made.settings.model_copy(update={"registry_poll_s": 0.01})
    return replace(made, settings=quick)


@pytest.fixture
def toy() -> ToyWorld:
    return world(OLD)


@contextmanager
def live(ws: Workspace, toy: ToyWorld, **changes: float) -> Iterator[LiveSearch]:
    facts = {"deadline_s": 5.0, "tend_s": 0.02} | changes
    with LiveSearch(ws, read_routes=toy.read, open_route=toy.open, newest=toy.newest, **facts) as search:
        yield search
    assert toy.open_now() == set()
    assert all(o.closed == 1 for o in toy.opened)


def wait_for(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not done() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert done()


def traffic(ws: Workspace) -> dict:
    return read_traffic(ws, ws.clock() - timedelta(minutes=1))


def test_every_kind_of_question_is_answered_and_names_what_answered(ws: Workspace, toy: ToyWorld) -> None:
    with live(ws, toy) as search:
        service = toy.service(OLD)
        for answer, asked in (
            (search.by_text("red", owner="alice", k=5), service.by_text("red", owner="alice", k=5)),
            (search.by_image(np.ones((4, 4, 3), np.uint8), k=5), service.by_text("picture 48", k=5)),
            (search.by_photo("p", k=5, filters=Filters(media="photo")), service.by_text("p", k=5)),
        ):
            assert answer.hits == asked
            assert (answer.route, answer.snapshot, answer.role, answer.retried) == (OLD, 1, "production", 0)
            assert not answer.nothing_good
        service.threshold = 2.0
        assert search.by_text("red").nothing_good
        assert not search.by_photo("p").nothing_good
    assert (traffic(ws)[OLD.release].answered, traffic(ws)[OLD.release].nothing_share) == (5, 0.2)


def test_the_switch_reaches_queries_by_itself(ws: Workspace, toy: ToyWorld) -> None:
    with live(ws, toy) as search:
        assert search.status().production == OLD
        toy.move(NEW)
        wait_for(lambda: search.by_text("red").route == NEW)
        status = search.status()
        assert (status.production, status.wanted, status.number) == (NEW, NEW, 2)
        wait_for(lambda: search.status().open == (NEW,))
        assert status.registry_reachable
        assert status.last_error == ""
        wait_for(lambda: toy.open_now() == {NEW.space})
        assert search.status().snapshots == {NEW.space: 1}


def test_a_query_under_way_finishes_where_it_began(ws: Workspace, toy: ToyWorld) -> None:
    inside, go = threading.Event(), threading.Event()

    def pause() -> None:
        inside.set()
        assert go.wait(20)

    with live(ws, toy) as search:
        toy.service(OLD).pause = pause
        answers = []
        asking = threading.Thread(target=lambda: answers.append(search.by_text("red", k=7)))
        asking.start()
        assert inside.wait(20)
        toy.move(NEW)
        wait_for(lambda: search.status().production == NEW)
        assert search.by_text("red").route == NEW
        time.sleep(0.1)
        assert toy.open_now() == {OLD.space, NEW.space}
        go.set()
        asking.join()
        assert answers[0].route == OLD
        wait_for(lambda: toy.open_now() == {NEW.space})


def test_a_share_of_the_owners_is_answered_by_the_canary_always_the_same_ones(ws: Workspace, toy: ToyWorld) -> None:
    share = Share(route=NEW, share=0.3)
    toy.routes = replace(toy.routes, canary=share)
    owners = [f"owner{i}" for i in range(200)]
    with live(ws, toy) as search:
        wait_for(lambda: search.status().canary == share)
        for _ in range(2):
            roles = {owner: search.by_text("red", owner=owner).role for owner in owners}
            assert roles == {owner: "canary" if share.takes(owner) else "production" for owner in owners}
        assert 20 < sum(role == "canary" for role in roles.values()) < 100
        assert all(search.by_text("red").role == "production" for _ in range(20))  # nobody's share
    figures = traffic(ws)
    assert figures[NEW.release].roles == {"canary": 2 * sum(role == "canary" for role in roles.values())}


def test_a_canary_that_fails_is_answered_for_and_counted(ws: Workspace, toy: ToyWorld) -> None:
    toy.routes = replace(toy.routes, canary=Share(route=NEW, share=1.0))
    with live(ws, toy) as search:
        wait_for(lambda: search.status().canary is not None)
        toy.service(NEW).fault = PhotoNotFoundError("p")  # it landed a moment ago: no fault of the candidate's
        assert search.by_photo("p", owner="alice").role == "production"
        toy.service(NEW).fault = RuntimeError("broken")
        answer = search.by_text("red", owner="alice")
        assert (answer.role, answer.route) == ("production", OLD)
        wait_for(lambda: search.by_text("red", owner="alice").role == "canary")  # it was opened anew
    assert traffic(ws)[NEW.release].failed >= 1
    assert set(traffic(ws)[NEW.release].roles) == {"canary"}
    assert traffic(ws)[OLD.release].failed == 0


def test_production_that_fails_for_a_while_costs_time_and_no_answer(ws: Workspace, toy: ToyWorld) -> None:
    with live(ws, toy) as search:
        toy.service(OLD).fault = StoreUnavailableError("a hiccup")
        service = toy.service(OLD)
        threading.Timer(0.2, lambda: setattr(service, "fault", None)).start()
        answer = search.by_text("red")
        assert (answer.role, answer.route) == ("production", OLD)
        assert answer.retried >= 1
    figures = traffic(ws)[OLD.release]
    assert (figures.answered, figures.failed, figures.retried) == (1, 0, answer.retried)


def test_production_that_stays_broken_is_opened_again(ws: Workspace, toy: ToyWorld) -> None:
    with live(ws, toy) as search:
        toy.service(OLD).fault = OSError("file not found")
        answer = search.by_text("red")
        assert answer.route == OLD
        assert answer.retried >= 2
        assert len(toy.opened) == 2
        wait_for(lambda: len(toy.open_now()) == 1)


@pytest.mark.parametrize("deadline_s", [0.0, 5.0])
def test_a_server_that_falls_silent_is_opened_again_at_once(ws: Workspace, toy: ToyWorld, deadline_s: float) -> None:
    with live(ws, toy, deadline_s=deadline_s) as search:
        toy.service(OLD).fault = DeadlineError("no answer")
        with suppress(DeadlineError):
            assert search.by_text("red").retried >= 1
        wait_for(lambda: len(toy.opened) == 2 and toy.opened[0].closed == 1)
        assert search.by_text("red").route == OLD


def test_after_the_deadline_the_last_error_is_raised_and_counted(ws: Workspace, toy: ToyWorld) -> None:
    with live(ws, toy, deadline_s=0.3) as search:
        toy.broken[OLD.space] = RuntimeError("cannot be opened again")
        toy.service(OLD).fault = OSError("file not found")
        began = time.monotonic()
        with pytest.raises(OSError, match="file not found"):
            search.by_text("red")
        assert 0.3 <= time.monotonic() - began < 5
        assert "cannot be opened" in search.status().last_error or "not found" in search.status().last_error
    assert (traffic(ws)[OLD.release].failed, traffic(ws)[OLD.release].error_share) == (1, 1.0)


def test_a_mixed_answer_is_refused_at_once(ws: Workspace, toy: ToyWorld) -> None:
    with live(ws, toy, deadline_s=60.0) as search:
        service = toy.service(OLD)
        query = service.query("red")
        service.query = lambda _: replace(query, space=SpaceName("other-00000000"))
        began = time.monotonic()
        with pytest.raises(SpaceMismatchError):
            search.by_text("red")
        assert time.monotonic() - began < 20
    assert traffic(ws)[OLD.release].failed == 1


def test_faults_of_the_question_are_neither_retried_nor_counted(ws: Workspace, toy: ToyWorld) -> None:
    with live(ws, toy) as search:
        asked = len(toy.service(OLD).asked)
        with pytest.raises(BadFilterError):
            search.by_text("red", filters=Filters(media="hologram"))
        assert len(toy.service(OLD).asked) == asked
        with pytest.raises(PhotoNotFoundError):
            search.by_photo("unknown")
        for fault in (SearchError("what the service finds"), PictureError("too thin")):
            toy.service(OLD).fault = fault
            with pytest.raises(type(fault), match=fault.what):
                search.by_text("red")
        assert len(toy.opened) == 1
    assert traffic(ws) == {}


def test_the_shadow_is_asked_a_share_and_nobody_sees_it(ws: Workspace, toy: ToyWorld) -> None:
    toy.routes = replace(toy.routes, shadow=Share(route=NEW, share=0.5))
    with live(ws, toy) as search:
        wait_for(lambda: search.status().shadow is not None)
        for i in range(100):
            assert search.by_text(f"red {i}", k=10).route == OLD
            if i % 10 == 9:
                time.sleep(0.01)
        wait_for(lambda: len(toy.service(NEW).asked) > 20)
        asked = toy.service(NEW).asked
        wait_for(search._shadow._queue.empty)
        assert 25 < len(asked) < 75
    shadow = traffic(ws)[NEW.release].shadow
    assert shadow is not None
    assert shadow.queries + shadow.dropped >= len(asked)
    assert 0.0 < shadow.overlap < 1.0
    assert traffic(ws)[NEW.release].answered == 0


def test_sixty_seconds_without_a_registry_are_reported_and_nobody_waits(ws: Workspace, toy: ToyWorld) -> None:
    moment = [ws.clock()]
    with live(replace(ws, clock=lambda: moment[0]), toy) as search:
        toy.registry = StoreUnavailableError("no route to host")
        for _ in range(60):
            moment[0] += timedelta(seconds=1)
            assert search.by_text("red").route == OLD
        wait_for(lambda: "no route" in search.status().last_error)
        status = search.status()
        assert not status.registry_reachable
        assert status.age_s >= 59
        assert status.production == OLD
        toy.registry = None
        toy.move(NEW)
        wait_for(lambda: search.by_text("red").route == NEW)
        status = search.status()
        assert status.registry_reachable
        assert (status.age_s, status.last_error) == (0.0, "")
        assert status.as_of == moment[0]


def test_a_registry_that_hangs_counts_as_unreachable_before_it_fails(ws: Workspace, toy: ToyWorld) -> None:
    moment, hang = [ws.clock()], threading.Event()
    with live(replace(ws, clock=lambda: moment[0]), toy) as search:
        newest, toy.newest = toy.newest, lambda known: hang.wait(20) and known
        search._follower._newest = toy.newest
        wait_for(lambda: search.status().age_s == 0.0)
        moment[0] += timedelta(seconds=30)
        time.sleep(0.05)
        assert search.by_text("red").route == OLD
        assert not search.status().registry_reachable
        search._follower._newest = newest
        hang.set()
        wait_for(lambda: search.status().registry_reachable)


def test_a_closed_search_answers_nobody(ws: Workspace, toy: ToyWorld) -> None:
    with live(ws, toy) as search:
        search.by_text("red")
    with pytest.raises(SearchClosedError):
        search.by_text("red")


def test_newer_snapshots_are_searched_without_a_new_encoder(ws: Workspace, toy: ToyWorld) -> None:
    with live(ws, toy) as search:
        before = scores_of(search.by_text("red").hits)
        toy.service(OLD).published = 2
        wait_for(lambda: search.by_text("red").snapshot == 2)
        assert scores_of(search.by_text("red").hits) != before
        assert len(toy.opened) == 1

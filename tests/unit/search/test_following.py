from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from time import monotonic

import pytest

from daguerre.search.following import DOUBT_S, Follower
from daguerre.search.opened import RouteUnfitError
from daguerre.search.routes import Share
from daguerre.storage.ports import StoreUnavailableError
from tests.fakes.routes import Time, ToyWorld, route, world

OLD, NEW, THIRD = route("a"), route("b"), route("c")


def follow(world: ToyWorld, time: Time, **changes: object) -> Follower:
    """A follower that opens at once, in the thread that asks for it."""
    facts: dict[str, object] = {
        "read_routes": world.read, "open_route": world.open, "newest": world.newest, "clock": time,
        "now": time.seconds, "spawn": lambda work: work(),
    }  # fmt: skip
    return Follower(**(facts | changes))


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def toy() -> ToyWorld:
    return world(OLD)


def test_a_promotion_is_followed_at_the_next_poll_and_the_old_route_closed(toy: ToyWorld, time: Time) -> None:
    follower = follow(toy, time)
    assert follower.view.production.route == OLD
    toy.move(NEW)
    follower.poll()
    assert (follower.view.production.route, follower.view.number) == (NEW, 2)
    assert toy.open_now() == {OLD.space, NEW.space}
    assert follower.sweep()
    assert toy.open_now() == {NEW.space}
    assert [o.closed for o in toy.opened] == [1, 0]


def test_an_unchanged_log_costs_one_cheap_request(toy: ToyWorld, time: Time) -> None:
    follower = follow(toy, time)
    for _ in range(20):
        follower.poll()
    assert (toy.polls, toy.reads, len(toy.opened)) == (20, 1, 1)


def test_what_is_warm_is_open_before_it_is_needed_and_the_way_back_opens_nothing(toy: ToyWorld, time: Time) -> None:
    toy.routes = toy.routes.__class__(number=1, production=OLD, warm=(NEW,))
    follower = follow(toy, time)
    assert toy.open_now() == {OLD.space, NEW.space}
    toy.move(NEW, warm=(OLD,))
    follower.poll()
    toy.move(OLD, warm=(NEW,))
    follower.poll()
    assert follower.view.production.route == OLD
    assert len(toy.opened) == 2
    follower.sweep()
    assert toy.open_now() == {OLD.space, NEW.space}


def test_a_production_that_cannot_be_opened_never_ends_what_answers(toy: ToyWorld, time: Time) -> None:
    follower = follow(toy, time)
    toy.broken[NEW.space] = RuntimeError("no such model")
    toy.move(NEW)
    follower.poll()
    assert follower.view.production.route == OLD
    assert follower.wanted.production == NEW
    assert follower.troubles == ("no such model",)
    assert follower.reachable
    follower.tend()
    assert toy.open_now() == {OLD.space}
    del toy.broken[NEW.space]
    follower.poll()  # too early
    assert follower.view.production.route == OLD
    time.at += timedelta(seconds=1)
    follower.poll()
    assert follower.view.production.route == NEW
    assert follower.troubles == ()


def test_switches_and_the_first_of_a_row_of_failures_go_to_the_log(
    toy: ToyWorld, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    follower = follow(toy, time)
    toy.registry = StoreUnavailableError("no route to host")
    for _ in range(5):
        follower.poll()
    toy.registry = None
    toy.move(NEW)
    follower.poll()
    said = [(record.message, record.fields) for record in caplog.records if record.name.startswith("daguerre")]
    assert [message for message, _ in said] == ["not following", "production switched"]
    assert said[1][1] == {"event": 2, "was": OLD.space, "is": NEW.space}


def test_tries_at_a_broken_route_become_rare_and_a_new_event_tries_at_once(toy: ToyWorld, time: Time) -> None:
    tries = 0

    def open_route(at: object) -> object:
        nonlocal tries
        tries += at == NEW
        return toy.open(at)

    follower = follow(toy, time, open_route=open_route)
    toy.broken[NEW.space] = RuntimeError("broken")
    toy.move(NEW)
    for _ in range(4 * 600):  # ten minutes
        follower.poll()
        time.at += timedelta(seconds=0.25)
    assert 15 < tries < 30
    before = tries
    toy.move(NEW)
    follower.poll()
    assert tries == before + 1


def test_a_canary_that_cannot_be_opened_takes_no_part(toy: ToyWorld, time: Time) -> None:
    follower = follow(toy, time)
    toy.broken[NEW.space] = RuntimeError("broken")
    toy.move(OLD, canary=Share(route=NEW, share=0.5), shadow=Share(route=NEW, share=0.5))
    follower.poll()
    assert (follower.view.canary, follower.view.shadow) == (None, None)
    assert follower.view.production.route == OLD
    del toy.broken[NEW.space]
    time.at += timedelta(seconds=1)
    follower.poll()
    assert follower.view.canary is not None
    assert follower.view.shadow is not None
    assert follower.view.canary[1] == follower.view.shadow[1]


def test_an_unreachable_registry_changes_nothing_but_the_age(toy: ToyWorld, time: Time) -> None:
    follower = follow(toy, time)
    began = follower.as_of
    toy.registry = StoreUnavailableError("no route to host")
    for _ in range(240):
        time.at += timedelta(seconds=0.25)
        follower.poll()
        follower.tend()
    assert not follower.reachable
    assert follower.as_of == began
    assert follower.view.production.route == OLD
    assert len(toy.opened) == 1
    toy.registry = None
    toy.move(NEW)
    follower.poll()
    assert follower.reachable
    assert follower.as_of == time()
    assert follower.view.production.route == NEW


def test_production_must_open_at_the_start(toy: ToyWorld, time: Time) -> None:
    toy.published[OLD.space] = 3
    toy.routes = toy.routes.__class__(number=1, production=route("a", snapshot=4))
    with pytest.raises(RouteUnfitError, match="version 3"):
        follow(toy, time)
    assert toy.open_now() == set()
    toy.registry = StoreUnavailableError("away")
    with pytest.raises(StoreUnavailableError):
        follow(toy, time)


def test_a_route_of_another_space_than_its_name_says_is_refused(toy: ToyWorld, time: Time) -> None:
    follower = follow(toy, time, open_route=lambda _: toy.open(OLD))
    toy.move(NEW)
    follower.poll()
    assert follower.view.production.route == OLD
    assert "space-a was opened for space-b" in follower.troubles[0]
    assert [o.closed for o in toy.opened] == [0, 1]


def test_a_promotion_waits_for_the_snapshot_that_belongs_to_it(toy: ToyWorld, time: Time) -> None:
    follower = follow(toy, time)
    toy.move(route("b", snapshot=5))
    follower.poll()
    assert follower.view.production.route == OLD
    toy.published[NEW.space] = 5
    time.at += timedelta(seconds=2)
    follower.poll()
    assert follower.view.production.route == route("b", snapshot=5)
    # The same release again, with a newer snapshot: the encoder stays, the index is renewed.
    toy.service(NEW).published = 7
    toy.move(route("b", snapshot=7))
    follower.poll()
    assert follower.view.production.route == route("b", snapshot=7)
    assert follower.view.production.held.service.snapshot.version == 7
    assert sum(o.service.space == NEW.space for o in toy.opened) == 2


def test_newer_snapshots_are_taken_up_with_the_owners_of_the_old_in_memory(toy: ToyWorld, time: Time) -> None:
    follower = follow(toy, time)
    toy.service(OLD).warm_owners = ["alice", "bob"]
    toy.service(OLD).published = 2
    follower.tend()
    service = follower.view.production.held.service
    assert (service.snapshot.version, sorted(service.residents())) == (2, ["alice", "bob"])
    assert len(toy.opened) == 1
    toy.opened[0].service.published = 1  # an older record is no progress
    follower.tend()
    assert follower.view.production.held.service.snapshot.version == 2


def test_a_new_route_has_the_owners_of_production_in_memory_before_it_takes_over(toy: ToyWorld, time: Time) -> None:
    follower = follow(toy, time)
    toy.service(OLD).warm_owners = ["alice", "bob"]
    toy.move(NEW)
    follower.poll()
    assert sorted(toy.service(NEW).warm_owners) == ["alice", "bob"]
    toy.move(NEW, warm=(THIRD,))
    follower.poll()
    toy.service(NEW).warm_owners.append("carol")
    for _ in range(3):
        follower.tend()
    assert sorted(toy.service(THIRD).warm_owners) == ["alice", "bob", "carol"]  # each once


def test_a_doubted_route_is_opened_again_and_takes_over(toy: ToyWorld, time: Time) -> None:
    follower = follow(toy, time)
    place = follower.view.production
    follower.doubt(place)
    assert follower.view.production.route == OLD
    assert follower.view.production.held is not place.held
    assert follower.sweep()
    assert [o.closed for o in toy.opened] == [1, 0]
    follower.doubt(place)  # an old complaint
    follower.doubt(follower.view.production)  # too soon
    assert len(toy.opened) == 2
    time.at += timedelta(seconds=DOUBT_S + 1)
    toy.broken[OLD.space] = RuntimeError("gone")
    follower.doubt(follower.view.production)
    assert follower.view.production.held.service is toy.opened[1].service
    assert toy.open_now() == {OLD.space}


def test_a_route_that_answers_unwanted_can_be_opened_again_too(toy: ToyWorld, time: Time) -> None:
    follower = follow(toy, time)
    toy.broken[NEW.space] = RuntimeError("broken")
    toy.move(NEW)
    follower.poll()
    follower.doubt(follower.view.production)
    with follower.view.production.held.query() as service:
        assert service is toy.opened[1].service


def test_a_slow_opening_does_not_keep_the_follower_from_another_switch(toy: ToyWorld, time: Time) -> None:
    waiting: list[Callable[[], None]] = []
    follower = follow(toy, time, spawn=waiting.append)
    toy.move(NEW)
    follower.poll()
    toy.move(THIRD)
    follower.poll()
    assert len(waiting) == 2
    waiting[1]()
    assert follower.view.production.route == THIRD
    waiting[0]()  # NEW comes up when nobody wants it any more
    assert follower.sweep()
    assert follower.view.production.route == THIRD
    assert toy.open_now() == {THIRD.space}


def test_closing_waits_for_queries_and_for_openings(toy: ToyWorld, time: Time) -> None:
    waiting: list[Callable[[], None]] = []
    follower = follow(toy, time, spawn=waiting.append, now=monotonic)
    toy.move(NEW)
    follower.poll()
    inside, leave = threading.Event(), threading.Event()

    def ask() -> None:
        with follower.view.production.held.query() as service:
            inside.set()
            leave.wait(10)
            assert not service.closed

    asking = threading.Thread(target=ask)
    asking.start()
    inside.wait(10)
    threading.Timer(0.1, leave.set).start()
    follower.close(within_s=10)
    asking.join()
    assert toy.open_now() == set()
    waiting[0]()  # what comes up too late is closed as well
    follower.sweep()
    assert toy.open_now() == set()
    assert all(o.closed == 1 for o in toy.opened)

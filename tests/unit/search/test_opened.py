from __future__ import annotations

import random
import threading
import time

import pytest

from daguerre.search.opened import Held, RouteUnfitError
from tests.fakes.routes import ToyOpened, ToyService, route

AT = route("a")


def held(version: int = 1) -> tuple[Held, ToyOpened]:
    opened = ToyOpened(service=ToyService(space=AT.space, version=version, published=version))
    return Held(AT, opened), opened


def test_it_is_closed_once_after_its_last_query_and_never_below_one() -> None:
    for seed in range(50):
        one, opened = held()
        chance = random.Random(seed)
        wrong: list[str] = []
        pauses = [chance.uniform(0, 0.004) for _ in range(8)]

        def ask(pause_s: float, one: Held = one, wrong: list[str] = wrong) -> None:
            for _ in range(5):
                with one.query() as service:
                    if service is None:
                        return
                    time.sleep(pause_s)
                    if service.closed:
                        wrong.append("closed below a query")

        threads = [threading.Thread(target=ask, args=(pause_s,)) for pause_s in pauses]
        for thread in threads:
            thread.start()
        assert not one.close_if_idle()  # somebody may still come
        time.sleep(chance.uniform(0, 0.01))
        one.leave()
        while not one.close_if_idle():
            time.sleep(0.0005)
        for thread in threads:
            thread.join()
        assert wrong == []
        assert one.close_if_idle()
        assert opened.closed == 1


def test_a_query_that_raises_is_over_all_the_same() -> None:
    one, opened = held()
    with pytest.raises(RuntimeError), one.query():
        raise RuntimeError("lost")
    one.leave()
    assert one.close_if_idle()
    assert opened.closed == 1


def test_a_query_stays_with_the_snapshot_that_it_began_with() -> None:
    one, opened = held()
    with one.query() as service:
        opened.service.published = 2
        assert one.renew(until=lambda: False)
        assert service is opened.service
        with one.query() as next_one:
            assert next_one is not None
            assert next_one.snapshot.version == 2
    assert not one.renew(until=lambda: False)


def test_owners_are_brought_into_memory_once_each_and_for_a_limited_time() -> None:
    one, opened = held()
    one.warm(["a", "b", "c"], until=lambda: len(opened.service.warm_owners) >= 2)
    assert opened.service.warm_owners == ["a", "b"]
    one.warm(["a", "b", "c"], until=lambda: False)
    assert opened.service.warm_owners == ["a", "b", "c"]


def test_a_newer_snapshot_does_not_wait_for_all_owners_and_gets_them_later() -> None:
    one, opened = held()
    opened.service.warm_owners = ["first", "second", "last"]
    opened.service.published = 2
    answers = iter([False, True])
    assert one.renew(until=lambda: next(answers))
    assert one.service.residents() == ["last"]
    one.warm([], until=lambda: False)
    one.warm(["last"], until=lambda: False)
    assert one.service.residents() == ["last", "second", "first"]


@pytest.mark.parametrize(("wanted", "says"), [(route("b"), "space-a was opened for"), (route("a", snapshot=4), "4")])
def test_what_does_not_fit_the_route_is_refused(wanted: object, says: str) -> None:
    one, _ = held(version=3)
    one.check(AT)
    with pytest.raises(RouteUnfitError, match=says):
        one.check(wanted)

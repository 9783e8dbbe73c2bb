from __future__ import annotations

import threading

import faiss
import numpy as np
import pytest

from daguerre.index.resident import ResidentOwner, ResidentOwners

DIM = 8


def owner_of(n: int, seed: int = 0) -> ResidentOwner:
    vectors = np.random.default_rng(seed).normal(size=(n, DIM)).astype(np.float32)
    index = faiss.IndexScalarQuantizer(DIM, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.add(vectors)
    return ResidentOwner(index=index, photo_ids=np.array([f"{i:032}" for i in range(n)], "S32"))


def test_k_beyond_the_owner_gives_all_of_it_best_first() -> None:
    found = owner_of(3).nearest(np.ones(DIM, np.float32), 10)
    assert len(found) == 3
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)


def test_an_owner_comes_in_when_asked_twice() -> None:
    loads: list[str] = []
    owners = ResidentOwners(lambda o: loads.append(o) or owner_of(1), lambda _: 48, max_bytes=1000)
    assert owners.get("a") is None
    assert owners.get("b") is None
    assert owners.get("a") is owners.get("a") is not None
    assert loads == ["a"]


def test_the_least_recently_asked_leaves_and_memory_stays_bounded() -> None:
    owners = ResidentOwners(lambda _: owner_of(10), lambda _: 480, max_bytes=1000)
    for name in ("a", "a", "b", "b", "a", "c", "c"):
        owners.get(name)
    assert owners.nbytes == 960
    assert owners.get("a") is not None
    assert owners.get("c") is not None
    loads_again = owners.get("b")
    assert loads_again is not None
    assert owners.nbytes == 960


def test_an_owner_larger_than_the_memory_never_comes_in() -> None:
    owners = ResidentOwners(lambda _: pytest.fail("loaded"), lambda _: 1001, max_bytes=1000)
    assert [owners.get("a") for _ in range(3)] == [None] * 3


def test_while_one_thread_loads_the_others_are_not_held_up() -> None:
    loading, go_on = threading.Event(), threading.Event()

    def load(_: str) -> ResidentOwner:
        loading.set()
        assert go_on.wait(10)
        return owner_of(1)

    owners = ResidentOwners(load, lambda _: 48, max_bytes=1000)
    owners.get("a")
    thread = threading.Thread(target=owners.get, args=("a",))
    thread.start()
    assert loading.wait(10)
    assert owners.get("a") is None
    go_on.set()
    thread.join()
    assert owners.get("a") is not None


def test_a_failed_load_is_tried_again() -> None:
    outcomes = iter([OSError("disk"), owner_of(1)])

    def load(_: str) -> ResidentOwner:
        outcome = next(outcomes)
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    owners = ResidentOwners(load, lambda _: 48, max_bytes=1000)
    owners.get("a")
    with pytest.raises(OSError, match="disk"):
        owners.get("a")
    assert owners.get("a") is not None


def test_an_owner_that_is_brought_pushes_nobody_out_and_leaves_first() -> None:
    owners = ResidentOwners(lambda _: owner_of(10), lambda _: 480, max_bytes=1000)
    owners.get("a")
    owners.get("a")
    owners.bring("b")
    owners.bring("c")  # no room
    assert owners.names() == ["b", "a"]
    owners.get("d")
    owners.get("d")
    assert owners.names() == ["a", "d"]


def test_a_brought_owner_that_cannot_be_loaded_may_be_tried_again() -> None:
    outcomes = iter([OSError("disk"), owner_of(1)])

    def load(_: str) -> ResidentOwner:
        outcome = next(outcomes)
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    owners = ResidentOwners(load, lambda _: 48, max_bytes=1000)
    with pytest.raises(OSError, match="disk"):
        owners.bring("a")
    owners.bring("a")
    assert owners.names() == ["a"]

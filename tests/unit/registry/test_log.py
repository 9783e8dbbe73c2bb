from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daguerre import layout
from daguerre.clock import frozen_clock
from daguerre.registry.events import BrokenLogError, Event, EventKind
from daguerre.registry.log import (
    AliasConflictError,
    UnknownReleaseError,
    aliases,
    append_event,
    promote,
    read_events,
    read_state,
    verify_log,
)
from daguerre.registry.state import Pointer, State, fold
from daguerre.settings import load_settings
from daguerre.storage.local import LocalStore
from daguerre.workspace import Workspace

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
A, B, C = "a" * 64, "b" * 64, "c" * 64


def workspace(root) -> Workspace:
    settings = load_settings(root=str(root), product="search")
    return Workspace(settings=settings, store=LocalStore(root, create=True), clock=frozen_clock(NOON))


@pytest.fixture
def ws(tmp_path):
    return workspace(tmp_path / "root")


def registered(ws: Workspace, digest: str, actor: str = "ci") -> Event | None:
    def decide(state: State) -> Event:
        return Event(
            number=state.number + 1, previous=state.head, kind=EventKind.REGISTERED, product="search",
            release=digest, actor=actor, reason="trained", at=ws.clock(),
        )  # fmt: skip

    return append_event(ws, "search", decide)


def test_an_empty_log_names_nothing(ws):
    assert aliases(ws, "search") == {}
    assert read_events(ws, "search") == []


def test_production_leaves_its_predecessor_behind_in_the_same_event(ws):
    registered(ws, A)
    registered(ws, B)
    promote(ws, "production", A, actor="ada", reason="first", snapshot=3)
    promote(ws, "candidate", B, actor="ada", reason="look at it")
    event = promote(ws, "production", B, actor="ada", reason="recall +0.05")
    assert aliases(ws, "search") == {"production": B, "previous": A}
    assert fold(read_events(ws, "search")).pointers["previous"] == Pointer(release=A, snapshot=3)
    assert event == read_events(ws, "search")[-1]
    assert (event.actor, event.reason, event.at) == ("ada", "recall +0.05", NOON)
    assert [e.number for e in read_events(ws, "search")] == [1, 2, 3, 4, 5]


def test_promoting_what_is_there_already_writes_nothing(ws):
    registered(ws, A)
    promote(ws, "production", A, actor="ada", reason="first")
    assert promote(ws, "production", A, actor="bob", reason="again") is None
    assert len(read_events(ws, "search")) == 2


def test_a_release_that_nobody_registered_is_not_promoted(ws):
    with pytest.raises(UnknownReleaseError):
        promote(ws, "production", A, actor="ada", reason="hope")
    assert read_events(ws, "search") == []


def test_products_do_not_see_each_other(ws):
    registered(ws, A)
    with pytest.raises(UnknownReleaseError):
        promote(ws, "production", A, actor="ada", reason="wrong product", product="faces")
    assert aliases(ws, "faces") == {}


class Rival:
    """A store in which somebody else writes just before our first create."""

    def __init__(self, store, act) -> None:
        self._store, self._act = store, act

    def __getattr__(self, name):
        return getattr(self._store, name)

    def create(self, key, data):
        act, self._act = self._act, None
        if act:
            act()
        self._store.create(key, data)


def test_an_alias_that_was_moved_meanwhile_is_a_conflict(ws):
    for digest in (A, B, C):
        registered(ws, digest)
    promote(ws, "production", A, actor="ada", reason="first")
    rival = Rival(ws.store, lambda: promote(ws, "production", B, actor="bob", reason="mine is better"))
    mine = Workspace(settings=ws.settings, store=rival, clock=ws.clock)
    with pytest.raises(AliasConflictError, match=B[:12]):
        promote(mine, "production", C, actor="ada", reason="no, mine")
    assert aliases(ws, "search")["production"] == B


def test_an_unrelated_event_meanwhile_is_none(ws):
    registered(ws, A)
    rival = Rival(ws.store, lambda: registered(ws, B))
    mine = Workspace(settings=ws.settings, store=rival, clock=ws.clock)
    assert promote(mine, "production", A, actor="ada", reason="first").number == 3


def _race(root: str, number: int, start, results) -> None:
    ws = workspace(root)
    start.wait()
    registered(ws, f"{number:064x}", actor=f"owner {number}")
    try:
        promote(ws, "production", f"{number:064x}", actor=f"owner {number}", reason="mine is better", expect=A)
        results.put("won")
    except AliasConflictError:
        results.put("conflict")


def test_of_eight_racing_owners_one_wins_and_the_chain_has_no_gap(ws, tmp_path):
    registered(ws, A)
    promote(ws, "production", A, actor="ada", reason="first")
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(8), context.Queue()
    owners = [context.Process(target=_race, args=(tmp_path / "root", n, start, results)) for n in range(1, 9)]
    for owner in owners:
        owner.start()
    outcomes = [results.get(timeout=120) for _ in owners]
    for owner in owners:
        owner.join()
    events = read_events(ws, "search")
    assert sum(e.kind is EventKind.REGISTERED for e in events) == 9
    assert sorted(outcomes) == ["conflict"] * 7 + ["won"]
    (winner,) = [e for e in events[2:] if e.kind is EventKind.PROMOTED]
    assert fold(events).pointers["production"].release == winner.release
    assert fold(events).pointers["previous"].release == A


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_changed_event_is_found(ws, number):
    for digest in (A, B, C):
        registered(ws, digest)
    promote(ws, "production", A, actor="ada", reason="first")
    key = layout.event("search", number)
    ws.store.put(key, ws.store.get(key).replace(b'"actor":"ci"', b'"actor":"mallory"'))
    for read in (verify_log, lambda w, product: read_state(workspace(Path(ws.store.url)), product)):
        with pytest.raises(BrokenLogError, match=f"event {number}"):
            read(ws, "search")


@pytest.mark.parametrize("number", [1, 2])
def test_a_missing_event_is_found(ws, number):
    for digest in (A, B, C):
        registered(ws, digest)
    ws.store.delete(layout.event("search", number))
    with pytest.raises(BrokenLogError, match=f"event {number}"):
        read_events(ws, "search")


def test_events_in_another_order_are_found(ws):
    registered(ws, A)
    registered(ws, B)
    one, two = (ws.store.get(layout.event("search", n)) for n in (1, 2))
    ws.store.put(layout.event("search", 1), two)
    ws.store.put(layout.event("search", 2), one)
    with pytest.raises(BrokenLogError):
        read_events(ws, "search")


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'{"kind":"coup"}'])
def test_an_event_that_cannot_be_read(ws, data):
    ws.store.put(layout.event("search", 1), data)
    with pytest.raises(BrokenLogError):
        aliases(ws, "search")


def test_extra_white_space_is_a_change(ws):
    registered(ws, A)
    key = layout.event("search", 1)
    ws.store.put(key, ws.store.get(key).replace(b":", b": ", 1))
    with pytest.raises(BrokenLogError):
        aliases(ws, "search")

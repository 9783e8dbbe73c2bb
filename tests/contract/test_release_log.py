"""What the release log promises, asked of a folder and of S3 over real HTTP."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from daguerre import layout
from daguerre.clock import frozen_clock
from daguerre.registry import log
from daguerre.registry.events import BrokenLogError, Event, EventKind
from daguerre.registry.folds import encode_fold
from daguerre.registry.log import newest_number, promote, read_events, read_state, record, verify_log
from daguerre.registry.state import PRODUCTION, Pointer, State, fold
from daguerre.settings import load_settings
from daguerre.storage.opening import open_store
from daguerre.storage.ports import ObjectInfo
from daguerre.workspace import Workspace
from tests.fakes.faulty_proxy import Fault, FaultyProxy, faulty_proxy
from tests.fakes.s3_server import fill_bucket, new_bucket, running_s3, use_s3

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
A, B = "a" * 64, "b" * 64
#: Events of each of the eight racing writers; LOG_RACE_EVENTS=200 is the full race.
RACE_EVENTS = int(os.environ.get("LOG_RACE_EVENTS", "6"))
MANY = 10_000


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with running_s3() as url:
        yield url


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(tmp_path / "root")


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    use_s3(monkeypatch, endpoint)
    return f"s3://{new_bucket(endpoint)}/some/prefix"


@pytest.fixture(params=["folder", "bucket"])
def url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue(request.param)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fold after every fourth event."""
    monkeypatch.setattr(log, "EVERY", 4)


@pytest.fixture
def proxy(endpoint: str) -> Iterator[FaultyProxy]:
    with faulty_proxy(endpoint) as running:
        yield running


def opened(url: str) -> Workspace:
    """The installation as a process sees it that has read nothing yet."""
    return Workspace(
        settings=load_settings(root=url), store=open_store(url, create=True), clock=frozen_clock(NOON), run_id=""
    )


def say(ws: Workspace, kind: EventKind, digest: str = A, *, actor: str = "ci", reason: str = "because") -> Event:
    event = record(ws, kind, digest, actor=actor, reason=reason, allow=lambda _: True, evidence={"figure": 0.5})
    assert event
    return event


def written(ws: Workspace, count: int) -> State:
    """Write `count` events of several kinds, and return what they amount to."""
    say(ws, EventKind.REGISTERED)
    say(ws, EventKind.REGISTERED, B)
    promote(ws, PRODUCTION, A, actor="ada", reason="first", snapshot=3)
    kinds = [EventKind.VALIDATED, EventKind.SAMPLED, EventKind.APPROVED, EventKind.COMPLETED]
    for i in range(3, count):
        say(ws, kinds[i % 4], B, actor=f"person {i}")
    return fold(read_events(ws, "search"))


def fold_numbers(ws: Workspace) -> list[int]:
    return [int(info.key[-13:-5]) for info in ws.store.list("registry/search/folds/")]


def _write(url: str, environment: dict[str, str], number: int, start: Any, results: Any) -> None:
    os.environ.update(environment)
    ws = opened(url)
    start.wait()
    mine = [say(ws, EventKind.SAMPLED, actor=f"writer {number}", reason=f"{i}").number for i in range(RACE_EVENTS)]
    results.put((f"writer {number}", mine))


@pytest.mark.timeout(3000)
def test_of_eight_racing_processes_each_number_has_one_winner(url: str) -> None:
    say(opened(url), EventKind.REGISTERED)
    context = multiprocessing.get_context("forkserver")  # the imports once, not eight times
    context.set_forkserver_preload([__name__, "boto3", "daguerre.storage.s3"])
    start, results = context.Barrier(8), context.Queue()
    environment = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    writers = [context.Process(target=_write, args=(url, environment, n, start, results)) for n in range(8)]
    for writer in writers:
        writer.start()
    won = dict(results.get(timeout=2900) for _ in writers)
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    numbers = sorted(n for mine in won.values() for n in mine)
    assert numbers == list(range(2, 2 + 8 * RACE_EVENTS))  # no gap, no double
    ws = opened(url)
    events = read_events(ws, "search")
    assert [e.number for e in events] == [1, *numbers]
    for actor, mine in won.items():  # what each of them believes is what everybody reads
        assert [(e.number, e.reason) for e in events if e.actor == actor] == [(n, f"{i}") for i, n in enumerate(mine)]
    assert verify_log(ws) == read_state(opened(url)) == fold(events)


@pytest.mark.usefixtures("often")
def test_the_state_is_the_same_from_folds_and_from_the_whole_log(url: str) -> None:
    ws = opened(url)
    for count in range(1, 7):
        say(ws, EventKind.REGISTERED, f"{count:064x}")
        promote(ws, f"alias {count % 3}", f"{count:064x}", actor="ada", reason="so", snapshot=count)
        state = fold(read_events(ws, "search"))
        assert read_state(opened(url)) == read_state(ws) == state
        assert list(read_state(opened(url)).releases) == list(state.releases)
    assert fold_numbers(ws) == [4, 8, 12]


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("damage", [b"", b"{}", b"[1,2]", b"half", b"flip", b"format", b"gone"])
def test_a_fold_that_is_damaged_or_missing_is_passed_over(folder: str, damage: bytes) -> None:
    ws = opened(folder)
    state = written(ws, 10)
    key = layout.event_snapshot("search", 8)
    data = ws.store.get(key)
    match damage:
        case b"gone":
            ws.store.delete(key)
        case b"half":
            ws.store.put(key, data[: len(data) // 2])
        case b"flip":
            ws.store.put(key, data.replace(b'"person 6"', b'"person 7"', 1))
        case b"format":
            ws.store.put(key, data.replace(b'"format":1', b'"format":2', 1))
        case _:
            ws.store.put(key, damage)
    assert read_state(opened(folder)) == state
    if damage in {b"gone", b"format"}:
        assert verify_log(opened(folder)) == state
    else:
        with pytest.raises(BrokenLogError, match=r"folds/00000008\.json"):
            verify_log(opened(folder))
    say(opened(folder), EventKind.APPROVED, B)
    assert read_state(opened(folder)).number == 11


@pytest.mark.usefixtures("often")
def test_a_fold_that_was_forged_is_found(url: str) -> None:
    ws = opened(url)
    state = written(ws, 9)
    assert verify_log(ws) == state
    honest = fold(read_events(ws, "search")[:8])
    forged = replace(honest, pointers={PRODUCTION: Pointer(release=B, snapshot=3)})
    ws.store.put(layout.event_snapshot("search", 8), encode_fold(forged))
    with pytest.raises(BrokenLogError, match=r"folds/00000008.json is not what the events amount to"):
        verify_log(ws)
    ws.store.delete(layout.event_snapshot("search", 8))
    assert verify_log(ws) == state


@pytest.mark.usefixtures("often")
def test_a_fold_of_another_log_is_not_gone_on_from(folder: str) -> None:
    ws = opened(folder)
    state = written(ws, 9)
    foreign = replace(fold(read_events(ws, "search")[:8]), head="f" * 64, pointers={})
    ws.store.put(layout.event_snapshot("search", 8), encode_fold(foreign))
    assert read_state(opened(folder)) == state


@pytest.mark.usefixtures("often")
def test_a_log_that_was_cut_off_is_found(url: str) -> None:
    ws = opened(url)
    written(ws, 9)
    for number in (7, 8, 9):
        ws.store.delete(layout.event("search", number))
    assert read_state(opened(url)).number == 6
    with pytest.raises(BrokenLogError, match="ends at event 6"):
        verify_log(ws)


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("number", [1, 3, 8])
def test_an_old_event_that_was_tampered_with_is_found(url: str, number: int) -> None:
    ws = opened(url)
    written(ws, 9)
    key = layout.event("search", number)
    event = Event.from_json(ws.store.get(key))
    ws.store.put(key, replace(event, actor="mallory").to_json())
    with pytest.raises(BrokenLogError, match=f"does not continue event {number}"):
        verify_log(ws)
    with pytest.raises(BrokenLogError):
        read_events(ws, "search")


def test_a_tail_that_was_rewritten_is_not_gone_on_from(folder: str) -> None:
    """The process knows event 3; somebody wrote another history meanwhile."""
    ws = opened(folder)
    written(ws, 3)
    ws.store.delete_prefix("registry/")
    other = opened(folder)
    say(other, EventKind.REGISTERED, B)
    assert list(read_state(ws).releases) == [B]


def _die(url: str, name: str) -> None:
    """Write an event and die at the first call of `os.<name>` on the way."""
    ws = opened(url)
    read_state(ws)
    setattr(os, name, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
    say(ws, EventKind.APPROVED)


@pytest.mark.parametrize("name", ["fsync", "link", "unlink"])
def test_a_writer_that_is_killed_leaves_a_whole_event_or_none(folder: str, name: str) -> None:
    ws = opened(folder)
    written(ws, 5)
    process = multiprocessing.get_context("spawn").Process(target=_die, args=(folder, name))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    left = [p.name for p in Path(folder, "registry/search/log").iterdir() if p.name.startswith(".tmp-")]
    assert len(left) == 1  # half a file, or a second name of the whole one
    before = verify_log(opened(folder)).number
    assert before == (6 if name == "unlink" else 5)
    assert say(ws, EventKind.APPROVED).number == before + 1
    assert verify_log(opened(folder)).number == before + 1


@pytest.mark.parametrize("keep", [0, 40])
def test_an_event_that_is_torn_on_the_disk_is_named(folder: str, keep: int) -> None:
    ws = opened(folder)
    written(ws, 5)
    path = Path(folder, layout.event("search", 5))
    path.write_bytes(path.read_bytes()[:keep])
    for read in (read_state, verify_log):
        with pytest.raises(BrokenLogError, match=r"00000005.json.*[Rr]estore"):
            read(opened(folder))
    with pytest.raises(BrokenLogError):  # nothing is written behind a torn event
        say(opened(folder), EventKind.APPROVED)


@pytest.mark.parametrize(
    ("status", "code"), [(409, "ConditionalRequestConflict"), (409, "OperationAborted"), (412, "PreconditionFailed")]
)
def test_a_conflict_that_nobody_won_is_tried_again(
    bucket: str, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch, status: int, code: str
) -> None:
    use_s3(monkeypatch, proxy.url)
    ws = opened(bucket)
    written(ws, 3)
    proxy.plan(Fault(kind="refuse", method="PUT", status=status, code=code, times=2))
    assert say(ws, EventKind.APPROVED).number == 4
    assert verify_log(ws).number == 4


@pytest.mark.parametrize(
    ("status", "code"), [(409, "ConditionalRequestConflict"), (409, "OperationAborted"), (412, "PreconditionFailed")]
)
def test_a_conflict_that_another_won_goes_on_behind_it(
    bucket: str, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch, status: int, code: str
) -> None:
    rival = opened(bucket)
    written(rival, 3)
    use_s3(monkeypatch, proxy.url)
    ws = opened(bucket)
    asked = []

    def allow(state: State) -> bool:
        if not asked:
            say(rival, EventKind.VALIDATED, actor="rival")
        asked.append(state.number)
        return True

    proxy.plan(Fault(kind="refuse", method="PUT", status=status, code=code))
    event = record(ws, EventKind.APPROVED, A, actor="ada", reason="yes", allow=allow)
    assert event
    assert (event.number, asked) == (5, [3, 4])
    assert [e.actor for e in read_events(ws, "search")[3:]] == ["rival", "ada"]


@pytest.mark.parametrize("times", [1, 100])
def test_a_writer_whose_answer_was_lost_learns_that_it_won(
    bucket: str, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    use_s3(monkeypatch, proxy.url)
    ws = opened(bucket)
    written(ws, 3)
    proxy.plan(Fault(kind="lose", method="PUT", path="00000004.json", times=times))
    event = promote(ws, PRODUCTION, B, actor="ada", reason="better")
    assert event
    assert event.number == 4
    assert read_events(ws, "search")[3:] == [event]


@pytest.mark.usefixtures("often")
def test_a_fold_that_cannot_be_written_does_not_hide_the_event(
    bucket: str, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    use_s3(monkeypatch, proxy.url)
    ws = opened(bucket)
    proxy.plan(Fault(kind="refuse", method="PUT", path="folds/", times=1, status=503, code="SlowDown"))
    written(ws, 9)
    assert fold_numbers(ws) == [8]
    assert verify_log(ws).number == 9


class Counted:
    """A store that counts requests; a listing is one per thousand keys."""

    def __init__(self, url: str) -> None:
        self._store = open_store(url, create=True)
        self.count = 0

    def __getattr__(self, name: str) -> Any:
        return partial(self._counted, getattr(self._store, name))

    def _counted(self, call: Any, *args: Any, **more: Any) -> Any:
        self.count += 1
        return call(*args, **more)

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[ObjectInfo]:
        for i, info in enumerate(self._store.list(prefix, after=after)):
            self.count += i % 1000 == 0
            yield info

    def since(self) -> int:
        """How many requests there were since the last call."""
        count, self.count = self.count, 0
        return count


@pytest.fixture(scope="module")
def long_log() -> dict[str, bytes]:
    """10,000 events and their folds, as 50 releases in turn are registered, approved and promoted."""
    objects, state = {}, State()
    for number in range(1, MANY + 1):
        digest = f"{(number - 1) % 50:064x}"
        kind = (EventKind.REGISTERED, EventKind.APPROVED, EventKind.PROMOTED)[(number - 1) // 50 % 3]
        event = Event(
            number=number, previous=state.head, kind=kind, product="search", release=digest, actor=f"p{number % 7}",
            alias=PRODUCTION if kind is EventKind.PROMOTED else "", reason="because", at=NOON,
        )  # fmt: skip
        state = fold([event], state)
        objects[layout.event("search", number)] = event.to_json()
        if number % log.EVERY == 0:
            objects[layout.event_snapshot("search", number)] = encode_fold(state)
    return objects


def fill(url: str, objects: dict[str, bytes]) -> None:
    """Lay the objects down past the store, which would flush each of them to the disk."""
    if url.startswith("s3://"):
        name, _, prefix = url.removeprefix("s3://").partition("/")
        fill_bucket(name, {f"{prefix}/{key}": data for key, data in objects.items()})
        return
    for key, data in objects.items():
        path = Path(url, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def test_reading_stays_cheap_at_ten_thousand_events(url: str, long_log: dict[str, bytes]) -> None:
    fill(url, long_log)
    store = Counted(url)
    ws = replace(opened(url), store=store)
    state = read_state(ws)
    # the folds, the newest of them, the events behind it, the one that it ends with, and 10,000 - 39 x 256 others
    assert (state.number, store.since()) == (MANY, 4 + 16)
    assert read_state(ws) == state
    assert store.since() == 2  # what came after what is known (nothing), and whether that is still there
    assert newest_number(ws, "search", MANY) == MANY
    assert store.since() == 1
    assert newest_number(ws, "search", MANY - 3) == MANY
    assert store.since() == 2
    say(ws, EventKind.SAMPLED, f"{0:064x}")
    assert store.since() == 3  # the same two, and the event
    assert read_state(opened(url)) == read_state(ws)


def test_ten_thousand_events_and_their_folds_are_verified(folder: str, long_log: dict[str, bytes]) -> None:
    fill(folder, long_log)
    assert verify_log(opened(folder)) == read_state(opened(folder))

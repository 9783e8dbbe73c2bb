from __future__ import annotations

import pytest

from daguerre.serving.calls import (
    BATCH,
    ONLINE,
    CallFailedError,
    Cause,
    DeadlineError,
    InputRefusedError,
    ModelNotLoadedError,
    Patience,
    ServerFailure,
    ServerUnavailableError,
    cause_of,
    persist,
)


class World:
    """A clock that only sleeping moves, and a server with a script."""

    def __init__(self, *script: Cause | str) -> None:
        self.script = list(script)
        self.at = 0.0
        self.pauses: list[float] = []

    def request(self) -> str:
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, Cause):
            raise ServerFailure(step, f"{step.name} it says")
        return step

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.at += seconds

    def persist(self, **more):
        patience = more.pop("patience", BATCH)
        return persist(self.request, patience=patience, sleep=self.sleep, now=lambda: self.at, **more)


@pytest.mark.parametrize(
    ("status", "message", "cause"),
    [
        ("StatusCode.UNAVAILABLE", "connection refused", Cause.AWAY),
        ("StatusCode.UNAVAILABLE", "Server is stopping, scheduler for model has stopped", Cause.AWAY),
        ("StatusCode.UNAVAILABLE", "This protocol is restricted, expecting header 'admin-key'", Cause.FINAL),
        ("StatusCode.NOT_FOUND", "Request for unknown model", Cause.NO_MODEL),
        ("StatusCode.DEADLINE_EXCEEDED", "Deadline Exceeded", Cause.TOO_MUCH),
        ("StatusCode.INVALID_ARGUMENT", "unexpected shape", Cause.REFUSED),
        ("StatusCode.INTERNAL", "stub process is not healthy", Cause.FAULT),
        ("StatusCode.UNIMPLEMENTED", "", Cause.FINAL),
        ("None", "something local", Cause.FINAL),
    ],
)
def test_what_a_status_means(status, message, cause):
    assert cause_of(status, message) is cause


def test_a_server_that_comes_back_costs_time_only():
    world = World(Cause.AWAY, Cause.AWAY, Cause.AWAY, "vectors")
    assert world.persist() == "vectors"
    assert len(world.pauses) == 3


def test_pauses_are_drawn_below_a_limit_that_doubles_up_to_a_cap():
    patience = Patience(away_s=1, base_s=0.1, cap_s=0.3)
    for attempt, limit in enumerate((0.1, 0.2, 0.3, 0.3)):
        drawn = [patience.pause_s(attempt) for _ in range(300)]
        assert 0 <= min(drawn) < 0.1 * limit
        assert 0.9 * limit < max(drawn) <= limit


@pytest.mark.parametrize("patience", [ONLINE, BATCH])
def test_patience_ends(patience):
    world = World(Cause.AWAY)
    with pytest.raises(ServerUnavailableError, match="AWAY it says"):
        world.persist(patience=patience)
    assert patience.away_s <= world.at <= patience.away_s + patience.cap_s


def test_recovery_is_tried_between_requests_and_may_fail():
    world = World(Cause.AWAY, Cause.NO_MODEL, Cause.AWAY, "vectors")
    tried = []

    def recover() -> None:
        tried.append(world.at)
        if len(tried) == 1:
            raise ServerUnavailableError("not yet")

    assert world.persist(recover=recover) == "vectors"
    assert len(tried) == 3


def test_recovery_that_cannot_succeed_ends_the_call():
    world = World(Cause.AWAY)

    def recover() -> None:
        raise CallFailedError("the golden vectors differ")

    with pytest.raises(CallFailedError, match="golden"):
        world.persist(recover=recover)


@pytest.mark.parametrize(
    ("cause", "error", "requests"),
    [
        (Cause.REFUSED, InputRefusedError, 1),
        (Cause.TOO_MUCH, DeadlineError, 1),
        (Cause.NO_MODEL, ModelNotLoadedError, 1),
        (Cause.FINAL, CallFailedError, 1),
        (Cause.FAULT, CallFailedError, 3),
    ],
)
def test_what_waiting_does_not_mend_is_said_at_once(cause, error, requests):
    world = World(cause)
    with pytest.raises(error):
        world.persist()
    assert len(world.pauses) == requests - 1

"""How a call to an inference server may end, and what to do about it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeVar

from daguerre.encoders.spec import EncoderError

T = TypeVar("T")


class ServerUnavailableError(EncoderError):
    """The inference server cannot be reached."""

    exit_code = 4


class DeadlineError(EncoderError):
    """The inference server did not answer in time."""


class InputRefusedError(EncoderError):
    """The inference server refuses the input."""


class CallFailedError(EncoderError):
    """The inference server failed."""


class ModelNotLoadedError(EncoderError):
    """The inference server has no such model."""


class Cause(Enum):
    """Why a call failed, as far as the answer to it differs."""

    #: Down, starting, stopping or restarting: try again, for as long as the caller can wait.
    AWAY = auto()
    #: Up, but without the model: load it.
    NO_MODEL = auto()
    #: Slower than the deadline, or more than it can hold: ask for less at a time.
    TOO_MUCH = auto()
    #: The input is wrong and stays wrong.
    REFUSED = auto()
    #: A fault inside the server: once more, then give up.
    FAULT = auto()
    #: Nothing that trying again could change.
    FINAL = auto()


_CAUSES = {
    "UNAVAILABLE": Cause.AWAY,
    "CANCELLED": Cause.AWAY,
    "NOT_FOUND": Cause.NO_MODEL,
    "DEADLINE_EXCEEDED": Cause.TOO_MUCH,
    "RESOURCE_EXHAUSTED": Cause.TOO_MUCH,
    "INVALID_ARGUMENT": Cause.REFUSED,
    "INTERNAL": Cause.FAULT,
}
_ERRORS: dict[Cause, type[EncoderError]] = {
    Cause.AWAY: ServerUnavailableError,
    Cause.NO_MODEL: ModelNotLoadedError,
    Cause.TOO_MUCH: DeadlineError,
    Cause.REFUSED: InputRefusedError,
}


class ServerFailure(Exception):  # noqa: N818 - carried between client and retry only, never shown to people
    """One failed call: what the server's status code means, and its own words."""

    def __init__(self, cause: Cause, message: str) -> None:
        super().__init__(message)
        self.cause = cause


def cause_of(status: str, message: str) -> Cause:
    """Map a gRPC status ("StatusCode.UNAVAILABLE") to a cause.

    A protocol that is restricted by a key answers UNAVAILABLE as well, and will for ever.
    """
    code = status.removeprefix("StatusCode.")
    if code == "UNAVAILABLE" and ("restricted" in message or "protocol" in message):
        return Cause.FINAL
    if code == "UNAVAILABLE" and "unknown model" in message:
        return Cause.NO_MODEL
    return _CAUSES.get(code, Cause.FINAL)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to go on trying.

    Attributes:
        away_s: Longest time from the first failure on that a server may be away.
        base_s: Upper limit of the first pause; it doubles up to `cap_s`, and the pause is drawn below it (full jitter).
        faults: How many faults inside the server are forgiven.
    """

    away_s: float
    base_s: float = 0.025
    cap_s: float = 2.0
    faults: int = 2

    def pause_s(self, attempt: int) -> float:
        """Draw the pause after failure number `attempt`, counted from 0."""
        return random.uniform(0, min(self.cap_s, self.base_s * 2**attempt))  # noqa: S311 - jitter


#: A person waits for the answer.
ONLINE = Patience(away_s=2.0, cap_s=0.4, faults=1)
#: A batch waits; a restarted server loads its models within seconds, a moved pod within a minute or two.
BATCH = Patience(away_s=120.0)


def persist(
    request: Callable[[], T],
    *,
    patience: Patience,
    recover: Callable[[], None] | None = None,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> T:
    """Make a request until it is answered, or until its failure is one that waiting does not mend.

    `recover` is called between tries when the server is away or lacks the model; it may restart and load, and its own
    failure to do so counts as one more try.

    Raises:
        ServerUnavailableError, ModelNotLoadedError, DeadlineError, InputRefusedError, CallFailedError.
    """
    began: float | None = None
    faults = attempt = 0
    while True:
        try:
            return request()
        except ServerFailure as failure:
            began = now() if began is None else began
            faults += failure.cause is Cause.FAULT
            waits = failure.cause is Cause.AWAY or (failure.cause is Cause.NO_MODEL and recover is not None)
            again = waits or (failure.cause is Cause.FAULT and faults <= patience.faults)
            if not again or now() - began >= patience.away_s:
                raise _ERRORS.get(failure.cause, CallFailedError)(str(failure)) from failure
            sleep(patience.pause_s(attempt))
            attempt += 1
            if recover and waits:
                _try_to(recover)


def _try_to(recover: Callable[[], None]) -> None:
    try:
        recover()
    except (ServerUnavailableError, ServerFailure):
        return  # still away; the next request will tell

"""The way back, from wherever a release has come to. One event, and nothing is measured first: it has to be quick."""

from __future__ import annotations

from daguerre.index.snapshot import find_snapshot
from daguerre.lifecycle.moves import MoveError, check_reason, named, spec_of
from daguerre.registry.events import Event, EventKind
from daguerre.registry.log import AliasConflictError, read_state, record
from daguerre.registry.state import CANDIDATE, PREVIOUS, PRODUCTION, State
from daguerre.workspace import Workspace


class NothingToRollBackError(MoveError):
    """There is nothing to roll back."""


class WayBackLostError(MoveError):
    """What answered before cannot answer any more."""


def roll_back(ws: Workspace, *, actor: str, reason: str, alias: str = PRODUCTION, expect: str | None = None) -> Event:
    """Take a release away from an alias.

    production: what answered before answers again, at once; the release becomes the candidate, so that its space
    keeps up with new photos, and its probation ends. A candidate that there was beside it is none any more.
    candidate: its shadow and its canary end, and nothing more is embedded into its space.
    previous: the way back is given up, so that the release can be retired; not while a promotion bakes.
    A release that no alias names (registered, validated, sampled or approved) answers nobody: there is nothing to
    roll back.

    `expect` is the release that has to go; without it, the one that the alias names now.

    Raises:
        NothingToRollBackError: the alias names nothing, or production has nothing to go back to.
        WayBackLostError: the index of what answered before is gone.
        AliasConflictError: somebody moved the alias meanwhile.
    """
    check_reason(reason)
    seen = read_state(ws)
    named_now = seen.pointers.get(alias)
    if expect is not None and (named_now is None or named_now.release != expect):
        raise _conflict(alias, seen)
    going = _going(seen, alias)
    snapshot = None
    if alias == PRODUCTION:
        back = seen.pointers[PREVIOUS]
        snapshot = back.snapshot
        if find_snapshot(ws, spec_of(ws, back.release).space) is None:
            raise WayBackLostError(
                f"{named(back.release, seen)} has no index", fix="`daguerre models backfill` builds it."
            )

    def allow(state: State) -> bool:
        if any(state.pointers.get(a) != seen.pointers.get(a) for a in {alias, PRODUCTION, PREVIOUS}):
            raise _conflict(alias, state)
        return True

    event = record(
        ws,
        EventKind.ROLLED_BACK,
        going,
        actor=actor,
        reason=reason,
        allow=allow,
        alias=alias,
        snapshot=snapshot,
        evidence={"phase": seen.releases[going].phase.value},
    )
    assert event
    return event


def _going(state: State, alias: str) -> str:
    """Return the release that has to go. Raises NothingToRollBackError."""
    if alias not in (PRODUCTION, CANDIDATE, PREVIOUS):
        raise NothingToRollBackError(
            f"no alias {alias!r}",
            fix=f"Say {PRODUCTION}, {CANDIDATE} or {PREVIOUS}; a release that none names answers nobody.",
        )
    pointer = state.pointers.get(alias)
    if pointer is None:
        raise NothingToRollBackError(
            f"no release is {alias}", fix="A release that no alias names answers nobody; `retire` frees what it holds."
        )
    if alias == PRODUCTION and PREVIOUS not in state.pointers:
        raise NothingToRollBackError(
            f"nothing answered before {pointer.release[:12]}, or the way back was given up",
            fix="Promote another release.",
        )
    if alias == PREVIOUS and state.baking:
        raise NothingToRollBackError(
            f"{named(pointer.release, state)} is the way back until {state.baking.until.isoformat()}",
            fix="Wait for the end of the probation; `daguerre models watch` says what it lacks.",
        )
    return pointer.release


def _conflict(alias: str, state: State) -> AliasConflictError:
    now = state.pointers.get(alias)
    return AliasConflictError(
        f"{alias} points at {now.release[:12] if now else 'nothing'} after event {state.number}",
        fix="Look at `daguerre models history` and decide again.",
    )

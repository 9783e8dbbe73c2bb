"""What the log amounts to: every release with what is known of it, and what the aliases point at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from daguerre.registry.events import GENESIS, Event, EventKind

PRODUCTION = "production"
CANDIDATE = "candidate"
PREVIOUS = "previous"


class Phase(StrEnum):
    """How far a release has come."""

    REGISTERED = "registered"
    REFUSED = "refused"
    VALIDATED = "validated"
    SAMPLED = "sampled"
    APPROVED = "approved"
    COMPLETE = "complete"
    SHADOW = "shadow"
    CANARY = "canary"
    BAKING = "baking"
    PRODUCTION = "production"
    ROLLED_BACK = "rolled back"
    RETIRED = "retired"


@dataclass(frozen=True, kw_only=True)
class Pointer:
    """What an alias points at: a release and the index snapshot that belongs to it, moved together.

    `snapshot` is the version of the space's vector table that was published when the alias moved, the oldest one that
    may answer for it; None: whatever is published.
    """

    release: str
    snapshot: int | None = None


@dataclass(frozen=True, kw_only=True)
class Approval:
    """One person's yes."""

    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ReleaseState:
    """One release.

    Attributes:
        phase: How far it has come.
        registered: Evidence of its registration: name, space, dim, and `signed_by` when somebody signed it.
        validated: Evidence of the last validation that it passed; None: it passed none, or failed one since.
        sampled: Evidence of the last sample.
        complete: Evidence of the last proof that its space holds every photo.
        shadow: Share of queries that it is asked in the shadow.
        shadowed: Evidence of the last comparison in the shadow.
        canary: Share of owners that it answers.
        canary_since: When its present share began.
        decision: Evidence of the last experiment about it.
        approvals: People who said yes since the last validation.
    """

    digest: str
    registered_by: str
    registered_at: datetime
    phase: Phase = Phase.REGISTERED
    registered: Mapping[str, Any] = field(default_factory=dict)
    validated: Mapping[str, Any] | None = None
    sampled: Mapping[str, Any] | None = None
    complete: Mapping[str, Any] | None = None
    shadow: float = 0.0
    shadowed: Mapping[str, Any] | None = None
    canary: float = 0.0
    canary_since: datetime | None = None
    decision: Mapping[str, Any] | None = None
    approvals: tuple[Approval, ...] = ()

    @property
    def retired(self) -> bool:
        """Say whether its vectors are gone, or going."""
        return self.phase is Phase.RETIRED


@dataclass(frozen=True, kw_only=True)
class Baking:
    """A release that is in production on probation; what answered before it is kept warm until then."""

    release: str
    since: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True)
class State:
    """What the log says after its last event.

    Attributes:
        number: Number of the last event; 0 for an empty log.
        head: sha256 of the last event.
        releases: By digest, in the order in which they were registered.
        pointers: Aliases.
        baking: The probation that runs, if any.
    """

    number: int = 0
    head: str = GENESIS
    releases: Mapping[str, ReleaseState] = field(default_factory=dict)
    pointers: Mapping[str, Pointer] = field(default_factory=dict)
    baking: Baking | None = None

    def aliases_of(self, digest: str) -> tuple[str, ...]:
        """Return the aliases that point at a release."""
        return tuple(sorted(alias for alias, p in self.pointers.items() if p.release == digest))


def fold(events: Iterable[Event], start: State | None = None) -> State:
    """Return what the events amount to, going on from `start`."""
    state = start or State()
    for event in events:
        state = replace(_apply(state, event), number=event.number, head=event.sha256)
    return state


def _apply(state: State, event: Event) -> State:
    if event.kind is EventKind.REGISTERED:
        return _registered(state, event)
    if event.kind is EventKind.PROMOTED:
        return _promoted(state, event)
    if event.kind is EventKind.ROLLED_BACK:
        return _rolled_back(state, event)
    release = state.releases.get(event.release)
    if release is None:
        return state
    if event.kind is EventKind.BAKED:
        baking = None if state.baking and state.baking.release == event.release else state.baking
        return _with(replace(state, baking=baking), replace(release, phase=Phase.PRODUCTION))
    noted, production = _noted(release, event), state.pointers.get(PRODUCTION)
    if production and production.release == event.release:  # what is found out about it does not take it out
        noted = replace(noted, phase=release.phase)
    return _with(state, noted)


def _noted(release: ReleaseState, event: Event) -> ReleaseState:
    """Return the release with what one event says of it, aliases aside."""
    evidence, changes = event.evidence, dict[str, Any]()
    match event.kind:
        case EventKind.VALIDATED:
            changes = {"phase": Phase.VALIDATED, "validated": evidence, "approvals": ()}
        case EventKind.REFUSED:
            changes = {"phase": Phase.REFUSED, "validated": None, "approvals": ()}
        case EventKind.SAMPLED:
            changes = {"phase": Phase.SAMPLED, "sampled": evidence}
        case EventKind.APPROVED:
            others = tuple(a for a in release.approvals if a.actor != event.actor)
            mine = Approval(actor=event.actor, reason=event.reason, at=event.at)
            changes = {"phase": Phase.APPROVED, "approvals": (*others, mine)}
        case EventKind.COMPLETED:
            changes = {"phase": Phase.COMPLETE, "complete": evidence}
        case EventKind.SHADOWED:
            seen = evidence.get("seen") or release.shadowed
            changes = {"phase": Phase.SHADOW, "shadow": float(evidence.get("share", 0.0)), "shadowed": seen}
        case EventKind.CANARY:
            share = float(evidence.get("share", 0.0))
            changes = {"phase": Phase.CANARY, "canary": share, "canary_since": event.at}
        case EventKind.DECIDED:
            changes = {"decision": evidence}
        case EventKind.RETIRED:
            return ReleaseState(
                digest=release.digest,
                registered_by=release.registered_by,
                registered_at=release.registered_at,
                registered=release.registered,
                phase=Phase.RETIRED,
            )
    return replace(release, **changes)


def _registered(state: State, event: Event) -> State:
    known = state.releases.get(event.release)
    if known and not known.retired:  # only a signature was added
        return _with(state, replace(known, registered=event.evidence))
    fresh = ReleaseState(
        digest=event.release, registered_by=event.actor, registered_at=event.at, registered=event.evidence
    )
    return _with(state, fresh)


def _promoted(state: State, event: Event) -> State:
    pointers = dict(state.pointers)
    before = pointers.get(event.alias)
    pointers[event.alias] = Pointer(release=event.release, snapshot=event.snapshot)
    if event.alias != PRODUCTION:
        return replace(state, pointers=pointers)
    if before:
        pointers[PREVIOUS] = before
    candidate = pointers.get(CANDIDATE)
    if candidate and candidate.release == event.release:
        del pointers[CANDIDATE]
    hours = float(event.evidence.get("bake_hours", 0.0))
    baking = Baking(release=event.release, since=event.at, until=event.at + timedelta(hours=hours)) if before else None
    state = replace(state, pointers=pointers, baking=baking)
    release = state.releases.get(event.release)
    if release is None:
        return state
    phase = Phase.BAKING if baking else Phase.PRODUCTION
    return _with(state, replace(release, phase=phase, shadow=0.0, canary=0.0, canary_since=None))


def _rolled_back(state: State, event: Event) -> State:
    """Fold the end of an attempt. `event.release` is the release that has to go, `event.alias` where it was.

    Out of production, it becomes the candidate again, so that its space keeps up with new photos; a candidate that is
    rolled back, or that has to make room, is nothing any more. Of what production was before, the way back is given up.
    """
    pointers = dict(state.pointers)
    baking = state.baking
    if event.alias == PRODUCTION and PREVIOUS in pointers:
        displaced = state.releases.get(pointers[CANDIDATE].release) if CANDIDATE in pointers else None
        if displaced:
            state = _with(state, replace(displaced, shadow=0.0, canary=0.0, canary_since=None))
        pointers[CANDIDATE] = pointers[PRODUCTION]
        pointers[PRODUCTION] = pointers.pop(PREVIOUS)
        baking = None
    elif event.alias in (CANDIDATE, PREVIOUS):
        pointers.pop(event.alias, None)
    state = replace(state, pointers=pointers, baking=baking)
    release = state.releases.get(event.release)
    if release is None:
        return state
    return _with(state, replace(release, phase=Phase.ROLLED_BACK, shadow=0.0, canary=0.0, canary_since=None))


def _with(state: State, release: ReleaseState) -> State:
    return replace(state, releases={**state.releases, release.digest: release})

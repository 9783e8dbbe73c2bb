"""How much of the traffic a candidate sees: in the shadow, where nobody sees its answers, or as a canary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from daguerre.index.snapshot import find_snapshot
from daguerre.lifecycle.moves import MoveError, check_reason, known, named, spec_of
from daguerre.registry.events import Event, EventKind
from daguerre.registry.log import read_events, record
from daguerre.registry.policy import CanaryRule, load_policy
from daguerre.registry.state import CANDIDATE, ReleaseState, State
from daguerre.search.traffic import read_traffic
from daguerre.workspace import Workspace

#: Shares are typed by people; steps of a tenth do not add up to exactly a half.
_ROUNDING = 1e-9


class ShareRefusedError(MoveError):
    """The release cannot have that share of the queries."""

    exit_code = 2


def set_shadow(ws: Workspace, digest: str, share: float, *, actor: str, reason: str) -> Event | None:
    """Have the candidate asked a share of the queries after they were answered; None: it has that share already.

    Raises:
        ShareRefusedError: the release is not the candidate, or its space was never proven complete.
    """
    check_reason(reason)
    _check_share(share)

    def allow(state: State) -> bool:
        return _ready(ws, state, digest, share).shadow != share

    evidence = {"share": share}
    return record(ws, EventKind.SHADOWED, digest, actor=actor, reason=reason, allow=allow, evidence=evidence)


def end_shadow(
    ws: Workspace, digest: str, seen: Mapping[str, Any] | None = None, *, actor: str, reason: str
) -> Event | None:
    """End the shadow and keep how the release compared; None: no shadow was running.

    `seen` needs `queries` and `overlap`; without it, it is what the search processes wrote down since the shadow began.

    Raises:
        ShareRefusedError: the release is not the candidate.
    """
    check_reason(reason)
    kept = dict(seen) if seen is not None else shadow_so_far(ws, digest)

    def allow(state: State) -> bool:
        return _candidate(state, digest).shadow > 0

    evidence = {"share": 0.0, "seen": kept}
    return record(ws, EventKind.SHADOWED, digest, actor=actor, reason=reason, allow=allow, evidence=evidence)


def shadow_so_far(ws: Workspace, digest: str) -> dict[str, Any]:
    """Return how a release compared with production since its shadow last began; 0 queries when nothing was asked."""
    began = None
    for event in read_events(ws, ws.settings.product):
        if event.release == digest and event.kind is EventKind.SHADOWED and event.evidence.get("share", 0) > 0:
            began = event.at
    figures = read_traffic(ws, began).get(digest) if began else None
    return asdict(figures.shadow) if figures and figures.shadow else {"queries": 0, "overlap": 0.0}


def set_canary(ws: Workspace, digest: str, share: float, *, actor: str, reason: str) -> Event | None:
    """Have the candidate answer a share of the owners; 0 ends it; None: it has that share already.

    Owners who are in a share stay in every larger one. A share may always be lowered.

    Raises:
        ShareRefusedError: the release is not the candidate, its space was never proven complete, or the policy does
            not allow so large a share, or so large a step.
        PolicyError: the policy cannot be read.
    """
    check_reason(reason)
    _check_share(share)
    rule = load_policy(ws).canary

    def allow(state: State) -> bool:
        release = _ready(ws, state, digest, share)
        _check_step(rule, release.canary, share)
        return release.canary != share

    evidence = {"share": share}
    return record(ws, EventKind.CANARY, digest, actor=actor, reason=reason, allow=allow, evidence=evidence)


def _check_share(share: float) -> None:
    if not 0 <= share <= 1:
        raise ShareRefusedError(f"{share}", fix="A share lies between 0 and 1.")


def _check_step(rule: CanaryRule, now: float, wanted: float) -> None:
    if wanted <= now:
        return
    if wanted > rule.largest_share + _ROUNDING:
        raise ShareRefusedError(
            f"{wanted:g} of the owners; the policy's largest_share is {rule.largest_share:g}",
            fix="Promote the release when this is enough.",
        )
    if wanted - now > rule.largest_step + _ROUNDING:
        raise ShareRefusedError(
            f"from {now:g} to {wanted:g} of the owners; the policy's largest_step is {rule.largest_step:g}",
            fix=f"Go to {min(now + rule.largest_step, rule.largest_share):g} first.",
        )


def _candidate(state: State, digest: str) -> ReleaseState:
    release, pointer = known(state, digest), state.pointers.get(CANDIDATE)
    if pointer is None or pointer.release != digest:
        raise ShareRefusedError(
            f"{named(digest, state)} is not the candidate", fix="`daguerre models nominate` makes it the candidate."
        )
    return release


def _ready(ws: Workspace, state: State, digest: str, share: float) -> ReleaseState:
    """Return the candidate; to get any queries it must hold every photo and have an index."""
    release = _candidate(state, digest)
    if share > 0:
        if release.complete is None:
            raise ShareRefusedError(
                f"the space of {named(digest, state)} was never proven complete",
                fix="`daguerre models complete` proves it.",
            )
        if find_snapshot(ws, spec_of(ws, digest).space) is None:
            raise ShareRefusedError(f"{named(digest, state)} has no index", fix="`daguerre models backfill` builds it.")
    return release

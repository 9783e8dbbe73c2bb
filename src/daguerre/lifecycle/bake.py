"""Watching what answers: a breach rolls it back by itself; probation that nothing breached ends by itself."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from daguerre.lifecycle.guards import GuardReport, canary, probation
from daguerre.lifecycle.rollback import NothingToRollBackError, roll_back
from daguerre.registry.events import EventKind
from daguerre.registry.log import AliasConflictError, read_state, record
from daguerre.registry.policy import load_policy
from daguerre.registry.state import Baking, State
from daguerre.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one look led to, and what was seen."""

    what: Literal["nothing", "baking", "baked", "rolled back"]
    report: GuardReport


def watch(ws: Workspace, *, actor: str = "guard") -> Outcome:
    """Look once at production on probation, else at the canary, and act; to be called every minute or so.

    Probation goes on after its time for as long as too few were answered for "nothing was breached" to mean anything;
    the report says so. There is no canary while production is on probation. Of several watchers one acts, and what a
    person moved meanwhile stands.

    Raises:
        WayBackLostError: a guard was breached, and what answered before cannot answer any more.
        PolicyError: the policy cannot be read.
    """
    state, policy = read_state(ws), load_policy(ws)
    report = probation(ws, state, policy) if state.baking else canary(ws, state, policy)
    if report.breaches and _back(ws, report, actor):
        return Outcome(what="rolled back", report=report)
    if report.breaches:
        return Outcome(what="nothing", report=report)
    if state.baking is None:
        return Outcome(what="nothing", report=report)
    if ws.clock() < state.baking.until or report.wanting:
        return Outcome(what="baking", report=report)
    return Outcome(what="baked" if _bake(ws, state.baking, report, actor) else "nothing", report=report)


def _back(ws: Workspace, report: GuardReport, actor: str) -> bool:
    reason = f"by itself: {report.reason()}"
    # When somebody moves it in this very moment their choice stands; the next look begins anew.
    with suppress(AliasConflictError, NothingToRollBackError):
        roll_back(ws, actor=actor, reason=reason, alias=report.alias, expect=report.release)
        return True
    return False


def _bake(ws: Workspace, baking: Baking, report: GuardReport, actor: str) -> bool:
    def allow(state: State) -> bool:
        return state.baking == baking

    reason = f"no guard was breached since {baking.since.isoformat()}"
    event = record(
        ws,
        EventKind.BAKED,
        baking.release,
        actor=actor,
        reason=reason,
        allow=allow,
        evidence={"figures": dict(report.figures)},
    )
    return event is not None

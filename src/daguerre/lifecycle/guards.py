"""Is what answers now worse than what answered before it? Figures, limits, and a verdict only where they suffice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from daguerre.lifecycle.breaches import Breach, Findings, judge_drift, judge_recall, judge_traffic
from daguerre.lifecycle.moves import spec_of
from daguerre.registry.log import read_state
from daguerre.registry.policy import Policy
from daguerre.registry.state import CANDIDATE, PREVIOUS, PRODUCTION, State
from daguerre.search.abstention import usable_abstention
from daguerre.search.traffic import TrafficFigures, read_traffic
from daguerre.workspace import Workspace

_NOTHING = TrafficFigures(
    answered=0, failed=0, retried=0, error_share=0.0, nothing_share=0.0, p50_ms=0.0, p99_ms=0.0, roles={}
)


@dataclass(frozen=True, kw_only=True)
class GuardReport:
    """What the guards saw of one release.

    Attributes:
        release: Who is watched; empty when nobody is.
        alias: Where it answers: production, or candidate for a canary.
        against: What it is compared with.
        since: Since when it has been answering.
        breaches: Limits that were crossed, surely and not by chance.
        figures: What was measured, unit in the name; a guard without a figure has seen too little.
        wanting: What a probation that has lasted long enough still lacks; empty when it lacks nothing.
    """

    release: str = ""
    alias: str = ""
    against: str = ""
    since: datetime | None = None
    breaches: tuple[Breach, ...] = ()
    figures: Mapping[str, float]
    wanting: str = ""

    def reason(self) -> str:
        """Return the breaches in one line."""
        return "; ".join(f"{breach.guard}: {breach.said}" for breach in self.breaches)


def read_guards(ws: Workspace, policy: Policy) -> GuardReport:
    """Compare the release on probation with what answered before it, over at most as long a time.

    Raises:
        BrokenLogError: the log was tampered with.
    """
    return probation(ws, read_state(ws), policy)


def probation(ws: Workspace, state: State, policy: Policy) -> GuardReport:
    """Watch production while it bakes; an empty report when it does not."""
    baking, before = state.baking, state.pointers.get(PREVIOUS)
    if baking is None or before is None:
        return GuardReport(figures={})
    now = ws.clock()
    after = read_traffic(ws, baking.since, now).get(baking.release, _NOTHING)
    earlier = read_traffic(ws, baking.since - (now - baking.since), baking.since).get(before.release, _NOTHING)
    findings = Findings(limits=policy.guards)
    judge_traffic(findings, after, earlier, alike=_alike(ws, baking.release, before.release))
    judge_recall(findings, ws, baking.release)
    judge_drift(findings, ws, baking.since)
    return GuardReport(
        release=baking.release,
        alias=PRODUCTION,
        against=before.release,
        since=baking.since,
        breaches=tuple(findings.breaches),
        figures=findings.figures,
        wanting=_wanting(after.answered, policy.guards.min_answers),
    )


def canary(ws: Workspace, state: State, policy: Policy) -> GuardReport:
    """Watch the canary against production in the same time; an empty report when there is none."""
    candidate, production = state.pointers.get(CANDIDATE), state.pointers.get(PRODUCTION)
    release = state.releases.get(candidate.release) if candidate else None
    if candidate is None or production is None or release is None or release.canary <= 0:
        return GuardReport(figures={})
    since = release.canary_since
    assert since
    traffic = read_traffic(ws, since)
    findings = Findings(limits=policy.guards)
    after, beside = (traffic.get(digest, _NOTHING) for digest in (candidate.release, production.release))
    judge_traffic(findings, after, beside, alike=_alike(ws, candidate.release, production.release))
    judge_recall(findings, ws, candidate.release)
    return GuardReport(
        release=candidate.release,
        alias=CANDIDATE,
        against=production.release,
        since=since,
        breaches=tuple(findings.breaches),
        figures=findings.figures,
    )


def _wanting(answered: int, least: int) -> str:
    """Return what is missing before "nothing was breached" says anything."""
    if answered >= least:
        return ""
    return f"not enough answers yet: {answered} of {least} (`guards.min_answers` of the policy)"


def _alike(ws: Workspace, *digests: str) -> bool:
    """Say whether all of these releases, or none of them, ever say that nothing good was found."""
    known = [usable_abstention(ws, spec_of(ws, digest).space) for digest in digests]
    return len({one is not None and one.threshold is not None for one in known}) == 1

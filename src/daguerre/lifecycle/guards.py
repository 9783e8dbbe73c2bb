"""Is what answers now worse than what answered before it? Figures, limits, and a verdict only where they suffice."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from daguerre.ids import BatchKey
from daguerre.index.snapshot import find_snapshot
from daguerre.landing.manifest import read_manifest
from daguerre.lifecycle.moves import spec_of
from daguerre.lifecycle.recall import audited_recall
from daguerre.quality.findings import Status
from daguerre.registry.log import read_state
from daguerre.registry.policy import GuardLimits, Policy
from daguerre.registry.state import CANDIDATE, PREVIOUS, PRODUCTION, State
from daguerre.search.traffic import TrafficFigures, read_traffic
from daguerre.stages.latest import latest_drift
from daguerre.storage.ports import ObjectNotFoundError
from daguerre.workspace import Workspace

#: Fewer queries on a side: no verdict about shares.
MIN_QUERIES = 50
#: A p99 of fewer answers rests on a handful of them.
MIN_TIMED = 500
#: Standard deviations of the bounds of a share: guards are asked every minute for a day, so chance gets many tries.
_Z = 3.3

_NOTHING = TrafficFigures(
    answered=0, failed=0, retried=0, error_share=0.0, nothing_share=0.0, p50_ms=0.0, p99_ms=0.0, roles={}
)


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A limit that was crossed."""

    guard: str
    value: float
    limit: float
    said: str


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
    """

    release: str = ""
    alias: str = ""
    against: str = ""
    since: datetime | None = None
    breaches: tuple[Breach, ...] = ()
    figures: Mapping[str, float]

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
    limits, figures, breaches = policy.guards, dict[str, float](), list[Breach]()
    _traffic(after, earlier, limits, figures, breaches.append)
    _recall(ws, baking.release, limits, figures, breaches.append)
    if limits.drift != "ignore":
        _drift(ws, baking.since, limits, figures, breaches.append)
    return GuardReport(
        release=baking.release,
        alias=PRODUCTION,
        against=before.release,
        since=baking.since,
        breaches=tuple(breaches),
        figures=figures,
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
    limits, figures, breaches = policy.guards, dict[str, float](), list[Breach]()
    after, beside = (traffic.get(digest, _NOTHING) for digest in (candidate.release, production.release))
    _traffic(after, beside, limits, figures, breaches.append)
    _recall(ws, candidate.release, limits, figures, breaches.append)
    return GuardReport(
        release=candidate.release,
        alias=CANDIDATE,
        against=production.release,
        since=since,
        breaches=tuple(breaches),
        figures=figures,
    )


_Report = Callable[[Breach], object]


def _traffic(
    after: TrafficFigures, before: TrafficFigures, limits: GuardLimits, figures: dict[str, float], report: _Report
) -> None:
    asked, asked_before = after.answered + after.failed, before.answered + before.failed
    figures |= {"asked": asked, "failed": after.failed, "asked_before": asked_before, "failed_before": before.failed}
    if asked >= MIN_QUERIES:
        figures["error_share"] = after.error_share
        low, _ = bounds(after.failed, asked)
        # What failed as often before is not this release's fault: going back would mend nothing.
        _, high_before = bounds(before.failed, asked_before) if asked_before >= MIN_QUERIES else (0.0, 0.0)
        if low > max(limits.error_share, high_before):
            said = f"{after.failed} of {asked} queries failed, surely more than {low:.2%}"
            report(_breach("error_share", after.error_share, limits.error_share, f"{said}; before {_of(before)}"))
    if min(after.answered, before.answered) >= MIN_QUERIES:
        figures["nothing_share"], figures["nothing_share_before"] = after.nothing_share, before.nothing_share
        low, _ = bounds(round(after.nothing_share * after.answered), after.answered)
        _, high = bounds(round(before.nothing_share * before.answered), before.answered)
        if low > limits.nothing_found_ratio * high:
            ratio = after.nothing_share / max(before.nothing_share, 1 / before.answered)
            said = f"nothing good was found for {after.nothing_share:.1%} of {after.answered} queries"
            said += f", before for {before.nothing_share:.1%} of {before.answered}"
            report(_breach("nothing_found_ratio", ratio, limits.nothing_found_ratio, said))
    if min(after.answered, before.answered) >= MIN_TIMED:
        figures["p99_ms"], figures["p99_ms_before"] = after.p99_ms, before.p99_ms
        ratio = after.p99_ms / before.p99_ms if before.p99_ms else 1.0
        if ratio > limits.latency_p99_ratio:
            said = f"p99 is {after.p99_ms:.1f} ms over {after.answered} answers"
            said += f", before {before.p99_ms:.1f} ms over {before.answered}"
            report(_breach("latency_p99_ratio", ratio, limits.latency_p99_ratio, said))


def _of(before: TrafficFigures) -> str:
    return f"{before.failed} of {before.answered + before.failed}"


def _recall(ws: Workspace, digest: str, limits: GuardLimits, figures: dict[str, float], report: _Report) -> None:
    snapshot = find_snapshot(ws, spec_of(ws, digest).space)
    recall = audited_recall(ws, snapshot) if snapshot else None
    if snapshot is None or recall is None:
        return
    figures["recall_at_10"] = recall
    if recall < limits.recall_at_10:
        said = f"the index of {snapshot.rows} vectors, version {snapshot.version}, finds {recall:.3f} of the nearest"
        report(_breach("recall_at_10", recall, limits.recall_at_10, said))


def _drift(ws: Workspace, since: datetime, limits: GuardLimits, figures: dict[str, float], report: _Report) -> None:
    """Look at the newest batch that has a drift record; one that landed before the switch says nothing of it."""
    newest = latest_drift(ws)
    if newest is None:
        return
    try:
        landed = read_manifest(ws.store, BatchKey(newest["batch"])).sealed_at
    except ObjectNotFoundError:
        return
    if landed < since:
        return
    blocked = sum(finding["status"] == Status.BLOCK for finding in newest["findings"])
    figures["drifted_signals"] = blocked
    if limits.drift == "block" and newest["verdict"] == Status.BLOCK:
        report(_breach("drift", float(blocked), 0.0, f"batch {newest['batch']}: {newest['said']}"))


def _breach(guard: str, value: float, limit: float, said: str) -> Breach:
    return Breach(guard=guard, value=value, limit=limit, said=f"{said}; {value:.4g}, the limit is {limit:g}")


def bounds(count: int, of: int) -> tuple[float, float]:
    """Return between which shares the true one lies, for `count` of `of`: Wilson's score interval (1927)."""
    if of == 0:
        return 0.0, 1.0
    share, z2 = count / of, _Z * _Z
    centre = (share + z2 / (2 * of)) / (1 + z2 / of)
    spread = _Z / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, centre - spread), min(1.0, centre + spread)

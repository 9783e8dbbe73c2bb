"""Figures against limits; a verdict only where the counts suffice to tell a fault from chance."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime

from daguerre.ids import BatchKey
from daguerre.index.snapshot import find_snapshot
from daguerre.landing.manifest import read_manifest
from daguerre.lifecycle.moves import spec_of
from daguerre.lifecycle.recall import audited_recall
from daguerre.quality.findings import Status
from daguerre.registry.policy import GuardLimits
from daguerre.search.traffic import TrafficFigures
from daguerre.stages.latest import latest_drift
from daguerre.storage.ports import ObjectNotFoundError
from daguerre.workspace import Workspace

#: Fewer queries on a side: no verdict about shares.
MIN_QUERIES = 50
#: A p99 of fewer answers rests on a handful of them.
MIN_TIMED = 500
#: Standard deviations of the bounds of a share: guards are asked every minute for a day, so chance gets many tries.
_Z = 3.3


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A limit that was crossed."""

    guard: str
    value: float
    limit: float
    said: str


@dataclass(kw_only=True)
class Findings:
    """What the guards of one release measured and found so far; a guard without a figure has seen too little."""

    limits: GuardLimits
    figures: dict[str, float] = field(default_factory=dict)
    breaches: list[Breach] = field(default_factory=list)

    def report(self, guard: str, value: float, limit: float, said: str) -> None:
        """Note that a limit was crossed."""
        said = f"{said}; {value:.4g}, the limit is {limit:g}"
        self.breaches.append(Breach(guard=guard, value=value, limit=limit, said=said))


def judge_traffic(findings: Findings, after: TrafficFigures, before: TrafficFigures, *, alike: bool) -> None:
    """Compare what a release answered with what another one answered before it, or beside it.

    `alike`: both spaces know, or neither knows, from which score on an answer counts as one; otherwise shares of
    "nothing good found" cannot be compared.
    """
    limits, figures = findings.limits, findings.figures
    asked, asked_before = after.answered + after.failed, before.answered + before.failed
    figures |= {"asked": asked, "failed": after.failed, "asked_before": asked_before, "failed_before": before.failed}
    if asked >= MIN_QUERIES:
        figures["error_share"] = after.error_share
        low, _ = bounds(after.failed, asked)
        # What failed as often before is not this release's fault: going back would mend nothing.
        _, high_before = bounds(before.failed, asked_before) if asked_before >= MIN_QUERIES else (0.0, 0.0)
        if low > max(limits.error_share, high_before):
            said = f"{after.failed} of {asked} queries failed, surely more than {low:.2%}"
            findings.report("error_share", after.error_share, limits.error_share, f"{said}; before {_of(before)}")
    if alike and min(after.answered, before.answered) >= MIN_QUERIES:
        figures["nothing_share"], figures["nothing_share_before"] = after.nothing_share, before.nothing_share
        low, _ = bounds(round(after.nothing_share * after.answered), after.answered)
        _, high = bounds(round(before.nothing_share * before.answered), before.answered)
        if low > limits.nothing_found_ratio * high:
            ratio = after.nothing_share / max(before.nothing_share, 1 / before.answered)
            said = f"nothing good was found for {after.nothing_share:.1%} of {after.answered} queries"
            said += f", before for {before.nothing_share:.1%} of {before.answered}"
            findings.report("nothing_found_ratio", ratio, limits.nothing_found_ratio, said)
    if min(after.answered, before.answered) >= MIN_TIMED:
        figures["p99_ms"], figures["p99_ms_before"] = after.p99_ms, before.p99_ms
        ratio = after.p99_ms / before.p99_ms if before.p99_ms else 1.0
        if ratio > limits.latency_p99_ratio:
            said = f"p99 is {after.p99_ms:.1f} ms over {after.answered} answers"
            said += f", before {before.p99_ms:.1f} ms over {before.answered}"
            findings.report("latency_p99_ratio", ratio, limits.latency_p99_ratio, said)


def _of(before: TrafficFigures) -> str:
    return f"{before.failed} of {before.answered + before.failed}"


def judge_recall(findings: Findings, ws: Workspace, digest: str) -> None:
    """Look at the last audit of the index that a release is asked through."""
    snapshot = find_snapshot(ws, spec_of(ws, digest).space)
    recall = audited_recall(ws, snapshot) if snapshot else None
    if snapshot is None or recall is None:
        return
    findings.figures["recall_at_10"] = recall
    limit = findings.limits.recall_at_10
    if recall < limit:
        said = f"the index of {snapshot.rows} vectors, version {snapshot.version}, finds {recall:.3f} of the nearest"
        findings.report("recall_at_10", recall, limit, said)


def judge_drift(findings: Findings, ws: Workspace, since: datetime) -> None:
    """Look at the newest batch that has a drift record; one that landed before the switch says nothing of it."""
    if findings.limits.drift == "ignore":
        return
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
    findings.figures["drifted_signals"] = blocked
    if findings.limits.drift == "block" and newest["verdict"] == Status.BLOCK:
        findings.report("drift", float(blocked), 0.0, f"batch {newest['batch']}: {newest['said']}")


def bounds(count: int, of: int) -> tuple[float, float]:
    """Return between which shares the true one lies, for `count` of `of`: Wilson's score interval (1927)."""
    if of == 0:
        return 0.0, 1.0
    share, z2 = count / of, _Z * _Z
    centre = (share + z2 / (2 * of)) / (1 + z2 / of)
    spread = _Z / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, centre - spread), min(1.0, centre + spread)

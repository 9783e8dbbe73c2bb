"""The invariants that every stage must hold; a broken one blocks what lies downstream in the same run.

The checks are evaluated inside the asset's own step, so that they know the partition: a check of its own would be
evaluated once for a whole range of partitions and leave all but one of them unverified.
"""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from daguerre.index.audit import MIN_RECALL
from daguerre.stages.report import StageReport

LEDGER_CLOSES = "ledger_closes"
UNIT_NORM_AND_FINITE = "unit_norm_and_finite"
EVERY_PHOTO_HAS_A_VECTOR = "every_photo_has_a_vector"
NO_FOREIGN_OWNER = "no_foreign_owner"
ONLINE_EQUALS_OFFLINE = "online_equals_offline"
RECALL_AGAINST_EXACT = "recall_against_exact"
SIGNALS_DID_NOT_DRIFT = "signals_did_not_drift"


def blocking(asset: str, *names: str) -> list[dg.AssetCheckSpec]:
    """Declare blocking checks of one asset."""
    return [dg.AssetCheckSpec(name, asset=asset, blocking=True, description=_MEANING[name]) for name in names]


_MEANING = {
    LEDGER_CLOSES: "total = done + rejected(reason); nothing is pending, nothing was counted twice.",
    UNIT_NORM_AND_FINITE: "Every stored vector is finite and of length one.",
    EVERY_PHOTO_HAS_A_VECTOR: "Every photo of the batch has a vector in the space, or a reason why not.",
    NO_FOREIGN_OWNER: "No row that says something about a photo names another owner than the photo does.",
    ONLINE_EQUALS_OFFLINE: "A sample read online equals the newest offline value.",
    RECALL_AGAINST_EXACT: f"recall@10 of the index against exact search is at least {MIN_RECALL}.",
    SIGNALS_DID_NOT_DRIFT: "The batch's signals look like those of the batches before it.",
}


def verdict(
    name: str, passed: bool, *, warn: bool = False, said: str = "", shown: Mapping[str, dg.MetadataValue] | None = None
) -> dg.AssetCheckResult:
    """State the outcome of one check; `warn` reports a failure without blocking."""
    severity = dg.AssetCheckSeverity.WARN if warn else dg.AssetCheckSeverity.ERROR
    return dg.AssetCheckResult(
        check_name=name, passed=passed, severity=severity, description=said or None, metadata=dict(shown or {})
    )


def ledger_closes(report: StageReport, name: str = LEDGER_CLOSES) -> dg.AssetCheckResult:
    """Pass when the stage left nothing pending."""
    rejected = sum(report.rejected.values())
    said = f"{report.total} = {report.done} done + {rejected} rejected + {report.pending} pending"
    return verdict(name, report.closed, said=said)

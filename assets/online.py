"""Signals where a service can read them, and whether they still look like themselves."""

import dagster as dg

from assets import partitions, policy
from assets.checks import ONLINE_EQUALS_OFFLINE, SIGNALS_DID_NOT_DRIFT, blocking, verdict
from assets.curation import duplicates
from assets.embeddings import concepts
from assets.photos import signals
from assets.resources import Daguerre
from assets.showing import records, shown, stored
from daguerre.ids import parse_batch


@dg.asset(
    partitions_def=partitions.batch,
    deps=[signals, concepts, duplicates],
    group_name="signals",
    kinds={"feast", "sqlite"},
    tags={"daguerre/reads": "lake"},
    owners=policy.DATA_TEAM,
    code_version="1",
    pool=policy.FEAST_ONLINE,
    automation_condition=policy.FLOWS,
    retry_policy=policy.RETRY,
    check_specs=blocking("online_signals", ONLINE_EQUALS_OFFLINE),
)
def online_signals(context: dg.AssetExecutionContext, daguerre: Daguerre) -> dg.MaterializeResult:
    """The newest value of every signal of the batch's photos, in Feast's online store."""
    from daguerre.stages.online import run_online

    ws = daguerre.workspace(context.run.run_id)
    report = run_online(ws, parse_batch(context.partition_key))
    unequal = int(report.figures["unequal"])
    compared = int(report.figures["compared"])
    return dg.MaterializeResult(
        metadata=shown(ws, report),
        check_results=[
            verdict(ONLINE_EQUALS_OFFLINE, unequal == 0, said=f"{unequal} of {compared} sampled values differ")
        ],
    )


@dg.asset(
    partitions_def=partitions.batch,
    deps=[online_signals],
    group_name="quality",
    kinds={"evidently"},
    tags={"daguerre/reads": "lake"},
    owners=policy.MODEL_TEAM,
    code_version="1",
    automation_condition=policy.FLOWS,
    check_specs=blocking("signal_drift", SIGNALS_DID_NOT_DRIFT),
)
def signal_drift(context: dg.AssetExecutionContext, daguerre: Daguerre) -> dg.MaterializeResult:
    """The batch's signals against the batches before it, as an Evidently report."""
    from daguerre.stages.drift import run_drift

    ws = daguerre.workspace(context.run.run_id)
    drift = run_drift(ws, parse_batch(context.partition_key))
    failed = records(drift.failed_rows())
    return dg.MaterializeResult(
        metadata={
            "verdict": dg.MetadataValue.text(drift.verdict.value),
            "report": stored(ws, drift.report_key),
            "rows": dg.MetadataValue.int(drift.rows_current),
            "reference_rows": dg.MetadataValue.int(drift.rows_reference),
        },
        check_results=[
            verdict(
                SIGNALS_DID_NOT_DRIFT,
                drift.verdict.value == "ok",
                warn=drift.verdict.value != "block",
                said=drift.sentence(),
                shown={"findings": failed},
            )
        ],
    )

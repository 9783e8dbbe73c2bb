"""From originals to photos and their signals: each original is read and decoded once in its life."""

import dagster as dg

from assets import partitions, policy
from assets.checks import LEDGER_CLOSES, blocking, ledger_closes
from assets.landing import landed_batch
from assets.resources import Daguerre
from assets.showing import picture, shown
from daguerre.ids import parse_batch
from daguerre.stages import photos as stage
from daguerre.stages import signals as signals_stage

#: A run that carries this tag tries the batch's refused objects once more.
RETRY_TAG = "daguerre/retry_rejected"


@dg.asset(
    partitions_def=partitions.batch,
    deps=[landed_batch],
    group_name="ingest",
    kinds={"python", "lance"},
    tags={"daguerre/reads": "originals"},
    owners=policy.DATA_TEAM,
    code_version=stage.CODE_VERSION,
    pool=policy.DECODE,
    automation_condition=policy.FLOWS,
    retry_policy=policy.RETRY,
    check_specs=blocking("photos", LEDGER_CLOSES),
)
def photos(context: dg.AssetExecutionContext, daguerre: Daguerre) -> dg.MaterializeResult:
    """The catalogue rows and proxies of a batch; a bad file is a row in `rejected`, never a failed run."""
    from daguerre.stages.pictures import batch_sheet, refusals

    ws = daguerre.workspace(context.run.run_id)
    batch = parse_batch(context.partition_key)
    again = context.run.tags.get(RETRY_TAG) == "true"
    report = stage.run_photos(ws, batch, progress=daguerre.progress(context), retry_rejected=again)
    metadata = shown(ws, report) | {"contact_sheet": picture(batch_sheet(ws, batch), f"photos of {batch}")}
    if examples := refusals(ws, batch, limit=20):
        metadata["rejected_files"] = dg.MetadataValue.table([dg.TableRecord(dict(row)) for row in examples])
    return dg.MaterializeResult(metadata=metadata, check_results=[ledger_closes(report)])


@dg.asset(
    partitions_def=partitions.batch,
    deps=[photos],
    group_name="signals",
    kinds={"python", "parquet"},
    tags={"daguerre/reads": "proxies"},
    owners=policy.DATA_TEAM,
    code_version=signals_stage.CODE_VERSION,
    pool=policy.SIGNALS,
    automation_condition=policy.FLOWS,
    retry_policy=policy.RETRY,
    check_specs=blocking("signals", LEDGER_CLOSES),
)
def signals(context: dg.AssetExecutionContext, daguerre: Daguerre) -> dg.MaterializeResult:
    """Quality, faces, aesthetic and the always-on descriptor of every photo, read from its proxy."""
    from daguerre.stages.pictures import signal_histogram

    ws = daguerre.workspace(context.run.run_id)
    batch = parse_batch(context.partition_key)
    report = signals_stage.run_signals(ws, batch, progress=daguerre.progress(context))
    plot = signal_histogram(ws, batch, "photo_quality_v1", "sharpness")
    return dg.MaterializeResult(
        metadata=shown(ws, report) | {"sharpness": picture(plot, "sharpness")}, check_results=[ledger_closes(report)]
    )

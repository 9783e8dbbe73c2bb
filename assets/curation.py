"""What a person is shown: duplicates, events, memories, per owner that the batch touches."""

import dagster as dg

from assets import partitions, policy
from assets.embeddings import concepts
from assets.photos import signals
from assets.resources import Daguerre
from assets.showing import picture, records, shown
from daguerre.ids import parse_batch
from daguerre.stages import duplicates as duplicates_stage
from daguerre.stages import events as events_stage
from daguerre.stages import memories as memories_stage
from daguerre.stages import themes as themes_stage


@dg.asset(
    partitions_def=partitions.batch,
    deps=[signals, concepts],
    group_name="curation",
    kinds={"python", "lance"},
    tags={"daguerre/reads": "tables"},
    owners=policy.DATA_TEAM,
    code_version=duplicates_stage.CODE_VERSION,
    pool=policy.CURATION,
    automation_condition=policy.FLOWS,
    retry_policy=policy.RETRY,
)
def duplicates(context: dg.AssetExecutionContext, daguerre: Daguerre) -> dg.MaterializeResult:
    """Groups of exact copies, near-duplicates and bursts: three classes, three rules, the best of each marked."""
    from daguerre.stages.pictures import groups_sheet

    ws = daguerre.workspace(context.run.run_id)
    batch = parse_batch(context.partition_key)
    report = duplicates_stage.run_duplicates(ws, batch)
    sheet = groups_sheet(ws, batch)
    return dg.MaterializeResult(metadata=shown(ws, report) | {"groups": picture(sheet, "one group per row")})


@dg.asset(
    partitions_def=partitions.batch,
    deps=[duplicates],
    group_name="curation",
    kinds={"python", "lance"},
    tags={"daguerre/reads": "tables"},
    owners=policy.DATA_TEAM,
    code_version=events_stage.CODE_VERSION,
    pool=policy.CURATION,
    automation_condition=policy.FLOWS,
    retry_policy=policy.RETRY,
)
def events(context: dg.AssetExecutionContext, daguerre: Daguerre) -> dg.MaterializeResult:
    """Photos close in time and place, and the trips they belong to."""
    ws = daguerre.workspace(context.run.run_id)
    report = events_stage.run_events(ws, parse_batch(context.partition_key))
    return dg.MaterializeResult(metadata=shown(ws, report))


@dg.asset(
    partitions_def=partitions.batch,
    deps=[duplicates],
    group_name="curation",
    kinds={"python", "lance"},
    tags={"daguerre/reads": "tables"},
    owners=policy.DATA_TEAM,
    code_version=themes_stage.CODE_VERSION,
    pool=policy.CURATION,
    automation_condition=policy.FLOWS,
    retry_policy=policy.RETRY,
)
def themes(context: dg.AssetExecutionContext, daguerre: Daguerre) -> dg.MaterializeResult:
    """What each library is about: balanced themes on two levels, for browsing without a question."""
    ws = daguerre.workspace(context.run.run_id)
    report = themes_stage.run_themes(ws, parse_batch(context.partition_key))
    return dg.MaterializeResult(metadata=shown(ws, report))


@dg.asset(
    partitions_def=partitions.batch,
    deps=[events, "signal_drift"],  # drifted signals choose no pictures
    group_name="curation",
    kinds={"python", "lance"},
    tags={"daguerre/reads": "tables"},
    owners=policy.DATA_TEAM,
    code_version=memories_stage.CODE_VERSION,
    pool=policy.CURATION,
    automation_condition=policy.FLOWS,
    retry_policy=policy.RETRY,
)
def memories(context: dg.AssetExecutionContext, daguerre: Daguerre) -> dg.MaterializeResult:
    """Ranked, diverse selections with a title and the reason why they are shown."""
    from daguerre.stages.pictures import best_memories, memory_rows, memory_sheet

    ws = daguerre.workspace(context.run.run_id)
    batch = parse_batch(context.partition_key)
    report = memories_stage.run_memories(ws, batch)
    best = best_memories(ws, batch)
    return dg.MaterializeResult(
        metadata=shown(ws, report)
        | {
            "memories": records(memory_rows(best)),
            "covers": picture(memory_sheet(ws, best), "the first memories, one per row"),
        }
    )

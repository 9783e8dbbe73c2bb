"""What people did with photos, told by a file of events."""

import dagster as dg

from assets import policy
from assets.resources import Daguerre


@dg.asset(
    group_name="signals",
    kinds={"feast", "json"},
    tags={"daguerre/reads": "events"},
    owners=policy.DATA_TEAM,
    code_version="1",
    pool=policy.FEAST_ONLINE,
    retry_policy=policy.RETRY,
)
def engagement(context: dg.AssetExecutionContext, daguerre: Daguerre) -> dg.MaterializeResult:
    """Daily counts per photo and aggregates per owner, from .daguerre/events.jsonl beside the watched source."""
    from daguerre.stages.engagement import run_engagement

    told = run_engagement(daguerre.workspace(context.run.run_id))
    return dg.MaterializeResult(metadata={name: dg.MetadataValue.int(count) for name, count in told.items()})

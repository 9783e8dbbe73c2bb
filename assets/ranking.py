"""What chooses the pictures of memories: a ranker that is learnt once a week."""

import dagster as dg

from assets import policy
from assets.engagement import engagement
from assets.photos import signals
from assets.resources import Daguerre
from assets.showing import stored
from daguerre import layout
from daguerre.stages import ranker as ranker_stage


@dg.asset(
    deps=[engagement, signals],
    group_name="curation",
    kinds={"python", "feast"},
    tags={"daguerre/reads": "events"},
    owners=policy.MODEL_TEAM,
    code_version=ranker_stage.CODE_VERSION,
    pool=policy.FEAST_ONLINE,
    retry_policy=policy.RETRY,
)
def photo_ranker(context: dg.AssetExecutionContext, daguerre: Daguerre) -> dg.MaterializeResult:
    """What owners are likely to care about, learnt from eight weeks; it composes memories once it is surely better."""
    ws = daguerre.workspace(context.run.run_id)
    report = ranker_stage.train_ranker(ws, actor="dagster")
    return dg.MaterializeResult(
        metadata={
            "promoted": dg.MetadataValue.bool(report.promoted),
            "reason": dg.MetadataValue.text(report.reason),
            "ranker": stored(ws, layout.ranker(report.digest) if report.digest else ""),
            **{name: number(value) for name, value in report.figures().items() if value is not None},
        }
    )


def number(value: float) -> dg.MetadataValue:
    """Return a count as a count and a measure as a measure."""
    return dg.MetadataValue.int(value) if isinstance(value, int) else dg.MetadataValue.float(round(value, 4))

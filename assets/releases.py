"""Encoder releases as the graph sees them."""

import dagster as dg

from assets import partitions, policy
from assets.resources import Daguerre


@dg.asset(
    partitions_def=partitions.space,
    group_name="models",
    kinds={"onnx"},
    tags={"daguerre/reads": "releases"},
    owners=policy.MODEL_TEAM,
    code_version="1",
    automation_condition=policy.FLOWS,
)
def encoder_release(context: dg.AssetExecutionContext, daguerre: Daguerre) -> dg.MaterializeResult:
    """An immutable, content-addressed bundle: both towers, preprocessing, tokenizer, golden vectors, model card."""
    from daguerre.encoders.release import CARD
    from daguerre.registry.releases import find_release

    ws = daguerre.workspace(context.run.run_id)
    release = find_release(ws, context.partition_key)
    spec, card = release.spec, release.path(CARD)
    return dg.MaterializeResult(
        metadata={
            "digest": dg.MetadataValue.text(spec.digest),
            "encoder": dg.MetadataValue.text(spec.name),
            "dim": dg.MetadataValue.int(spec.dim),
            "side_px": dg.MetadataValue.int(spec.side_px),
            "licence": dg.MetadataValue.text(spec.licence),
            "model_card": dg.MetadataValue.md(card.read_text(encoding="utf-8") if card.exists() else "no card"),
        }
    )

"""Encoder releases as the graph sees them."""

import dagster as dg

from assets import partitions, policy
from assets.resources import Daguerre
from daguerre.workspace import Workspace


@dg.asset(
    partitions_def=partitions.space,
    group_name="models",
    kinds={"onnx"},
    tags={"daguerre/reads": "releases"},
    owners=policy.MODEL_TEAM,
    code_version="1",
)
def encoder_release(context: dg.AssetExecutionContext, daguerre: Daguerre) -> dg.MaterializeResult:
    """An immutable, content-addressed bundle: both towers, preprocessing, tokenizer, golden vectors, model card.

    What happened to it, who did it and why is copied here from the release log: observations, and one materialization
    when an alias first names the release, from which its column of vectors is filled.
    """
    from daguerre.lifecycle.finding import find

    ws = daguerre.workspace(context.run.run_id)
    return dg.MaterializeResult(metadata=facts(ws, find(ws, context.partition_key).digest))


def facts(ws: Workspace, digest: str) -> dict[str, dg.MetadataValue]:
    """Return what a release says of itself, read from the store: nothing large is copied to this machine."""
    from daguerre import layout
    from daguerre.encoders.release import CARD
    from daguerre.lifecycle.moves import spec_of

    spec = spec_of(ws, digest)
    card = f"{layout.release(digest)}/{CARD}"
    return {
        "digest": dg.MetadataValue.text(spec.digest),
        "encoder": dg.MetadataValue.text(spec.name),
        "dim": dg.MetadataValue.int(spec.dim),
        "side_px": dg.MetadataValue.int(spec.side_px),
        "licence": dg.MetadataValue.text(spec.licence),
        "model_card": dg.MetadataValue.md(ws.store.get(card).decode() if ws.store.exists(card) else "no card"),
    }

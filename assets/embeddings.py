"""One column of vectors per encoder: changing the model is a backfill of a new column."""

import dagster as dg

from assets import partitions, policy
from assets.checks import (
    EVERY_PHOTO_HAS_A_VECTOR,
    LEDGER_CLOSES,
    NO_FOREIGN_OWNER,
    UNIT_NORM_AND_FINITE,
    blocking,
    ledger_closes,
    verdict,
)
from assets.photos import photos
from assets.releases import encoder_release
from assets.resources import Daguerre
from assets.showing import shown, table
from daguerre.ids import parse_batch, parse_space
from daguerre.stages import embeddings as stage


@dg.asset(
    partitions_def=partitions.batch_space,
    deps=[photos, encoder_release],
    group_name="embeddings",
    kinds={"tritonserver", "onnx", "lance"},
    tags={"daguerre/reads": "proxies"},
    owners=policy.MODEL_TEAM,
    code_version=stage.CODE_VERSION,
    pool=policy.TRITON,
    automation_condition=policy.FLOWS,
    retry_policy=policy.RETRY,
    check_specs=blocking("embeddings", EVERY_PHOTO_HAS_A_VECTOR, UNIT_NORM_AND_FINITE, NO_FOREIGN_OWNER),
)
def embeddings(context: dg.AssetExecutionContext, daguerre: Daguerre) -> dg.MaterializeResult:
    """One unit vector per photo of the batch in the space, made from proxies by Triton."""
    from daguerre.stages.soundness import check_vectors

    ws = daguerre.workspace(context.run.run_id)
    batch, space = partitions.batch_and_space(context)
    with daguerre.encoder(ws, space) as encoder:
        report = stage.run_embeddings(ws, parse_batch(batch), encoder, progress=daguerre.progress(context))
        sound = check_vectors(ws, parse_batch(batch), parse_space(space), encoder.spec.dim)
    return dg.MaterializeResult(
        metadata=shown(ws, report),
        check_results=[
            verdict(
                EVERY_PHOTO_HAS_A_VECTOR,
                report.closed and not sound.without_vector,
                said=f"{sound.without_vector} of {report.total} photos have neither a vector nor a reason",
            ),
            verdict(
                UNIT_NORM_AND_FINITE,
                not (sound.not_finite or sound.off_norm),
                said=f"of {sound.rows} vectors, {sound.not_finite} not finite, {sound.off_norm} not of length one",
            ),
            verdict(
                NO_FOREIGN_OWNER,
                not (sound.foreign_owner or sound.without_photo),
                said=f"{sound.foreign_owner} under a foreign owner, {sound.without_photo} without a photo",
            ),
        ],
    )


@dg.asset(
    partitions_def=partitions.batch_space,
    deps=[embeddings],
    group_name="signals",
    kinds={"parquet"},
    tags={"daguerre/reads": "vectors"},
    owners=policy.MODEL_TEAM,
    code_version="1",
    pool=policy.TRITON,
    automation_condition=policy.FLOWS,
    retry_policy=policy.RETRY,
    check_specs=blocking("concepts", LEDGER_CLOSES),
)
def concepts(context: dg.AssetExecutionContext, daguerre: Daguerre) -> dg.MaterializeResult:
    """Scores of a versioned list of prompts against each photo's vector."""
    from daguerre.stages.concepts import run_concepts
    from daguerre.stages.pictures import top_concepts

    ws = daguerre.workspace(context.run.run_id)
    batch, space = partitions.batch_and_space(context)
    with daguerre.encoder(ws, space) as encoder:
        report = run_concepts(ws, parse_batch(batch), encoder)
    found = top_concepts(ws, parse_batch(batch))
    return dg.MaterializeResult(
        metadata=shown(ws, report) | {"top_concepts": table("concept", "photos", found)},
        check_results=[ledger_closes(report)],
    )

"""What arrived."""

import dagster as dg

from assets import partitions, policy
from assets.checks import verdict
from assets.resources import Daguerre
from assets.showing import table
from daguerre.ids import parse_batch


@dg.asset(
    partitions_def=partitions.batch,
    group_name="ingest",
    kinds={"s3", "json"},
    tags={"daguerre/reads": "listing"},
    owners=policy.DATA_TEAM,
    code_version="1",
    automation_condition=policy.FLOWS,
    retry_policy=policy.RETRY,
    check_specs=[
        dg.AssetCheckSpec(
            "manifest_is_sealed",
            asset="landed_batch",
            blocking=True,
            description="The manifest is there, is not empty, and names each object once.",
        )
    ],
)
def landed_batch(context: dg.AssetExecutionContext, daguerre: Daguerre) -> dg.MaterializeResult:
    """At most N objects that landed together, sealed in an immutable manifest."""
    from daguerre.landing.manifest import read_manifest

    ws = daguerre.workspace(context.run.run_id)
    manifest = read_manifest(ws.store, parse_batch(context.partition_key))
    owners: dict[str, float] = {}
    for landed in manifest.objects:
        owners[landed.owner_id] = owners.get(landed.owner_id, 0) + 1
    unique = len({landed.key for landed in manifest.objects})
    count = len(manifest.objects)
    return dg.MaterializeResult(
        metadata={
            "objects": dg.MetadataValue.int(count),
            "bytes": dg.MetadataValue.int(sum(landed.size for landed in manifest.objects)),
            "owners": table("owner", "objects", owners),
            "source": dg.MetadataValue.text(manifest.source),
            "sealed_at": dg.MetadataValue.timestamp(manifest.sealed_at),
        },
        check_results=[verdict("manifest_is_sealed", 0 < count == unique, said=f"{count} objects, {unique} keys")],
    )

"""A code location with the product's own graph and partitions, in which every asset only says that it was made.

An asset fails for a partition while the folder in STAND_IN_FAILS holds a file `asset,partition`.
"""

import os
from pathlib import Path

import dagster as dg

from assets import definitions as product


def stand_in(spec: dg.AssetSpec) -> dg.AssetsDefinition:
    name = spec.key.to_user_string()

    @dg.asset(key=spec.key, deps=spec.deps, partitions_def=spec.partitions_def)
    def made(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        partition = str(context.partition_key) if context.has_partition_key else ""
        if (Path(os.environ["STAND_IN_FAILS"]) / f"{name},{partition}").exists():
            raise ValueError(f"{name} cannot read {partition}")
        return dg.MaterializeResult()

    return made


defs = dg.Definitions(
    assets=[stand_in(spec) for spec in product.defs.resolve_all_asset_specs()], executor=dg.in_process_executor
)

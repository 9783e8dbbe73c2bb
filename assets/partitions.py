"""What work is cut into: batches of photos, spaces that vectors live in, and experiments about releases."""

from __future__ import annotations

import dagster as dg

batch = dg.DynamicPartitionsDefinition(name="batch")
space = dg.DynamicPartitionsDefinition(name="space")
experiment = dg.DynamicPartitionsDefinition(name="experiment")
batch_space = dg.MultiPartitionsDefinition({"batch": batch, "space": space})


def batch_and_space(context: dg.AssetExecutionContext) -> tuple[str, str]:
    """Return the batch and the space of a run over one batch x space partition."""
    key = context.partition_key
    if not isinstance(key, dg.MultiPartitionKey):
        raise dg.DagsterInvariantViolationError(f"partition {key!r} is not a batch x space key")
    return key.keys_by_dimension["batch"], key.keys_by_dimension["space"]

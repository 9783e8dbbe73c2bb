"""Which jobs need no run, because the instance knows their last asset to be made."""

from __future__ import annotations

from typing import ClassVar

import dagster as dg


def partition_key(job: str, partition: str) -> str:
    """Return a plan's partition as Dagster names it: `batch|space` is a key of two dimensions."""
    if job != "embed":
        return partition
    batch, space = partition.split("|")
    return dg.MultiPartitionKey({"batch": batch, "space": space})


class Finished:
    """What the instance knows to be finished: a job is, for a partition, when its last asset has been made."""

    _LAST: ClassVar = {
        "ingest": "signals",
        "embed": "concepts",
        "curate": "memories",
        "publish": "search_quality",
    }

    def __init__(self, instance: dg.DagsterInstance, unfinished: set[str]) -> None:
        """`unfinished` names batches whose ledger is open: whatever the instance says, they are run again."""
        self._unfinished = unfinished
        self._made = {
            job: set(instance.get_materialized_partitions(dg.AssetKey(asset))) for job, asset in self._LAST.items()
        }
        self._published = {space: self._newest(instance, "search_quality", space) for space in self._made["publish"]}
        self._embedded = self._newest(instance, "embeddings", None)
        self._engaged = self._newest(instance, "engagement", None)

    def __call__(self, job: str, partition: str) -> bool:
        """Say whether the job needs no run for the partition."""
        if job == "engage":
            return self._engaged >= self._embedded
        if (
            partition.split("|", maxsplit=1)[0] in self._unfinished
            or str(partition_key(job, partition)) not in self._made[job]
        ):
            return False
        return job != "publish" or self._published[partition] >= self._embedded

    @staticmethod
    def _newest(instance: dg.DagsterInstance, asset: str, partition: str | None) -> float:
        wanted = dg.AssetRecordsFilter(
            asset_key=dg.AssetKey(asset), asset_partitions=[partition] if partition else None
        )
        found = instance.fetch_materializations(wanted, limit=1).records
        return found[0].timestamp if found else 0.0

"""Which jobs need no run, because the instance knows their last asset to be made."""

from __future__ import annotations

from collections.abc import Set
from typing import ClassVar

import dagster as dg


def partition_key(job: str, partition: str) -> str:
    """Return a plan's partition as Dagster names it: `batch|space` is a key of two dimensions."""
    if job not in {"embed", "label"}:
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

    def __init__(self, instance: dg.DagsterInstance, unfinished: Set[str], relabelled: Set[str] = frozenset()) -> None:
        """Look up what has been made.

        Args:
            instance: What knows.
            unfinished: Batches whose ledger is open: whatever the instance says, they are run again.
            relabelled: Batches that stand for all when concepts were made anew: curated before that, they are stale.
        """
        self._instance = instance
        self._unfinished = unfinished
        self._relabelled = relabelled
        self._made = {
            job: set(instance.get_materialized_partitions(dg.AssetKey(asset))) for job, asset in self._LAST.items()
        }
        self._published = {space: self._newest(instance, "search_quality", space) for space in self._made["publish"]}
        self._embedded = self._newest(instance, "embeddings", None)
        self._engaged = self._newest(instance, "engagement", None)

    def __call__(self, job: str, partition: str) -> bool:
        """Say whether the job needs no run for the partition."""
        if job == "label":
            return False  # the plan names only batches that need it
        if job == "engage":
            return self._engaged >= self._embedded
        if (
            partition.split("|", maxsplit=1)[0] in self._unfinished
            or str(partition_key(job, partition)) not in self._made[job]
        ):
            return False
        if job == "curate" and partition in self._relabelled:
            return self._newest(self._instance, "memories", partition) >= newest_label(self._instance)
        return job != "publish" or self._published[partition] >= self._embedded

    @staticmethod
    def _newest(instance: dg.DagsterInstance, asset: str, partition: str | None) -> float:
        wanted = dg.AssetRecordsFilter(
            asset_key=dg.AssetKey(asset), asset_partitions=[partition] if partition else None
        )
        found = instance.fetch_materializations(wanted, limit=1).records
        return found[0].timestamp if found else 0.0


def newest_label(instance: dg.DagsterInstance) -> float:
    """Return when concepts were last made anew for a batch, as seconds since 1970; 0: never."""
    done = dg.RunsFilter(job_name="label", statuses=[dg.DagsterRunStatus.SUCCESS])
    found = instance.get_run_records(done, limit=1)
    return (found[0].end_time or 0.0) if found else 0.0

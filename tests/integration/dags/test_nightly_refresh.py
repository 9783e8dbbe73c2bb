"""The nightly DAG against a real Dagster: it closes open batches, names what failed, and retries only that."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.execution.backfill import PartitionBackfill

from dags.dagster_client import Dagster
from tests.integration.dags.conftest import Airflow, Deployment

SPACE = "tiny-00000000"
MADE, FIRST, SECOND, LATER = "2026-05-01.0001", "2026-05-01.0002", "2026-05-02.0003", "2026-05-03.0004"
NIGHT = "2026-05-02T03:00:00+00:00"


def made(instance: dg.DagsterInstance, asset: str) -> set[str]:
    return set(instance.get_materialized_partitions(dg.AssetKey(asset)))


def times_made(instance: dg.DagsterInstance, asset: str, partition: str) -> int:
    wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), asset_partitions=[partition])
    return len(instance.fetch_materializations(wanted, limit=10).records)


def nightly_backfills(instance: dg.DagsterInstance) -> list[PartitionBackfill]:
    """Those that the DAG has asked for, newest first."""
    tag = ("airflow/dag_id", "nightly_refresh")
    return [known for known in instance.get_backfills() if tag in known.tags.items()]


def heal_after_first_backfill(instance: dg.DagsterInstance, broken: Path) -> None:
    """Remove the cause of the failure between the first try and the retry."""
    give_up = time.monotonic() + 200
    while not [known for known in nightly_backfills(instance) if known.status.value == "COMPLETED_FAILED"]:
        if time.monotonic() > give_up:
            return
        time.sleep(0.2)
    broken.unlink()


@pytest.mark.slow
def test_a_failing_batch_is_named_and_only_it_is_made_again(dagster: Deployment, airflow: Airflow) -> None:
    with dagster.instance as instance:
        instance.add_dynamic_partitions("batch", [MADE, FIRST, SECOND, LATER])
        instance.add_dynamic_partitions("space", [SPACE])
        for end in ("memories", "online_signals"):
            instance.report_runless_asset_event(dg.AssetMaterialization(end, partition=MADE))
        healing = threading.Thread(
            target=heal_after_first_backfill, args=(instance, dagster.break_asset("photos", SECOND))
        )
        healing.start()

        outcome, said = airflow.try_dag("nightly_refresh", NIGHT)
        healing.join()
        assert outcome == {
            "run": "success",
            "tasks": {"open_batches": "success", "refresh": "success"},
            "errors": {},
        }, said
        assert f"{SECOND}: photos: ValueError: photos cannot read {SECOND}" in said.replace("\\n", "")
        second, first = nightly_backfills(instance)
        assert second.tags["dagster/parent_backfill_id"] == first.backfill_id
        assert first.tags["airflow/task_id"] == "refresh"
        assert made(instance, "memories") == {MADE, FIRST, SECOND}
        assert made(instance, "embeddings") == {f"{FIRST}|{SPACE}", f"{SECOND}|{SPACE}"}
        assert made(instance, "search_quality") == {SPACE}
        assert made(instance, "photos") == {FIRST, SECOND}, "finished batches and those of later days are left alone"
        assert [times_made(instance, "memories", batch) for batch in (FIRST, SECOND)] == [1, 1]

        still_open = Dagster(dagster.url).open_partitions(["memories", "online_signals"])
        assert {MADE, FIRST, SECOND, LATER} & {*still_open} == {LATER}

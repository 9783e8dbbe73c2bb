"""Bring every open batch up to date, once a night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Asset, BaseHook, task
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from dags import alarms
from dags.dagster_client import Dagster
from dags.dagster_operator import DagsterMaterializeOperator, address

#: What a batch goes through, from the source to the index.
STAGES = [
    *["landed_batch", "photos", "signals"],
    *["embeddings", "concepts"],
    *["duplicates", "online_signals", "signal_drift", "events", "themes", "memories"],
    *["search_index", "search_quality"],
]
#: A batch that lacks one of these is open.
ENDS = ["memories", "online_signals"]

photo_index = Asset(name="photo_index", uri="x-dagster://search_index", group="photos")


@task
def open_batches(ds: str | None = None) -> list[str]:
    """Ask Dagster which batches that had landed by the end of the logical day are not finished."""
    dagster = Dagster(address(BaseHook.get_connection("dagster_default")))
    # A batch's key begins with the day on which it landed.
    return [batch for batch in dagster.open_partitions(ENDS) if ds is None or batch[:10] <= ds]


with DAG(
    "nightly_refresh",
    description="Brings every open batch up to date and publishes photo_index.",
    schedule="0 3 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "photo-data", "retries": 2, "retry_delay": timedelta(minutes=5)},
    tags=["photos", "dagster"],
    # Not DAGRUN_QUEUED_AT: Airflow 3.3.2 answers 500 when a run with such a deadline is cleared.
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_LOGICAL_DATE,
        interval=timedelta(hours=4),
        callback=AsyncCallback(alarms.late),
    ),
    on_failure_callback=alarms.failed,
    doc_md="""
### nightly_refresh

1. **open_batches** asks Dagster which `batch` partitions lack `memories` or `online_signals`: what landed by the end of
   the logical day and was never finished. Batches that Dagster is working on are left alone.
2. **refresh** launches one Dagster backfill of everything those batches go through and waits, deferred. The button
   *Dagster* opens it. Nothing open: the task is skipped and no event is published.

Success publishes the Airflow asset **photo_index**: schedule on it what needs a fresh index.

**When it fails**, the log of *refresh* names the partitions and the reasons. *Clear* it or wait for the retry: only
what is missing is made again. *Mark failed* cancels the backfill in Dagster. A night's run is
late four hours after its logical date; its backfill is cancelled after eight.

`airflow backfill create --dag-id nightly_refresh --from-date … --to-date …` closes missed nights.
""",
):
    DagsterMaterializeOperator(
        task_id="refresh",
        assets=STAGES,
        partitions=open_batches(),
        mode="backfill",
        title="nightly_refresh {{ run_id }}",
        max_runtime_s=8 * 3600,
        outlets=[photo_index],
    )

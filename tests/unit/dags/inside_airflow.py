"""Tests of trigger and operator; `test_inside_airflow.py` runs them in a process that may import Airflow."""

from __future__ import annotations

import asyncio
import inspect
import json
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException, TaskDeferred

from dags.dagster_client import DagsterUnreachableError
from dags.dagster_operator import DagsterLink, DagsterMaterializeOperator
from dags.dagster_trigger import DagsterTrigger
from tests.fakes.dagster_server import FakeDagster, serving

KEYS = ["b1", "b2", "b3"]


class Store(dict[str, Any]):
    """A task's state store, which outlives its tries."""

    def set(self, key: str, value: Any) -> None:
        self[key] = value

    def delete(self, key: str) -> None:
        self.pop(key, None)


class Task:
    """One task instance: each `attempt` is another process that shares nothing but the store."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_DAGSTER_DEFAULT", json.dumps({"conn_type": "http", "host": url}))
        self.store = Store()
        self.xcom: dict[str, Any] = {}

    @property
    def context(self) -> Any:
        ti = SimpleNamespace(
            dag_id="d", run_id="r", task_id="t", xcom_push=lambda key, value: self.xcom.update({key: value})
        )
        return {"ti": ti, "task_state_store": self.store}

    def operator(self, **options: Any) -> DagsterMaterializeOperator:
        made = {"assets": ["photos"], "partitions": KEYS, "mode": "backfill", "poll_s": 0.02} | options
        return DagsterMaterializeOperator(task_id="t", **made)

    def attempt(self, **options: Any) -> DagsterTrigger:
        with pytest.raises(TaskDeferred) as deferred:
            self.operator(**options).execute(self.context)
        assert deferred.value.method_name == "execute_complete"
        return deferred.value.trigger

    def complete(self, event: dict[str, Any], **options: Any) -> dict[str, Any]:
        return self.operator(**options).execute_complete(self.context, event)


@pytest.fixture
def fake() -> FakeDagster:
    made = FakeDagster()
    made.add_asset("photos")
    return made


@pytest.fixture
def task(fake: FakeDagster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Task]:
    with serving(fake) as url:
        yield Task(monkeypatch, url)


def wait(trigger: DagsterTrigger, *, then: Any = None, after_s: float = 0.1) -> dict[str, Any]:
    """Let the trigger run to its event; call `then` in the meantime."""

    async def waiting() -> dict[str, Any]:
        if then:
            asyncio.get_running_loop().call_later(after_s, then)
        return (await anext(trigger.run())).payload

    return asyncio.run(asyncio.wait_for(waiting(), 20))


def again(trigger: DagsterTrigger, **changes: Any) -> DagsterTrigger:
    """The trigger as another triggerer makes it."""
    path, state = trigger.serialize()
    assert path == f"{DagsterTrigger.__module__}.{DagsterTrigger.__name__}"
    return DagsterTrigger(**(state | changes))


def test_a_backfill_is_launched_waited_for_and_forgotten(task: Task, fake: FakeDagster) -> None:
    trigger = task.attempt()
    asked = fake.variables("LaunchBackfill")["backfill"]
    assert asked["partitionNames"] == KEYS
    assert asked["title"] == "d.t: 3 partitions"
    assert (
        fake.backfills["b1"].tags.items()
        >= {"airflow/dag_id": "d", "airflow/run_id": "r", "airflow/task_id": "t"}.items()
    )
    fake.backfills["b1"].counts = {"photos": (3, 3)}
    event = wait(trigger, then=lambda: setattr(fake.backfills["b1"], "status", "COMPLETED_SUCCESS"))
    page = f"{trigger.url}/runs/b/b1"
    assert task.complete(event) == {"id": "b1", "page": page, "materialised": {"photos": "3 of 3"}}
    assert task.xcom[DagsterLink().xcom_key] == page
    assert task.store == {}
    task.attempt()
    assert fake.count("LaunchBackfill") == 2, "a task that is cleared after success begins anew"


def test_the_page_can_be_opened_while_the_work_goes_on(task: Task) -> None:
    trigger = task.attempt()
    assert task.xcom[DagsterLink().xcom_key] == f"{trigger.url}/runs/b/b1"


def test_a_run_takes_one_partition(task: Task, fake: FakeDagster) -> None:
    with pytest.raises(AirflowFailException, match="one partition, not 3"):
        task.operator(mode="run").execute(task.context)
    trigger = task.attempt(mode="run", partitions=["b1"])
    assert fake.runs["r1"].tags["dagster/partition"] == "b1"
    fake.runs["r1"].status = "SUCCESS"
    assert task.complete(wait(trigger), mode="run")["page"] == f"{trigger.url}/runs/r1"


def test_no_partition_skips(task: Task, fake: FakeDagster) -> None:
    with pytest.raises(AirflowSkipException):
        task.operator(partitions=[]).execute(task.context)
    assert fake.asked == []


def test_an_unknown_asset_fails_without_retry(task: Task) -> None:
    with pytest.raises(AirflowFailException, match="fotos"):
        task.operator(mode="run", assets=["fotos"], partitions=["b1"]).execute(task.context)


def test_a_worker_lost_before_the_deferral_does_not_launch_twice(task: Task, fake: FakeDagster) -> None:
    first, second = task.attempt(), task.attempt()
    assert first.id == second.id == "b1"
    assert fake.count("LaunchBackfill") == 1


@pytest.mark.parametrize(("mode", "operation"), [("backfill", "LaunchBackfill"), ("run", "LaunchRun")])
def test_a_launch_whose_answer_was_lost_is_found_again(
    task: Task, fake: FakeDagster, mode: str, operation: str
) -> None:
    fake.mute.add(operation)
    with pytest.raises(DagsterUnreachableError):
        task.operator(mode=mode, partitions=["b1"]).execute(task.context)
    fake.mute.clear()
    assert task.attempt(mode=mode, partitions=["b1"]).id == ("b1" if mode == "backfill" else "r1")
    assert fake.count(operation) == 1


def test_failures_are_named_and_a_retry_asks_for_what_is_missing(task: Task, fake: FakeDagster) -> None:
    trigger = task.attempt()
    fake.backfills["b1"].status = "COMPLETED_FAILED"
    fake.backfills["b1"].counts = {"photos": (2, 3)}
    fail_run(fake, "b1", partition="b2")
    with pytest.raises(AirflowException) as failed:
        task.complete(wait(trigger))
    said = str(failed.value)
    assert "COMPLETED_FAILED" in said
    assert f"{trigger.url}/runs/b/b1" in said
    assert "b2: photos: no such file (run r9)" in said
    assert "photos: 2 of 3 materialised" in said

    retry = task.attempt()
    assert retry.id == "b2"
    assert fake.variables("ReexecuteBackfill") == {"id": "b1"}
    assert fake.count("LaunchBackfill") == 1
    assert task.attempt().id == "b2", "a lost worker finds the re-execution, not its parent"


def test_a_blocking_check_that_failed_fails_the_task_and_only_its_partition_is_launched_anew(
    task: Task, fake: FakeDagster
) -> None:
    trigger = task.attempt()
    fake.backfills["b1"].status = "COMPLETED_SUCCESS"
    fail_run(fake, "b1", partition="b3|tiny")
    with pytest.raises(AirflowException, match=r"b3\|tiny: photos"):
        task.complete(wait(trigger))
    fake.refuses["ReexecuteBackfill"] = "no missing materializations"
    assert task.attempt().id == "b2"
    assert [v["backfill"]["partitionNames"] for op, v in fake.asked if op == "LaunchBackfill"] == [KEYS, ["b3"]]


def fail_run(fake: FakeDagster, backfill: str, *, partition: str) -> None:
    from tests.fakes.dagster_server import Piece

    tags = {"dagster/backfill": backfill, "dagster/partition": partition}
    fake.runs["r9"] = Piece("r9", "FAILURE", tags, reason="no such file")


def test_a_failed_run_is_reexecuted_from_its_failure(task: Task, fake: FakeDagster) -> None:
    trigger = task.attempt(mode="run", partitions=["b1"])
    fake.runs["r1"].status = "FAILURE"
    with pytest.raises(AirflowException, match="b1: photos"):
        task.complete(wait(trigger), mode="run")
    assert task.attempt(mode="run", partitions=["b1"]).id == "r2"
    assert fake.variables("ReexecuteRun") == {"id": "r1"}


def test_dagsters_own_retry_is_followed(task: Task, fake: FakeDagster) -> None:
    trigger = task.attempt(mode="run", partitions=["b1"])
    fake.runs["r1"].status = "FAILURE"
    fake.runs["r1"].tags["dagster/will_retry"] = "true"

    def retried() -> None:
        fake._launched_run(fake.runs["r1"].tags)
        fake.runs["r2"].status = "SUCCESS"
        fake.runs["r1"].tags["dagster/auto_retry_run_id"] = "r2"

    event = wait(trigger, then=retried)
    assert (event["id"], event["status"]) == ("r2", "SUCCESS")


def test_killing_the_deferred_task_cancels_the_work_and_clearing_it_goes_on(task: Task, fake: FakeDagster) -> None:
    trigger = task.attempt()
    asyncio.run(again(trigger).on_kill())
    assert fake.backfills["b1"].status == "CANCELED"
    assert task.attempt().id == "b2"
    assert fake.variables("ReexecuteBackfill") == {"id": "b1"}


def test_a_cancellation_in_progress_is_waited_for(task: Task, fake: FakeDagster) -> None:
    import threading

    task.attempt()
    fake.backfills["b1"].status = "CANCELING"
    threading.Timer(0.3, lambda: setattr(fake.backfills["b1"], "status", "CANCELED")).start()
    assert task.attempt().id == "b2"


def test_killing_the_worker_before_the_deferral_cancels_the_work(task: Task, fake: FakeDagster) -> None:
    operator = task.operator()
    operator.on_kill()
    assert fake.asked == []
    with pytest.raises(TaskDeferred):
        operator.execute(task.context)
    operator.on_kill()
    assert fake.backfills["b1"].status == "CANCELED"


def test_out_of_time_the_work_is_cancelled_and_the_task_fails(task: Task, fake: FakeDagster) -> None:
    before = time.time()
    trigger = task.attempt(max_runtime_s=0.2)
    assert before < trigger.deadline < time.time() + 0.2
    event = wait(trigger)
    assert event["status"] == "TIMED_OUT"
    assert fake.backfills["b1"].status == "CANCELED"
    with pytest.raises(AirflowException, match="TIMED_OUT"):
        task.complete(event)


def test_an_outage_is_survived(task: Task, fake: FakeDagster) -> None:
    trigger = task.attempt()
    fake.deaf = True
    fake.backfills["b1"].status = "COMPLETED_SUCCESS"
    assert wait(trigger, then=lambda: setattr(fake, "deaf", False), after_s=0.4)["status"] == "COMPLETED_SUCCESS"


def test_patience_ends(task: Task, fake: FakeDagster) -> None:
    trigger = again(task.attempt(), patience_s=0.2)
    fake.deaf = True
    event = wait(trigger)
    assert event["status"] == "UNREACHABLE"
    fake.deaf = False
    with pytest.raises(AirflowException, match="502"):
        task.complete(event)
    assert task.attempt().id == "b1", "what Dagster never stopped working on is waited for again"


def test_another_triggerer_goes_on(task: Task, fake: FakeDagster) -> None:
    trigger = task.attempt(max_runtime_s=60)

    async def interrupted() -> None:
        running = asyncio.ensure_future(anext(trigger.run()))
        await asyncio.sleep(0.1)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(interrupted())
    assert fake.backfills["b1"].status == "REQUESTED", "a triggerer that ends cancels nothing"
    fake.backfills["b1"].status = "COMPLETED_SUCCESS"
    other = again(trigger)
    assert other.deadline == trigger.deadline
    assert wait(other)["status"] == "COMPLETED_SUCCESS"


def test_work_that_dagster_has_forgotten_fails_the_task(task: Task, fake: FakeDagster) -> None:
    trigger = task.attempt()
    fake.backfills.clear()
    event = wait(trigger)
    assert event["status"] == "LOST"
    with pytest.raises(AirflowException, match="lost"):
        task.complete(event)


def test_all_of_the_trigger_survives_serialisation() -> None:
    wanted = set(inspect.signature(DagsterTrigger.__init__).parameters) - {"self"}
    assert set(DagsterTrigger(url="http://x", kind="run", id="r").serialize()[1]) == wanted

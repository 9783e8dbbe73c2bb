"""One Airflow task that makes Dagster materialise assets, and is as good as its word."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk import BaseHook, BaseOperator, BaseOperatorLink
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from dags.dagster_client import SUCCEEDED, Dagster, DagsterRefusedError, Kind, UnknownAssetError, Work
from dags.dagster_memory import Memory, forget, recall, remember
from dags.dagster_trigger import DagsterTrigger

if TYPE_CHECKING:
    from airflow.sdk import Connection, Context, XComArg
    from airflow.sdk.types import TaskInstanceKey

#: Tag by which a task finds what an earlier try of it has launched.
LAUNCH_TAG = "airflow/launch"
#: Dagster gives runs sixty seconds to obey a cancellation (infra/local/dagster.yaml), and looks every thirty.
_CANCELLING_S = 150


def address(connection: Connection) -> str:
    """Return where Dagster's web server answers, with http:// unless the connection's host says otherwise."""
    host = connection.host or ""
    if not host:
        raise AirflowFailException(f"connection {connection.conn_id} has no host; give it Dagster's address")
    port = f":{connection.port}" if connection.port else ""
    return f"{host if '://' in host else f'http://{host}'}{port}"


class DagsterLink(BaseOperatorLink):
    """A button that opens Dagster's page of the run or backfill, also while it is going on."""

    name = "Dagster"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Return the address; Airflow has it from `xcom_key` as soon as the work is launched."""
        return getattr(operator, "dagster_page", "")


class DagsterMaterializeOperator(BaseOperator):
    """Materialise partitions of assets in Dagster, deferred, and fail with the names of those that did not succeed.

    Before anything is launched, a token is written to the task's state store; what is launched carries it as a tag. So
    a try that follows (the worker was lost, the web server went away in the middle of the answer, the task was
    retried or cleared) asks Dagster for the newest work with the token and goes on with it: waits if it is active,
    asks for what is missing if it failed, launches only if there is none. Success forgets the token.

    Args:
        assets: Names of assets.
        partitions: Keys of the partitions of the first assets among them; none skips the task. Templated.
        mode: "run" for one partition at once, "backfill" for any number (Dagster's daemon takes half a minute).
        title: Of the backfill, in Dagster's list.
        conn_id: Connection with the address of Dagster's web server in `host`.
        poll_s: Seconds between two looks at Dagster.
        max_runtime_s: After so many seconds the work is cancelled and the task fails.
    """

    template_fields: Sequence[str] = ("assets", "partitions", "title")
    operator_extra_links = (DagsterLink(),)
    ui_color = "#dddcf4"

    def __init__(
        self,
        *,
        assets: Sequence[str],
        partitions: Sequence[str] | XComArg,
        mode: str = "run",
        title: str = "",
        conn_id: str = "dagster_default",
        poll_s: float = 5,
        max_runtime_s: float | None = None,
        **task: Any,
    ) -> None:
        super().__init__(**task)
        self.assets = assets
        self.partitions: Any = partitions  # keys, once Airflow has rendered the template
        self.mode = mode
        self.title = title
        self.conn_id = conn_id
        self.poll_s = poll_s
        self.max_runtime_s = max_runtime_s
        self._launched = ""

    def execute(self, context: Context) -> None:
        """Launch the work, or find it again, and wait for it deferred."""
        if not self.partitions:
            raise AirflowSkipException("there is no partition to materialise")
        dagster = self._dagster()
        try:
            self._launched = self._find_or_launch(dagster, context)
        except UnknownAssetError as error:
            raise AirflowFailException(str(error)) from error
        self._show_page(dagster, context)
        self._wait(dagster)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Return what was materialised, or raise with the names of what was not."""
        dagster = self._dagster()
        self._launched = event["id"]
        page = self._show_page(dagster, context)
        if event["status"] in SUCCEEDED and not event["failures"]:
            forget(context)
            return {"id": event["id"], "page": page, "materialised": event["materialised"]}
        if memory := recall(context):
            remember(context, replace(memory, failed=tuple(event["partitions"])))
        raise AirflowException(self._complaint(event, page))

    def on_kill(self) -> None:
        """Cancel what was launched when the worker is told to end before the task is deferred."""
        if self._launched:
            self._dagster().cancel(Kind(self.mode), self._launched)

    def _dagster(self) -> Dagster:
        return Dagster(address(BaseHook.get_connection(self.conn_id)))

    def _find_or_launch(self, dagster: Dagster, context: Context) -> str:
        memory = recall(context)
        if memory is None:
            memory = remember(context, Memory.new())
            return self._launch(dagster, context, memory, self._keys())
        work = self._settled(dagster, memory)
        if work is None:
            return self._launch(dagster, context, memory, self._keys())
        if work.active or (work.succeeded and not dagster.failures(work.kind, work.id)):
            self.log.info("going on with %s %s, which is %s", work.kind, work.id, work.status)
            return work.id
        self.log.info("%s %s is %s; asking for what is missing", work.kind, work.id, work.status)
        try:
            return dagster.reexecute(work.kind, work.id)
        except DagsterRefusedError as refused:
            # All is materialised, and yet a run failed: on a check that blocks. Dagster knows nothing to do again.
            self.log.info("launching the failed partitions anew (%s)", refused)
            return self._launch(dagster, context, memory, memory.failed_among(self._keys()))

    def _settled(self, dagster: Dagster, memory: Memory) -> Work | None:
        """Return the newest work of this task; wait until a cancellation has been obeyed."""
        give_up = time.monotonic() + _CANCELLING_S
        while True:
            work = dagster.find(Kind(self.mode), (LAUNCH_TAG, memory.token), since=memory.since)
            if work is None or work.status != "CANCELING" or time.monotonic() > give_up:
                return work
            time.sleep(self.poll_s)

    def _launch(self, dagster: Dagster, context: Context, memory: Memory, partitions: Sequence[str]) -> str:
        ti = context["ti"]
        tags = {
            "airflow/dag_id": ti.dag_id,
            "airflow/run_id": ti.run_id,
            "airflow/task_id": ti.task_id,
            LAUNCH_TAG: memory.token,
        }
        if Kind(self.mode) is Kind.BACKFILL:
            title = self.title or f"{ti.dag_id}.{ti.task_id}: {len(partitions)} partitions"
            return dagster.launch_backfill(self.assets, partitions, title=title, tags=tags)
        if len(partitions) != 1:
            raise AirflowFailException(f"mode 'run' takes one partition, not {len(partitions)}; use mode 'backfill'")
        return dagster.launch_run(self.assets, partitions[0], tags=tags)

    def _keys(self) -> list[str]:
        return [str(key) for key in self.partitions]

    def _show_page(self, dagster: Dagster, context: Context) -> str:
        self.dagster_page = dagster.page(Kind(self.mode), self._launched)
        context["ti"].xcom_push(key=DagsterLink().xcom_key, value=self.dagster_page)
        return self.dagster_page

    def _wait(self, dagster: Dagster) -> NoReturn:
        deadline = time.time() + self.max_runtime_s if self.max_runtime_s else None
        trigger = DagsterTrigger(
            url=dagster.url, kind=self.mode, id=self._launched, poll_s=self.poll_s, deadline=deadline
        )
        self.defer(trigger=trigger, method_name="execute_complete")

    def _complaint(self, event: dict[str, Any], page: str) -> str:
        lines = [f"Dagster's {self.mode} {event['id']} ended {event['status']}: {page}"]
        if event["error"]:
            lines.append(event["error"])
        lines += event["failures"]
        lines += [f"{asset}: {done} materialised" for asset, done in event["materialised"].items()]
        return "\n".join(lines)

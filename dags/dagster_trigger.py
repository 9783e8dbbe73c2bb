"""Wait for a run or a backfill of Dagster without holding a worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from dags.dagster_client import Dagster, DagsterError, DagsterUnreachableError, Kind, Work


class DagsterTrigger(BaseTrigger):
    """Polls Dagster until the work has ended, follows Dagster's own retries, and cancels it when the task is killed.

    Its one event is `{"id", "status", "error", "failures": [str], "partitions": [str], "materialised"}`; `status` is
    Dagster's, or TIMED_OUT or UNREACHABLE.
    """

    def __init__(
        self,
        *,
        url: str,
        kind: str,
        id: str,
        poll_s: float = 5,
        patience_s: float = 300,
        deadline: float | None = None,
    ) -> None:
        """Say what to wait for.

        Args:
            url: Dagster's web server.
            kind: "run" or "backfill".
            id: Of the run or the backfill.
            poll_s: Seconds between two looks. The first look waits, too: an event within a second of the deferral makes
                the scheduler fail the task (apache/airflow#66374, #72716).
            patience_s: How long the web server may be away.
            deadline: Seconds of the epoch after which the work is cancelled. A timeout of the deferral itself would
                leave the work running: Airflow does not call `on_kill` for it.
        """
        super().__init__()
        self.url = url
        self.kind = kind
        self.id = id
        self.poll_s = poll_s
        self.patience_s = patience_s
        self.deadline = deadline
        self._dagster = Dagster(url)
        self._cancelled = False

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what another triggerer needs to go on with the work."""
        state = ("url", "kind", "id", "poll_s", "patience_s", "deadline")
        return "dags.dagster_trigger.DagsterTrigger", {name: getattr(self, name) for name in state}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait for the end; yield one event."""
        heard = time.monotonic()
        while True:
            await asyncio.sleep(self.poll_s)
            try:
                event = await self._look()
                heard = time.monotonic()
            except DagsterUnreachableError as error:  # a web server that restarts is no failure of the work
                self.log.warning("%s", error)
                event = None
                if time.monotonic() - heard > self.patience_s:
                    event = self._event("UNREACHABLE", error=str(error))
            except DagsterError as error:
                event = self._event("LOST", error=str(error))
            if event:
                yield TriggerEvent(event)
                return

    async def on_kill(self) -> None:
        """Cancel the work: somebody failed or cleared the task. A triggerer that restarts does not come here."""
        self.log.warning("the task was killed: asking Dagster to cancel %s %s", self.kind, self.id)
        await asyncio.to_thread(self._dagster.cancel, Kind(self.kind), self.id)

    async def _look(self) -> dict[str, Any] | None:
        """Return the event if the work has ended."""
        work = await asyncio.to_thread(self._dagster.look, Kind(self.kind), self.id)
        late = self.deadline is not None and time.time() > self.deadline
        if work.replaced:
            self.id = work.successor or self.id  # the successor's id appears a moment after the failure
        elif not work.active:
            return await self._ended(work)
        if late and not self._cancelled:
            self.log.warning("out of time: asking Dagster to cancel %s %s", self.kind, self.id)
            await asyncio.to_thread(self._dagster.cancel, Kind(self.kind), self.id)
            self._cancelled = True
        return None

    async def _ended(self, work: Work) -> dict[str, Any]:
        failures = await asyncio.to_thread(self._dagster.failures, work.kind, work.id)
        return self._event(
            "TIMED_OUT" if self._cancelled and not work.succeeded else work.status,
            error=work.error,
            failures=[str(failure) for failure in failures],
            partitions=[failure.partition for failure in failures if failure.partition],
            materialised={asset: f"{done} of {total}" for asset, (done, total) in work.materialised.items()},
        )

    def _event(self, status: str, *, error: str, **found: Any) -> dict[str, Any]:
        nothing: dict[str, Any] = {"failures": [], "partitions": [], "materialised": {}}
        return {"id": self.id, "status": status, "error": error} | nothing | found

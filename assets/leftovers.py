"""Runs whose launching process was killed: they count as running for ever and hold their places in the pools."""

from __future__ import annotations

import os
from collections.abc import Mapping

import dagster as dg

from daguerre.serving.state import process_ticks

_LAUNCHER = "daguerre/launcher"
_RUNNING = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]


def launcher_tags() -> Mapping[str, str]:
    """Return tags that name this process; its id alone would be given to another one later."""
    return {_LAUNCHER: f"{os.getpid()}.{process_ticks(os.getpid())}", "daguerre/launched_by": "command line"}


def end_leftovers(instance: dg.DagsterInstance) -> list[str]:
    """Mark the runs of launchers that are gone as failed and free their pools; return the runs' ids.

    Without it the next run would wait for the slot of a dead one for ever.
    """
    ended = []
    for run in instance.get_runs(dg.RunsFilter(statuses=_RUNNING)):
        pid, _, ticks = run.tags.get(_LAUNCHER, "").partition(".")
        if not pid or process_ticks(int(pid)) == int(ticks):
            continue
        instance.report_run_failed(run, "The process that ran it was killed.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        ended.append(run.run_id)
    return ended

"""Run the jobs for some batches now, in this process, in the persistent Dagster instance.

The command line starts this module (`python -m assets.launch`) with a plan as JSON on standard input, because the
library knows no orchestrator. Each job becomes a real Dagster run. What happens is written to standard output as JSON
lines: {"run": {...}} when a run begins or ends, {"progress": {...}} in between.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack

import dagster as dg

from assets.definitions import defs
from assets.finished import Finished, newest_label, partition_key
from assets.leftovers import end_leftovers, launcher_tags
from assets.mirror import mirror
from assets.photos import RETRY_TAG
from assets.resources import Daguerre

#: How long a run may take to end itself when nobody follows it any more.
_LAST_WORDS_S = 20


def say(kind: str, **fields: object) -> None:
    """Write one line for the parent process."""
    sys.stdout.write(json.dumps({kind: fields}, default=str) + "\n")
    sys.stdout.flush()


def run(instance: dg.DagsterInstance, job: str, partition: str, tags: Mapping[str, str]) -> bool:
    """Execute one job for one partition; say whether it succeeded."""
    say("run", job=job, partition=partition, state="started")
    result = defs.resolve_job_def(job).execute_in_process(
        instance=instance, partition_key=partition_key(job, partition) or None, tags=dict(tags), raise_on_error=False
    )
    failures = [
        f"{event.step_key}: {_reason(event)}" for event in result.all_events if event.event_type_value == "STEP_FAILURE"
    ]
    say(
        "run",
        job=job,
        partition=partition,
        state="succeeded" if result.success else "failed",
        run_id=result.run_id,
        failures=failures,
    )
    return bool(result.success)


def _reason(event: dg.DagsterEvent) -> str:
    error = event.step_failure_data.error
    while error and error.cause:
        error = error.cause
    return error.message.strip() if error else "failed"


def steps(plan: Mapping[str, list[str]]) -> Iterable[list[tuple[str, str]]]:
    """Yield groups of (job, partition): labels, then one per batch, one per space; a group stops at its first failure.

    Labels come first because what is curated is chosen by them.
    """
    for partition in plan["relabel"]:
        yield [("label", partition)]
    for batch in plan["batches"]:
        embed = [("embed", f"{batch}|{space}") for space in plan["spaces"]]
        yield [("ingest", batch), *embed, ("curate", batch)]
    for space in plan["spaces"]:
        yield [("publish", space)]
    yield [("engage", "")]


def main() -> int:
    """Execute the plan on the first line of standard input; give up when standard input ends.

    It has `batches` and `spaces` (partition keys), `unfinished` (batches to be run whatever the instance knows),
    `retry` (batches whose refused objects are tried once more) and `relabel` (batch|space whose concepts are of
    another space). What is finished is not run again.
    """
    plan: dict[str, list[str]] = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    instance = dg.DagsterInstance.get()
    end_leftovers(instance)
    daguerre, succeeded, embedded, serving = Daguerre(), True, False, False
    mirror(instance, daguerre.workspace(""))
    instance.add_dynamic_partitions("batch", plan["batches"])
    instance.add_dynamic_partitions("space", plan["spaces"])
    finished = Finished(instance, {*plan["unfinished"], *plan["retry"]}, _stand_for_all(instance, daguerre, plan))
    with ExitStack() as held:
        for group in steps(plan):
            for job, partition in group:
                if finished(job, partition) and not (job in {"publish", "engage"} and embedded):
                    continue
                tags = dict(launcher_tags())
                if partition in plan["retry"]:
                    tags[RETRY_TAG] = "true"
                if job in {"embed", "label"} and not serving:
                    # one start of Triton for all runs, instead of one each
                    held.enter_context(daguerre.encoder(daguerre.workspace(""), partition.split("|")[1]))
                    serving = True
                embedded |= job == "embed"
                if not run(instance, job, partition, tags):
                    succeeded = False
                    break
    return 0 if succeeded else 1


def _stand_for_all(instance: dg.DagsterInstance, daguerre: Daguerre, plan: Mapping[str, list[str]]) -> set[str]:
    """Return the batches to curate when concepts were made anew.

    The oldest brings every photo online again; the few that touch every owner make all duplicates, events, memories.
    """
    from daguerre.stages.owners import covering_batches

    if not plan["batches"] or not (plan["relabel"] or newest_label(instance)):
        return set()
    return {plan["batches"][0], *covering_batches(daguerre.workspace(""))}


def _end_with_parent() -> None:
    """End this process when the one that started it is gone: two writers would do everything twice."""
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)  # Dagster notes the end of its run
    time.sleep(_LAST_WORDS_S)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())

"""Hand a plan to the orchestrator in a process of its own, and draw what comes back.

The library knows no orchestrator. What runs Dagster is `python -m assets.launch` in the project's folder; the plan
goes in as JSON, progress and outcomes come back as JSON lines.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from daguerre.cli.console import err
from daguerre.errors import DaguerreError
from daguerre.settings import Settings


class OrchestratorError(DaguerreError):
    """The orchestrator could not run the plan."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Work to be run: batches through every stage into every space, then the spaces' indexes.

    Attributes:
        batches: All batches; those that the orchestrator knows to be finished are not run again.
        unfinished: Batches whose ledger is open; they are run whatever the orchestrator knows.
        retry: Batches whose refused objects are tried once more.
        relabel: `batch|space` of batches whose concepts are of another space than production's, and of that.
    """

    batches: tuple[str, ...]
    spaces: tuple[str, ...]
    unfinished: tuple[str, ...] = ()
    retry: tuple[str, ...] = ()
    relabel: tuple[str, ...] = ()

    def encode(self) -> str:
        """Return the plan as the orchestrator reads it."""
        return json.dumps(asdict(self))


@dataclass(kw_only=True)
class Outcome:
    """How the plan went."""

    runs: int = 0
    failures: list[str] = field(default_factory=list)


def dagster_home(settings: Settings) -> Path:
    """Return the folder of the local Dagster instance; makes it, with the shipped configuration, when missing."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copyfile(settings.project / "infra/local/dagster.yaml", home / "dagster.yaml")
    return home


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment of a process that loads the assets: these settings, and nothing reported to vendors."""
    ours = {
        f"DAGUERRE_{name.upper()}": str(value)
        for name, value in settings.model_dump().items()
        if value not in {"", None}
    }
    return os.environ | ours | {"DAGSTER_HOME": str(dagster_home(settings)), "PYTHONWARNINGS": "ignore"}


def execute(plan: Plan, settings: Settings, *, total: int, quiet: bool = False) -> Outcome:
    """Run the plan; draw progress on standard error unless `quiet`.

    Args:
        plan: What to run.
        settings: The installation to run it in.
        total: Objects in the plan's batches, for the bar.
        quiet: Draw nothing.

    Raises:
        OrchestratorError: the process ended without running the plan.
    """
    outcome = Outcome()
    log = settings.cache / "launch.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as errors, _bars(quiet) as bars:
        process = subprocess.Popen(
            [sys.executable, "-m", "assets.launch"],
            cwd=settings.project,
            env=environment(settings) | {"DAGUERRE_PROGRESS_LINES": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        assert process.stdin
        assert process.stdout
        with suppress(BrokenPipeError):
            process.stdin.write(plan.encode() + "\n")
            process.stdin.flush()  # and left open: its end tells the other process that this one is gone
        try:
            _follow(_events(process.stdout), outcome, bars, len(plan.batches), total)
        finally:
            if process.poll() is None and sys.exc_info()[0]:
                process.terminate()
            code = process.wait()
            process.stdout.close()
            with suppress(BrokenPipeError):
                process.stdin.close()
    if code and not outcome.failures:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise OrchestratorError(f"it ended with exit code {code}\n{tail}", fix=f"The whole log is in {log}.")
    return outcome


def _bars(quiet: bool) -> Progress:
    return Progress(
        TextColumn("{task.description:<34}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=err,
        disable=quiet,
        refresh_per_second=4,
    )


def _events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # a dependency wrote to standard output
        if isinstance(event, dict):
            yield event


def _follow(events: Iterator[dict[str, Any]], outcome: Outcome, bars: Progress, batches: int, total: int) -> None:
    whole = bars.add_task(f"{batches} batches", total=max(1, total), rate="")
    stage = bars.add_task("", total=None, rate="", visible=False)
    finished = 0
    for event in events:
        if run := event.get("run"):
            if run["state"] == "started":
                bars.update(stage, description=f"  {run['job']} {run['partition'].split('|')[0]}", visible=True)
                bars.reset(stage, total=None, rate="")
                continue
            outcome.runs += 1
            if run["state"] == "failed":
                said = "; ".join(run["failures"]) or "see the run in the UI"
                outcome.failures.append(f"{run['job']} {run['partition']} (run {run['run_id'][:8]}): {said}")
        elif step := event.get("progress"):
            if step["stage"] == "photos":
                bars.update(whole, completed=finished + step["done"])
                if step["done"] >= step["total"]:
                    finished += step["total"]
            bars.update(
                stage,
                description=f"  {step['stage']} {step['batch']}",
                completed=step["done"],
                total=step["total"],
                visible=True,
            )
        for task in bars.tasks:
            if task.speed:
                bars.update(task.id, rate=f"{task.speed:,.0f}/s")

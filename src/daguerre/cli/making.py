"""Write a generated library with a progress bar."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from daguerre.cli.console import err
from daguerre.library.spec import LibrarySpec
from daguerre.settings import load_settings

if TYPE_CHECKING:  # what draws pictures is imported by those who draw
    from daguerre.library.plan import LibraryPlan


def make_library(spec: LibrarySpec, folder: Path, *, quiet: bool = False) -> LibraryPlan:
    """Plan and write a library, unless it lies there already; return the plan."""
    from daguerre.library.plan import plan_library
    from daguerre.library.writing import is_complete, write_library

    plan = plan_library(spec)
    if is_complete(plan, folder):
        return plan
    columns = (TextColumn("   {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, disable=quiet) as bars:
        task = bars.add_task("files", total=len(plan.rows))
        write_library(
            plan,
            folder,
            workers=load_settings().worker_count,
            progress=lambda done, total: bars.update(task, completed=done, total=total),
        )
    return plan

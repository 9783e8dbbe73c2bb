"""Write a generated library with a progress bar."""

from __future__ import annotations

from pathlib import Path

from rich.progress import Progress

from daguerre.cli.console import err
from daguerre.library.plan import plan_library
from daguerre.library.spec import LibrarySpec
from daguerre.library.writing import write_library


def make_library(spec: LibrarySpec, folder: Path, *, quiet: bool = False) -> int:
    """Plan and write a library; return the number of its files."""
    plan = plan_library(spec)
    with Progress(console=err, disable=quiet) as bars:
        task = bars.add_task("  files", total=len(plan.rows))
        write_library(plan, folder, progress=lambda step: bars.update(task, completed=step.done))
    return len(plan.rows)

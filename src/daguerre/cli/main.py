"""The daguerre command: its commands, and how it fails."""

from __future__ import annotations

import sys

import typer

from daguerre.cli import (
    demo,
    doctor,
    exclude,
    experiments,
    library,
    memories,
    models,
    rejected,
    run,
    search,
    serve,
    show,
    status,
    ui,
    verdicts,
)
from daguerre.cli.console import err
from daguerre.errors import DaguerreError
from daguerre.telemetry import log_as_json, silence_vendors

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Photos in an object store become searchable, curated and monitored.",
)
app.command("run")(run.run)
app.command("demo")(demo.demo)
app.command("status")(status.status)
app.command("search")(search.search)
app.command("show")(show.show)
app.command("memories")(memories.memories)
app.command("exclude")(exclude.exclude)
app.command("rejected")(rejected.rejected)
app.command("doctor")(doctor.doctor)
app.command("ui")(ui.ui)
app.add_typer(models.app, name="models")
app.add_typer(experiments.app, name="experiments")
app.add_typer(serve.app, name="serve")
app.add_typer(library.app, name="library")
app.add_typer(verdicts.app, name="verdict")


def main() -> None:
    """Run the command line; errors that we understand end it with their message and exit code, without a traceback."""
    silence_vendors()
    log_as_json()
    try:
        app()
    except DaguerreError as e:
        err.print(f"[red]error[/red] {e}", markup=True)
        sys.exit(e.exit_code)
    except KeyboardInterrupt:
        err.print("stopped; what is stored is whole, and the same command goes on from here")
        sys.exit(130)

"""daguerre serve: the local Triton server."""

from __future__ import annotations

from typing import Annotated

import typer

from daguerre.cli.console import out, print_json
from daguerre.serving.health import server_facts
from daguerre.serving.server import start_server, stop_server
from daguerre.workspace import open_workspace

app = typer.Typer(no_args_is_help=True, help="The local Triton server. Commands that need one start it by themselves.")


@app.command()
def start() -> None:
    """Start Triton on loopback and leave it running: searches then answer at once."""
    running = start_server(open_workspace())
    out.print(f"Triton answers on {running.url}. `daguerre serve stop` ends it.")


@app.command()
def stop() -> None:
    """Stop the Triton that `serve start` started."""
    stopped = stop_server(open_workspace())
    out.print("Triton stopped." if stopped else "No Triton of ours is running.")


@app.command()
def status(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Say whether Triton runs and which models it has loaded."""
    facts = server_facts(open_workspace())
    if json:
        print_json(facts)
        return
    for name, value in facts.items():
        out.print(f"{name}: {value}")

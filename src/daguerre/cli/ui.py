"""daguerre ui: the Dagster UI on loopback."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from daguerre.cli.console import out
from daguerre.cli.opening import demo_settings
from daguerre.cli.orchestrate import environment
from daguerre.settings import load_settings


def ui(
    demo: Annotated[bool, typer.Option("--demo", help="Show what `daguerre demo` made.")] = False,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0: the one in the settings.", min=0)] = 0,
) -> None:
    """Open the Dagster UI: graph, partitions, runs, checks, pictures. Ends with Ctrl-C."""
    settings = demo_settings() if demo else load_settings()
    chosen = port or settings.ui_port
    out.print(f"Dagster UI: http://127.0.0.1:{chosen} (Ctrl-C ends it)")
    command = [sys.executable, "-m", "dagster", "dev", "-m", "assets.definitions", "-h", "127.0.0.1", "-p", str(chosen)]
    os.chdir(settings.project)
    # This process becomes Dagster: whoever ends it ends Dagster, and nothing is left behind.
    os.execve(sys.executable, command, environment(settings))  # noqa: S606

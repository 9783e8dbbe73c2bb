"""daguerre library: generated photos with known truth."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from daguerre.cli.console import out
from daguerre.cli.making import make_library
from daguerre.library.plan import LibrarySpec

app = typer.Typer(no_args_is_help=True, help="Generated photo libraries with known truth.")


@app.command()
def make(
    folder: Annotated[Path, typer.Argument(help="Where to write; an interrupted call goes on where it stopped.")],
    owners: Annotated[int, typer.Option(help="People.", min=1)] = 3,
    years: Annotated[int, typer.Option(help="Years of their lives.", min=1)] = 2,
    seed: Annotated[int, typer.Option(help="The same seed makes the same files.")] = 1,
    difficulty: Annotated[Literal["easy", "normal", "hard"], typer.Option(help="How life-like.")] = "normal",
) -> None:
    """Write a library: photos of generated lives, truth.jsonl, queries.jsonl and events.jsonl in .daguerre/."""
    began = time.monotonic()
    count = make_library(LibrarySpec(owners=owners, years=years, seed=seed, difficulty=difficulty), folder)
    seconds = time.monotonic() - began
    out.print(f"{count:,} files in {folder}, {count / max(seconds, 1e-9):,.0f} files/s.")

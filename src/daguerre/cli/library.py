"""daguerre library: generated photos with known truth."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from daguerre.cli.console import out
from daguerre.cli.making import make_library
from daguerre.library.difficulty import LEVELS
from daguerre.library.spec import SMALL, LibrarySpec, Sizes, owner_names

app = typer.Typer(no_args_is_help=True, help="Generated photo libraries with known truth.")


@app.callback()
def callback() -> None:
    """Keep `make` a command of its own although it is the only one."""


@app.command()
def make(
    folder: Annotated[Path, typer.Argument(help="Where to write; an interrupted call goes on where it stopped.")],
    photos: Annotated[int, typer.Option(help="Files in all.", min=1)] = 1200,
    owners: Annotated[int, typer.Option(help="People.", min=1)] = 3,
    seed: Annotated[int, typer.Option(help="The same seed makes the same files.")] = 1,
    difficulty: Annotated[Literal["easy", "normal", "hard"], typer.Option(help="How life-like.")] = "normal",
    small: Annotated[bool, typer.Option("--small", help="320 px pictures, for benchmarks.")] = False,
) -> None:
    """Write a library: photos of generated lives, truth.jsonl, queries.jsonl and events.jsonl in .daguerre/."""
    began = time.monotonic()
    spec = LibrarySpec(
        owners=owner_names(owners),
        photos=photos,
        seed=seed,
        difficulty=LEVELS[difficulty],
        sizes=SMALL if small else Sizes(),
    )
    count = len(make_library(spec, folder).rows)
    seconds = time.monotonic() - began
    out.print(f"{count:,} files in {folder}, {count / max(seconds, 1e-9):,.0f} files/s.")

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
from daguerre.lifecycle.simulated_use import simulate_use
from daguerre.quality.experiments.spec import load_spec
from daguerre.workspace import open_workspace

app = typer.Typer(no_args_is_help=True, help="Generated photo libraries with known truth.")


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


@app.command()
def interactions(
    spec: Annotated[Path, typer.Argument(help="The spec of an experiment of kind interleaving or ab.")],
    folder: Annotated[Path, typer.Argument(help="Where during.jsonl goes, and before.jsonl for kind ab.")],
    people: Annotated[int, typer.Option(help="Simulated people.", min=1)] = 400,
    searches: Annotated[float, typer.Option(help="Searches of each, on average.", min=0.1)] = 8.0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same people.")] = 1,
) -> None:
    """Let simulated people of known preferences use both sides of an experiment; for `experiments run --log`."""
    used = simulate_use(open_workspace(), load_spec(spec), persons=people, activity=searches, seed=seed)
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in (("during", used.log.during), ("before", used.log.before)):
        if data:
            (folder / f"{name}.jsonl").write_bytes(data)
    old, new = (used.truth[side] for side in ("production", "candidate"))
    out.print(f"{folder}: in truth {old:.3f} clicks per search with production, {new:.3f} with the candidate.")

"""daguerre models: encoder releases."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from daguerre.cli.console import out, print_json, print_table
from daguerre.encoders.importing import import_model
from daguerre.errors import NotFoundError
from daguerre.registry.log import aliases, promote
from daguerre.registry.releases import find_release, list_releases
from daguerre.registry.releases import register as register_release
from daguerre.workspace import open_workspace

app = typer.Typer(no_args_is_help=True, help="Encoder releases: import, register, list, promote.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("import")
def import_(
    source: Annotated[str, typer.Argument(help="A folder in Immich's or Transformers.js' layout, or a hub name.")],
    into: Annotated[Path, typer.Option(help="Folder that the model folder is made in.")] = Path("models"),
    json: Json = False,
) -> None:
    """Bring your own CLIP, OpenCLIP or SigLIP2: both layouts become a model folder of ours, proven batch by batch."""
    folder = import_model(source, into)
    if json:
        print_json({"folder": str(folder)})
    else:
        out.print(f"{folder} is ready. `daguerre models register {folder}` makes a release of it.")


@app.command()
def register(folder: Annotated[Path, typer.Argument(help="A model folder.")], json: Json = False) -> None:
    """Make a content-addressed release of a model folder. The same bytes are the same release."""
    spec = register_release(open_workspace(), folder)
    if json:
        print_json({"digest": spec.digest, "space": spec.space})
    else:
        out.print(f"{spec.name} is release {spec.digest[:12]}, space {spec.space}.")


@app.command("list")
def list_(json: Json = False) -> None:
    """List the releases and the aliases that point at them."""
    ws = open_workspace()
    named = aliases(ws, ws.settings.product)
    releases = list_releases(ws)
    rows = [
        [r.name, r.space, r.digest, r.dim, ", ".join(a for a, d in sorted(named.items()) if d == r.digest)]
        for r in releases
    ]
    columns = ["encoder", "space", "digest", "dim", "aliases"]
    if json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table("Releases", columns, rows, right=["dim"])


@app.command("promote")
def promote_(
    space: Annotated[str, typer.Argument(help="The release's space, as `models list` shows it.")],
    alias: Annotated[str, typer.Option(help="production or candidate.")] = "candidate",
    reason: Annotated[str, typer.Option(help="Why; it is kept for ever.")] = "",
) -> None:
    """Point an alias at a release. The log keeps who did it, when and why."""
    ws = open_workspace()
    if not reason:
        raise NotFoundError("a reason", fix='Give one: --reason "recall +0.05 on our queries".')
    release = find_release(ws, space)
    promote(ws, alias, release.spec.digest, actor=getpass.getuser(), reason=reason)
    out.print(f"{alias} points at {space}. `daguerre run SOURCE` embeds what it lacks.")

"""daguerre models: encoder releases, from the folder of a model to production and out of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from daguerre.cli import model_moves, model_reading, model_trials
from daguerre.cli.console import out, print_json
from daguerre.cli.options import Actor, Json
from daguerre.encoders.importing import import_model
from daguerre.registry.releases import register as register_release
from daguerre.registry.signing import generate_key
from daguerre.workspace import open_workspace

app = typer.Typer(
    no_args_is_help=True,
    help="Encoder releases: register, validate, sample, approve, backfill, complete, shadow, canary, promote, retire; "
    "and rollback from everywhere.",
)


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
def register(folder: Annotated[Path, typer.Argument(help="A model folder.")], actor: Actor, json: Json = False) -> None:
    """Make a content-addressed release of a model folder. The same bytes are the same release.

    It is signed when DAGUERRE_SIGNING_KEY names a key. Nothing is embedded by it.
    """
    spec = register_release(open_workspace(), folder, actor=actor)
    if json:
        print_json({"digest": spec.digest, "space": spec.space})
    else:
        out.print(f"{spec.name} is release {spec.digest[:12]}, space {spec.space}.")
        out.print(f"`daguerre models validate {spec.space}` is next.")


@app.command()
def keygen(path: Annotated[Path, typer.Argument(help="Where the private key goes; it must not exist.")]) -> None:
    """Make an Ed25519 key that signs releases. Set DAGUERRE_SIGNING_KEY to its path before `models register`."""
    public = generate_key(path)
    out.print(f"{path} holds the private key; keep it. The policy trusts it by this line:")
    out.print(f"  trusted_keys: [{public}]", markup=False)


app.command("list")(model_reading.list_)
app.command()(model_reading.show)
app.command()(model_reading.history)
app.command()(model_reading.diff)
app.command()(model_trials.validate)
app.command()(model_trials.sample)
app.command()(model_trials.approve)
app.command()(model_trials.nominate)
app.command()(model_trials.backfill)
app.command()(model_trials.complete)
app.command()(model_moves.shadow)
app.command()(model_moves.canary)
app.command()(model_moves.promote)
app.command()(model_moves.watch)
app.command()(model_moves.rollback)
app.command()(model_moves.retire)
app.command()(model_reading.policy)
app.command()(model_reading.verify)

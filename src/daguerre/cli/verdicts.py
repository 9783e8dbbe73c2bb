"""daguerre verdict: what people say about duplicates, and what no run ever takes back."""

from __future__ import annotations

from typing import Annotated

import typer

from daguerre.cli.console import out, print_json, print_table
from daguerre.cli.opening import reading_workspace
from daguerre.cli.options import Actor, Json
from daguerre.cli.show import find_photo
from daguerre.curation.verdict_log import decide, read_verdicts
from daguerre.curation.verdict_log import undo as take_back
from daguerre.curation.verdicts import Decision
from daguerre.ids import OwnerId, PhotoId
from daguerre.stages.duplicates import group_again

app = typer.Typer(no_args_is_help=True, help="Say what is no duplicate, what stays, and which one is best.")

Photo = Annotated[str, typer.Argument(metavar="PHOTO_ID", help="A photo_id, or its first 8 characters or more.")]


@app.command("not-duplicate")
def not_duplicate(one: Photo, other: Photo, actor: Actor) -> None:
    """Keep two photos in different groups for good."""
    _decide("not_duplicate", [one, other], actor)


@app.command("keep-both")
def keep_both(one: Photo, other: Photo, actor: Actor) -> None:
    """Say that two photos are duplicates and that neither goes."""
    _decide("keep_both", [one, other], actor)


@app.command("best")
def best(photo: Photo, actor: Actor) -> None:
    """Say that this photo is the best of every group that it stands in."""
    _decide("best", [photo], actor)


@app.command("list")
def list_verdicts(
    owner: Annotated[str | None, typer.Option(help="Only about this owner's photos.")] = None, json: Json = False
) -> None:
    """Show what people said, oldest first."""
    known = read_verdicts(reading_workspace(), OwnerId(owner) if owner else None)
    if json:
        print_json(
            [
                {"verdict_id": name, "owner": v.owner_id, "kind": v.kind, "photo_ids": list(v.photo_ids)}
                | {"actor": v.actor, "at": v.at.isoformat()}
                for name, v in known.items()
            ]
        )
        return
    rows = [
        [
            name[:8],
            v.owner_id,
            v.kind,
            ", ".join(photo[:12] for photo in v.photo_ids),
            v.actor,
            f"{v.at:%Y-%m-%d %H:%M}",
        ]
        for name, v in known.items()
    ]
    print_table("Verdicts", ["id", "owner", "says", "of", "by", "at"], rows)


@app.command("undo")
def undo(verdict: Annotated[str, typer.Argument(help="Its id, or the beginning; `verdict list` shows it.")]) -> None:
    """Take a verdict back."""
    ws = reading_workspace()
    taken = take_back(ws, verdict)
    rows = group_again(ws, taken.owner_id)
    out.print(f"Taken back; {taken.owner_id} has {rows} photos in groups.")


def _decide(kind: Decision, photos: list[str], actor: str) -> None:
    ws = reading_workspace()
    ids = [PhotoId(find_photo(ws, photo)["photo_id"]) for photo in photos]
    made = decide(ws, kind, ids, actor=actor)
    rows = group_again(ws, made.owner_id)
    out.print(f"Kept. It holds now and in every run to come; {made.owner_id} has {rows} photos in groups.")

"""daguerre memories: what an owner is reminded of, and why."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from daguerre.cli.console import out, print_json, print_table
from daguerre.cli.memory_page import write_memory_page
from daguerre.cli.opening import reading_workspace
from daguerre.cli.options import Json
from daguerre.curation.titles.locales import DEFAULT_LOCALE
from daguerre.ids import OwnerId
from daguerre.stages.album import read_album


def memories(
    owner: Annotated[str, typer.Option(help="Whose memories.")],
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="For this day, not for today.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with pictures and maps to this file.")] = None,
    language: Annotated[str, typer.Option(help="Of titles and reasons: en or de.")] = DEFAULT_LOCALE,
    limit: Annotated[int, typer.Option(help="How many memories.", min=1, max=100)] = 12,
    json: Json = False,
) -> None:
    """Show an owner's memories, best first, with the reason of each. Ends with exit code 5 when there are none.

    Nothing that `daguerre exclude` keeps out is shown, whenever the memories were made.
    """
    ws = reading_workspace()
    album = read_album(ws, OwnerId(owner), on.date() if on else None, limit=limit, locale=language)
    if html and album.memories:
        html.write_text(write_memory_page(ws, album), encoding="utf-8")
    if json:
        print_json([{name: value for name, value in row.items() if name != "code_version"} for row in album.memories])
    elif not album.memories:
        out.print(f"No memories of {owner} for {album.on}.", markup=False)
    else:
        print_table(
            f"{owner} on {album.on}",
            ["", "kind", "title", "why", "photos"],
            [
                [place, row["kind"], row["title"], row["reason"], len(row["photo_ids"])]
                for place, row in enumerate(album.memories, start=1)
            ],
            right=["", "photos"],
        )
        if html:
            out.print(f"Look: [bold]{html}[/bold]")
    if not album.memories:
        raise typer.Exit(5)

"""daguerre show: everything that is known about one photo, and where each fact came from."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from daguerre.cli.console import out, print_json, print_table
from daguerre.cli.curation_facts import Fact, curation_facts
from daguerre.cli.opening import reading_workspace
from daguerre.errors import NotFoundError
from daguerre.features.lake import landing_day, read_partition
from daguerre.features.views import VIEWS
from daguerre.ids import BatchKey
from daguerre.tables import catalogue
from daguerre.tables.sql import quote
from daguerre.workspace import Workspace


def show(
    photo_id: Annotated[str, typer.Argument(help="A photo_id, or the beginning of one (8 characters or more).")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a photo's facts: object, catalogue row, signals, vectors, groups, events, trips, memories, what hides it."""
    ws = reading_workspace()
    photo = find_photo(ws, photo_id)
    facts = [
        *_catalogue_facts(photo),
        *_object_facts(ws, photo["photo_id"]),
        *_signal_facts(ws, photo),
        *_vector_facts(ws, photo["photo_id"]),
        *curation_facts(ws, photo),
    ]
    if json:
        print_json([{"room": r, "fact": name, "value": value, "from": origin} for r, name, value, origin in facts])
        return
    print_table(f"Photo {photo['photo_id']} of {photo['owner_id']}", ["room", "fact", "value", "from"], facts)
    out.print(f"[dim]{photo['source']} : {photo['source_key']!r}[/dim]")


def find_photo(ws: Workspace, prefix: str) -> dict[str, Any]:
    """Return the catalogue row of the only photo whose id begins with `prefix`.

    Raises:
        NotFoundError: no photo, or several.
    """
    if not (8 <= len(prefix) <= 32 and set(prefix) <= set("0123456789abcdef")):
        raise NotFoundError(f"photo {prefix!r}", fix="A photo_id has 32 hex digits; give at least the first 8.")
    rows = catalogue.photos(ws).read(where=f"photo_id LIKE {quote(prefix + '%')}").to_pylist()
    if len(rows) != 1:
        raise NotFoundError(f"{len(rows)} photos begin with {prefix!r}", fix="`daguerre search` shows photo ids.")
    return dict(rows[0])


def _catalogue_facts(photo: dict[str, Any]) -> list[Fact]:
    origin = f"photos {photo['code_version']}, run {_run(photo)}"
    hidden = {"photo_id", "owner_id", "source", "source_key", "code_version", "run_id", "pdq", "pack"}
    known = {name: value for name, value in photo.items() if name not in hidden and value is not None}
    facts: list[Fact] = [("catalogue", name, _shown(value), origin) for name, value in known.items()]
    if photo["pdq"]:
        facts.append(("catalogue", "pdq", photo["pdq"].hex(), origin))
    return facts


def _object_facts(ws: Workspace, photo_id: str) -> list[Fact]:
    rows = catalogue.objects(ws).read(where=f"photo_id = {quote(photo_id)}").to_pylist()
    return [
        ("objects", "uploaded as", repr(r["key"]), f"batch {r['batch']}, etag {r['etag'][:20]}, run {_run(r)}")
        for r in rows
    ]


def _signal_facts(ws: Workspace, photo: dict[str, Any]) -> list[Fact]:
    batch = BatchKey(photo["batch"])
    facts: list[Fact] = []
    for view in VIEWS:
        if view.entity != "photo":
            continue
        table = read_partition(ws, view, landing_day(batch), batch)
        for row in table.to_pylist():
            if row["photo_id"] == photo["photo_id"]:
                origin = f"{view.name}, {row['event_timestamp']:%Y-%m-%d}"
                known = {name: row[name] for name in view.features if row[name] is not None}
                facts += [("signals", name, _shown(value), origin) for name, value in known.items()]
    return facts


def _vector_facts(ws: Workspace, photo_id: str) -> list[Fact]:
    facts: list[Fact] = []
    for space in catalogue.spaces(ws):
        table = catalogue.stored_vectors(ws, space)
        if table is not None and table.count(f"photo_id = {quote(photo_id)}"):
            facts.append(("vectors", "embedded in", space, f"version {table.version}"))
    return facts


def _run(row: dict[str, Any]) -> str:
    return (row["run_id"] or "-")[:8]


def _shown(value: object) -> object:
    if isinstance(value, list):
        text = ", ".join(f"{v:.3f}" if isinstance(v, float) else str(v) for v in value[:12])
        return text + (" …" if len(value) > 12 else "")
    return value

"""Every table by name."""

from __future__ import annotations

from daguerre import layout
from daguerre.ids import SpaceName, parse_space
from daguerre.tables import schemas
from daguerre.tables.table import Table
from daguerre.workspace import Workspace


def photos(ws: Workspace) -> Table:
    """Return the catalogue: one row per photo, video or keyframe."""
    return Table(ws.store, layout.PHOTOS, schemas.PHOTOS)


def objects(ws: Workspace) -> Table:
    """Return which landed object became which photo."""
    return Table(ws.store, layout.OBJECTS, schemas.OBJECTS)


def rejected(ws: Workspace) -> Table:
    """Return what was refused, at which stage, and why."""
    return Table(ws.store, layout.REJECTED, schemas.REJECTED)


def descriptors(ws: Workspace) -> Table:
    """Return the descriptors that need no trained weights."""
    return Table(ws.store, layout.DESCRIPTORS, schemas.DESCRIPTORS)


def vectors(ws: Workspace, space: SpaceName, dim: int) -> Table:
    """Return the vectors of one space."""
    return Table(ws.store, layout.vectors(space), schemas.vectors(dim))


def stored_vectors(ws: Workspace, space: SpaceName) -> Table | None:
    """Return the vectors of one space with the dimension that is stored; None when there are none yet."""
    dataset = vectors(ws, space, 1).open()
    return vectors(ws, space, dataset.schema.field("vector").type.list_size) if dataset else None


def duplicates(ws: Workspace) -> Table:
    """Return the groups of equal photos."""
    return Table(ws.store, layout.DUPLICATES, schemas.DUPLICATES)


def verdicts(ws: Workspace) -> Table:
    """Return what people decided about duplicates."""
    return Table(ws.store, layout.VERDICTS, schemas.VERDICTS)


def edges(ws: Workspace) -> Table:
    """Return which photos have been compared, and came close."""
    return Table(ws.store, layout.EDGES, schemas.EDGES)


def events(ws: Workspace) -> Table:
    """Return what happened when and where."""
    return Table(ws.store, layout.EVENTS, schemas.EVENTS)


def themes(ws: Workspace) -> Table:
    """Return what each library is about, for browsing."""
    return Table(ws.store, layout.THEMES, schemas.THEMES)


def corrections(ws: Workspace) -> Table:
    """Return what was put right about clocks and places."""
    return Table(ws.store, layout.CORRECTIONS, schemas.CORRECTIONS)


def memories(ws: Workspace) -> Table:
    """Return the selections that may be shown to a person."""
    return Table(ws.store, layout.MEMORIES, schemas.MEMORIES)


def shown(ws: Workspace) -> Table:
    """Return which memories were shown to their owners, and when."""
    return Table(ws.store, layout.SHOWN, schemas.SHOWN)


def spaces(ws: Workspace) -> list[SpaceName]:
    """Return the spaces that have a vector table, in order of name."""
    found = {info.key.split("/")[1] for info in ws.store.list("vectors/")}
    return sorted(parse_space(name) for name in found)

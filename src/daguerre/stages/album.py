"""An album: everything that one page shows of an owner's memories, all of it allowed to be shown now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

import numpy as np

from daguerre.curation.columns import PhotoColumns
from daguerre.curation.titles.locales import DEFAULT_LOCALE
from daguerre.errors import NotFoundError
from daguerre.ids import OwnerId
from daguerre.stages.feed import Row, make_memories_for, read_memories, shown_library, still_shown
from daguerre.stages.journeys import Journey, journeys
from daguerre.stages.themes import read_themes
from daguerre.tables import catalogue
from daguerre.tables.sql import quote
from daguerre.workspace import Workspace

#: Groups of each kind, the largest first: enough to see the rule.
_GROUPS = {"exact": 2, "near": 3, "burst": 3}
_MEMBERS = 6


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What is written below one photo: when, in the zone of the place (None: not known), and where."""

    taken: datetime | None
    place: str


@dataclass(frozen=True, kw_only=True)
class Equals:
    """Photos of which one is enough: ids with the reason of each, the kept one first."""

    kind: str
    members: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Album:
    """What a page shows.

    Attributes:
        on: The day that the memories are for.
        memories: Best first, as `stages.feed` gives them.
        journey_of: The journey of each memory about a trip, by memory_id.
        themes: Label and photos of each theme of the library, the largest first.
        frames: Of every photo that may be shown.
    """

    owner: OwnerId
    on: date
    memories: Sequence[Row]
    journeys: Sequence[Journey]
    journey_of: Mapping[str, Journey]
    equals: Sequence[Equals]
    themes: Sequence[tuple[str, Sequence[str]]]
    frames: Mapping[str, Frame]


def read_album(
    ws: Workspace, owner: OwnerId, on: date | None = None, *, limit: int, locale: str = DEFAULT_LOCALE
) -> Album:
    """Collect an owner's album for the memories that are stored or, with a day or language, for those made for it.

    Raises NotFoundError for somebody without photos, ExclusionError and UnknownLocaleError.
    """
    if not catalogue.photos(ws).count(f"owner_id = {quote(owner)}"):
        raise NotFoundError(f"photos of {owner!r}", fix="Owners are the first folders of the source's keys.")
    shown = shown_library(ws, owner)
    memories = album_memories(ws, owner, on, locale, set(shown.photo_id.tolist()))[:limit]
    mine = f"owner_id = {quote(owner)}"
    routes = journeys(shown, catalogue.events(ws).read(where=mine).to_pylist())
    frames = _frames(shown)
    return Album(
        owner=owner,
        on=on or (memories[0]["made_for"] if memories else ws.clock().date()),
        memories=memories,
        journeys=routes,
        journey_of={row["memory_id"]: found for row in memories if (found := _journey_of(row, routes))},
        equals=equals_of(catalogue.duplicates(ws).read(where=mine).to_pylist(), frames.keys()),
        themes=[
            (theme.label, photos)
            for theme in read_themes(ws, owner)
            if not theme.parent and (photos := [photo for photo in theme.photo_ids if photo in frames])
        ],
        frames=frames,
    )


def album_memories(ws: Workspace, owner: OwnerId, on: date | None, locale: str, allowed: Set[str]) -> list[Row]:
    """Return the stored memories, or those made for a day or in another language; the rules of now hold for all."""
    if on is None and locale == DEFAULT_LOCALE:
        return read_memories(ws, owner)
    made = make_memories_for(ws, owner, on or ws.clock().date(), locale=locale)
    return [kept for row in made if (kept := still_shown(row, allowed))]


def equals_of(rows: Sequence[dict[str, Any]], allowed: Set[str]) -> list[Equals]:
    """Return groups of stored duplicates to look at, the largest of each kind, without photos that may not be shown.

    A group whose kept photo may not be shown is left out.
    """
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        if row["photo_id"] in allowed:
            groups.setdefault((row["kind"], row["group_id"]), []).append(row)
    found = []
    for kind, most in _GROUPS.items():
        whole = [g for key, g in sorted(groups.items()) if key[0] == kind and len(g) > 1 and any(map(_kept, g))]
        for group in sorted(whole, key=len, reverse=True)[:most]:
            members = sorted(group, key=lambda row: (not row["is_best"], row["distance"], row["photo_id"]))[:_MEMBERS]
            found.append(Equals(kind=kind, members=tuple((row["photo_id"], row["reason"]) for row in members)))
    return found


def _kept(row: dict[str, Any]) -> bool:
    return bool(row["is_best"])


def _journey_of(memory: Row, routes: Sequence[Journey]) -> Journey | None:
    """Return the journey that a memory about a trip shows: the one with most of its photos."""
    if memory["kind"] != "trip" or not routes:
        return None
    best = max(routes, key=lambda journey: len(journey.photo_ids.intersection(memory["photo_ids"])))
    return best if best.photo_ids.intersection(memory["photo_ids"]) else None


def _frames(shown: PhotoColumns) -> dict[str, Frame]:
    return {
        photo: Frame(taken=None if np.isnan(at) else _at(at, offset), place=place)
        for photo, at, offset, place in zip(shown.photo_id, shown.taken_s, shown.offset_s, shown.place, strict=True)
    }


def _at(taken_s: float, offset_s: float) -> datetime:
    return datetime.fromtimestamp(taken_s, timezone(timedelta(seconds=float(offset_s))))

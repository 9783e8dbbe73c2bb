"""What curation made of one photo: its groups, event, trip and memories, each with its reason, and what hides it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from daguerre.curation.columns import DAY_S
from daguerre.curation.exclusion_log import read_rules
from daguerre.curation.hiding import why_hidden
from daguerre.curation.reading import LibraryReader
from daguerre.ids import OwnerId
from daguerre.stages.feed import read_memories
from daguerre.tables import catalogue
from daguerre.tables.sql import one_of, quote
from daguerre.workspace import Workspace

#: Room, name, value, and where it comes from.
Fact = tuple[str, str, object, str]


def curation_facts(ws: Workspace, photo: dict[str, Any]) -> list[Fact]:
    """Return the facts of a photo, given its row of the catalogue. A keyframe goes with its video."""
    photo_id, owner = photo["video_id"] or photo["photo_id"], OwnerId(photo["owner_id"])
    return [
        *_correction_facts(ws, owner, photo_id),
        *_group_facts(ws, photo_id),
        *_event_facts(ws, owner, photo_id),
        *_memory_facts(ws, owner, photo_id),
        *_hiding_facts(ws, owner, photo_id),
    ]


def _correction_facts(ws: Workspace, owner: OwnerId, photo_id: str) -> list[Fact]:
    mine = f"owner_id = {quote(owner)} AND array_has(photo_ids, {quote(photo_id)})"
    facts: list[Fact] = []
    for row in catalogue.corrections(ws).read(where=mine).to_pylist():
        sure = f"{row['confidence']:.0%} sure"
        if row["kind"] == "clock":
            ahead = "ahead" if row["offset_s"] > 0 else "behind"
            told = f"{row['pairs']} like pictures of" if row["pairs"] else "the occasions of"
            said = f"{row['camera']} was {timedelta(seconds=round(abs(row['offset_s'])))} {ahead}, says {told}"
            facts.append(("curation", "clock", f"{said} {row['reference']}; {sure}", f"events {row['code_version']}"))
        else:
            where = row["place"] or f"{row['lat']:.4f}, {row['lon']:.4f}"
            said = f"{where}, inferred from a photo taken shortly before or after; {sure}"
            facts.append(("curation", "place", said, f"events {row['code_version']}"))
    return facts


def _group_facts(ws: Workspace, photo_id: str) -> list[Fact]:
    duplicates = catalogue.duplicates(ws)
    mine = duplicates.read(where=f"photo_id = {quote(photo_id)}").to_pylist()
    if not mine:
        return []
    whole = duplicates.read(where=one_of("group_id", [row["group_id"] for row in mine])).to_pylist()
    facts: list[Fact] = []
    for row in mine:
        members = [r for r in whole if (r["kind"], r["group_id"]) == (row["kind"], row["group_id"])]
        kept = next((r["photo_id"] for r in members if r["is_best"]), None)
        of = f"one of {len(members)}"
        said = " (the one to keep)" if row["is_best"] else f", kept is {kept[:8]}" if kept else ""
        origin = f"duplicates {row['code_version']}"
        facts.append(
            ("curation", f"{row['kind']} group", f"{row['group_id'][:8]}, {of}{said}: {row['reason']}", origin)
        )
    return facts


def _event_facts(ws: Workspace, owner: OwnerId, photo_id: str) -> list[Fact]:
    events = catalogue.events(ws)
    facts: list[Fact] = []
    for row in events.read(where=f"owner_id = {quote(owner)} AND array_has(photo_ids, {quote(photo_id)})").to_pylist():
        origin = f"events {row['code_version']}"
        at = f", in {row['place']}{' (inferred)' if row['place_inferred'] else ''}" if row["place"] else ""
        represents = "; represents it" if row["representative_id"] == photo_id else ""
        said = f"{row['starts_at']:%Y-%m-%d %H:%M} to {row['ends_at']:%H:%M} UTC{at}: {len(row['photo_ids'])} photos"
        facts.append(("curation", "event", said + represents, origin))
        if row["trip_id"]:
            facts.append(("curation", "trip", _trip(ws, owner, row["trip_id"]), origin))
    return facts


def _trip(ws: Workspace, owner: OwnerId, trip_id: str) -> str:
    rows = catalogue.events(ws).read(where=f"owner_id = {quote(owner)} AND trip_id = {quote(trip_id)}").to_pylist()
    first, last = min(row["starts_at"] for row in rows), max(row["ends_at"] for row in rows)
    photos = sum(len(row["photo_ids"]) for row in rows)
    places = dict.fromkeys(row["place"] for row in sorted(rows, key=lambda row: row["starts_at"]) if row["place"])
    via = f" ({', '.join(places)})" if places else ""
    return f"{first:%Y-%m-%d} to {last:%Y-%m-%d}{via}: {photos} photos of {len(rows)} events, far from home overnight"


def _memory_facts(ws: Workspace, owner: OwnerId, photo_id: str) -> list[Fact]:
    return [
        (
            "curation",
            "memory",
            f"{row['title']}{' (its cover)' if row['cover_id'] == photo_id else ''}: {row['reason']}",
            f"memories {row['code_version']}, rank {row['rank']}, made for {row['made_for']}",
        )
        for row in read_memories(ws, owner)
        if photo_id in row["photo_ids"]
    ]


def _hiding_facts(ws: Workspace, owner: OwnerId, photo_id: str) -> list[Fact]:
    library, rules = LibraryReader(ws).read(owner), read_rules(ws, owner)
    rows = [row for row, photo in enumerate(library.photo_id.tolist()) if photo == photo_id]
    until_s = ws.clock().timestamp() + DAY_S
    reasons = [reason for row in rows for reason in why_hidden(library, row, rules, until_s=until_s)]
    return [("curation", "in no memory", reason, f"exclusions, version {rules.number}") for reason in reasons]

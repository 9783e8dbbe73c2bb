"""Memories as people read them: what is stored, with the owner's exclusions of this moment applied once more."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from daguerre.curation.columns import DAY_S, PhotoColumns
from daguerre.curation.exclusion_log import owners_with_rules, read_rules
from daguerre.curation.exclusion_rules import excluded
from daguerre.curation.fatigue import RULES as FATIGUE_RULES
from daguerre.curation.fatigue import FatigueRules, Offer, Showing, choose
from daguerre.curation.memory import RULES
from daguerre.curation.reading import LibraryReader
from daguerre.curation.titles.locales import DEFAULT_LOCALE
from daguerre.ids import OwnerId
from daguerre.stages.libraries import row_id
from daguerre.stages.memories import groups_of, memory_rows
from daguerre.stages.ranker import judge_of
from daguerre.tables import catalogue
from daguerre.tables.sql import one_of, quote
from daguerre.workspace import Workspace

Row = dict[str, Any]


def read_memories(ws: Workspace, owner: OwnerId) -> list[Row]:
    """Return the stored memories of an owner that may be shown now, best first, without the photos that may not be.

    A memory of which too little is left is not shown at all; a cover that is gone gives its place to the first photo
    that is left. Whatever the stored rows say, no excluded photo is returned; and where the rules have changed since
    they were stored, the memories are made anew, because a title could name a place that is hidden by now. Raises
    ExclusionError.
    """
    rows = catalogue.memories(ws).read(where=f"owner_id = {quote(owner)}").to_pylist()
    if not rows:
        return []
    if min(row["rules_number"] or 0 for row in rows) < read_rules(ws, owner).number:
        rows = make_memories_for(ws, owner, max(row["made_for"] for row in rows))
    allowed = set(shown_library(ws, owner).photo_id.tolist())
    return sorted((kept for row in rows if (kept := still_shown(row, allowed))), key=lambda row: row["rank"])


def shown_library(ws: Workspace, owner: OwnerId) -> PhotoColumns:
    """Return the owner's photos that may be shown now, in order of time. Raises ExclusionError."""
    library, until_s = LibraryReader(ws).read(owner), ws.clock().timestamp() + DAY_S
    return library.take(~excluded(library, read_rules(ws, owner), until_s=until_s))


def still_shown(row: Row, allowed: Set[str]) -> Row | None:
    """Return a stored memory with the allowed photos alone; None when too few are left."""
    photos = [photo for photo in row["photo_ids"] if photo in allowed]
    if len(photos) < RULES.fewest:
        return None
    return row | {"photo_ids": photos, "cover_id": row["cover_id"] if row["cover_id"] in allowed else photos[0]}


def make_memories_for(ws: Workspace, owner: OwnerId, on: date, *, locale: str = DEFAULT_LOCALE) -> list[Row]:
    """Make an owner's memories for any day and language, stored nowhere, under the rules of this moment.

    Raises ExclusionError, UnknownLocaleError and RankerError.
    """
    library, rules = LibraryReader(ws).read(owner), replace(RULES, locale=locale)
    return memory_rows(owner, library, groups_of(ws, owner), on, read_rules(ws, owner), rules, judge=judge_of(ws))


def choose_feed(
    ws: Workspace,
    owner: OwnerId,
    on: date,
    rules: FatigueRules = FATIGUE_RULES,
    *,
    locale: str = DEFAULT_LOCALE,
) -> list[Row]:
    """Return what to show an owner on a day, best first: few memories a week, and no photos that were seen lately.

    The memories are those that are stored if they were made for that day in that language, and made for it
    otherwise. Nothing is noted: say with `note_shown` what a person has really seen. Raises ExclusionError and
    UnknownLocaleError.
    """
    rows = read_memories(ws, owner) if locale == DEFAULT_LOCALE else []
    if not rows or any(row["made_for"] != on for row in rows):
        rows = make_memories_for(ws, owner, on, locale=locale)
    offers = [
        Offer(
            memory_id=row["memory_id"],
            kind=row["kind"],
            score=float(row["score"]),
            photo_ids=frozenset(row["photo_ids"]),
        )
        for row in rows
    ]
    return [rows[i] for i in choose(offers, shown_to(ws, owner), on, rules)]


def note_shown(ws: Workspace, owner: OwnerId, rows: Sequence[Row], at: datetime) -> None:
    """Remember that an owner has seen these memories; noting it again on the same day changes nothing but the time.

    `at` is aware; its day is counted in UTC.
    """
    at = at.astimezone(UTC)
    told = [
        {
            "shown_id": row_id("shown", owner, row["memory_id"], at.date().isoformat()),
            "owner_id": owner,
            "memory_id": row["memory_id"],
            "kind": row["kind"],
            "photo_ids": list(row["photo_ids"]),
            "shown_at": at,
        }
        for row in rows
    ]
    if told:
        table = catalogue.shown(ws)
        table.upsert(pa.Table.from_pylist(told, table.schema))


def shown_to(ws: Workspace, owner: OwnerId) -> list[Showing]:
    """Return what an owner has seen, in order of time."""
    rows = catalogue.shown(ws).read(where=f"owner_id = {quote(owner)}").to_pylist()
    return [
        Showing(
            memory_id=row["memory_id"],
            kind=row["kind"],
            photo_ids=frozenset(row["photo_ids"]),
            on=row["shown_at"].date(),
        )
        for row in sorted(rows, key=lambda row: (row["shown_at"], row["shown_id"]))
    ]


def stale_owners(ws: Workspace) -> list[OwnerId]:
    """Return the owners whose stored memories were made under older rules than those of this moment."""
    owners = owners_with_rules(ws)
    if not owners:
        return []
    rows = catalogue.memories(ws).read(["owner_id", "rules_number"], one_of("owner_id", owners))
    made: dict[str, int] = {}
    for owner, number in zip(rows["owner_id"].to_pylist(), rows["rules_number"].to_pylist(), strict=True):
        made[owner] = min(made.get(owner, number or 0), number or 0)
    return [owner for owner in owners if owner in made and made[owner] < read_rules(ws, owner).number]

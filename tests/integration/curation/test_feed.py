"""What is read is what may be shown now, whatever was stored when."""

from __future__ import annotations

from datetime import date, timedelta

from daguerre.curation.exclusion_log import change_rules
from daguerre.ids import OwnerId
from daguerre.stages.duplicates import run_duplicates
from daguerre.stages.feed import choose_feed, make_memories_for, note_shown, read_memories, shown_to, stale_owners
from daguerre.stages.memories import run_memories
from daguerre.tables import catalogue
from tests.integration.curation.conftest import BATCHES

ALICE = OwnerId("alice")


def shown(rows) -> set[str]:
    return {photo for row in rows for photo in row["photo_ids"]} | {row["cover_id"] for row in rows}


def test_a_new_rule_holds_for_readers_at_once_and_for_the_store_after_the_next_run(ws, libraries) -> None:
    run_duplicates(ws, BATCHES[0])
    run_memories(ws, BATCHES[0])
    before = read_memories(ws, ALICE)
    cover = before[0]["cover_id"]
    assert len(shown(before)) > 15
    others = {row["owner_id"]: row for row in catalogue.memories(ws).read().to_pylist() if row["owner_id"] != ALICE}

    change_rules(ws, ALICE, lambda rules: rules.having("archived", [cover]).having("places", ["Lisbon, PT"]))
    away = set(libraries["alice"].photo_id[libraries["alice"].place == "Lisbon, PT"].tolist()) | {cover}
    now = read_memories(ws, ALICE)
    assert 0 < len(shown(now)) < len(shown(before))
    assert not shown(now) & away
    assert shown(catalogue.memories(ws).read(where="owner_id = 'alice'").to_pylist()) & away
    assert not shown(make_memories_for(ws, ALICE, date(2026, 5, 1))) & away

    assert stale_owners(ws) == [ALICE]
    run_memories(ws, BATCHES[0])
    assert stale_owners(ws) == []
    assert not shown(catalogue.memories(ws).read(where="owner_id = 'alice'").to_pylist()) & away
    assert {row["owner_id"] for row in catalogue.memories(ws).read().to_pylist()} == {ALICE, *others}


def test_somebody_without_memories_reads_none(ws, libraries) -> None:
    assert read_memories(ws, OwnerId("nobody")) == []
    assert stale_owners(ws) == []


def test_a_feed_shows_little_and_nothing_twice(ws, libraries) -> None:
    today = ws.clock().date()
    run_memories(ws, BATCHES[0])
    first = choose_feed(ws, ALICE, today)
    assert 0 < len(first) <= 3
    assert [row["memory_id"] for row in choose_feed(ws, ALICE, today)] == [row["memory_id"] for row in first]
    note_shown(ws, ALICE, first, ws.clock())
    note_shown(ws, ALICE, first, ws.clock() + timedelta(hours=1))
    assert catalogue.shown(ws).count() == len(first)
    assert [row["memory_id"] for row in choose_feed(ws, ALICE, today)] == [row["memory_id"] for row in first]
    next_week = choose_feed(ws, ALICE, today + timedelta(days=7))
    assert not {row["memory_id"] for row in first} & {row["memory_id"] for row in next_week}
    tomorrow = choose_feed(ws, ALICE, today + timedelta(days=1))
    assert len(tomorrow) + len(first) <= 3
    assert not {row["memory_id"] for row in first} & {row["memory_id"] for row in tomorrow}
    note_shown(ws, OwnerId("o'brien"), [], ws.clock())
    assert shown_to(ws, OwnerId("o'brien")) == []


def test_a_feed_keeps_to_the_rules_of_this_moment_and_speaks_german(ws, libraries) -> None:
    today = ws.clock().date()
    run_memories(ws, BATCHES[0])
    rows = choose_feed(ws, ALICE, today, locale="de")
    assert rows
    assert [row["memory_id"] for row in rows] == [row["memory_id"] for row in choose_feed(ws, ALICE, today)]
    assert not {row["title"] for row in rows} & {row["title"] for row in choose_feed(ws, ALICE, today)}
    gone = rows[0]["photo_ids"]
    change_rules(ws, ALICE, lambda rules: rules.having("archived", gone))
    for on in (today, today + timedelta(days=30)):
        assert not shown(choose_feed(ws, ALICE, on)) & set(gone)


def test_a_hidden_place_is_not_named_either(ws, libraries) -> None:
    run_memories(ws, BATCHES[0])
    told = " ".join(row["title"] for row in read_memories(ws, ALICE))
    place = next(place for place in ("Lisbon, PT", "Munich, DE") if place.split(",")[0] in told)
    change_rules(ws, ALICE, lambda rules: rules.having("places", [place]))
    stored = catalogue.memories(ws).read(where="owner_id = 'alice'").to_pylist()
    assert any(place.split(",")[0] in row["title"] for row in stored)
    rows = read_memories(ws, ALICE)
    assert rows
    assert not [row for row in rows if place.split(",")[0] in row["title"] + row["reason"]]

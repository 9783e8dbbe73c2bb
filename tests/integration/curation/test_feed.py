"""What is read is what may be shown now, whatever was stored when."""

from __future__ import annotations

from datetime import date

from daguerre.curation.exclusion_log import change_rules
from daguerre.ids import OwnerId
from daguerre.stages.duplicates import run_duplicates
from daguerre.stages.feed import make_memories_for, read_memories, stale_owners
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

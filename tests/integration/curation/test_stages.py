from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from daguerre.clock import frozen_clock
from daguerre.curation.reading import LibraryReader
from daguerre.ids import OwnerId
from daguerre.stages.duplicates import run_duplicates
from daguerre.stages.events import run_events
from daguerre.stages.memories import run_memories
from daguerre.tables import catalogue
from daguerre.workspace import Workspace
from tests.integration.curation.conftest import BATCHES, photo_rows

FIRST, SECOND = BATCHES
ALICE = OwnerId("alice")


def run_all(ws: Workspace, batch=FIRST) -> None:
    run_duplicates(ws, batch)
    run_events(ws, batch)
    run_memories(ws, batch)


def stored(ws: Workspace) -> list[pa.Table]:
    return [table(ws).read() for table in (catalogue.duplicates, catalogue.events, catalogue.memories)]


def test_a_library_reads_as_it_was_written(ws, libraries):
    read, written = LibraryReader(ws).read(ALICE), libraries["alice"].in_order()
    assert read.photo_id.tolist() == written.photo_id.tolist()
    assert np.array_equal(read.pdq, written.pdq)
    assert read.taken_s == pytest.approx(written.taken_s, abs=1e-5)
    assert np.abs(read.descriptor - written.descriptor).max() < 1e-3
    assert np.linalg.norm(read.descriptor, axis=1) == pytest.approx(np.ones(len(read)), abs=1e-5)
    assert read.sharpness == pytest.approx(written.sharpness, rel=1e-6)
    assert np.isnan(read.aesthetic).all()
    assert (
        np.flatnonzero(read.document == 1).tolist()
        == np.flatnonzero(read.photo_id == libraries["alice"].photo_id[40]).tolist()
    )
    assert sorted(read.uploads.tolist())[-2:] == [1, 2]


def test_the_library_of_somebody_without_photos_is_empty(ws):
    assert len(LibraryReader(ws).read(OwnerId("nobody"))) == 0


def test_stages_write_groups_events_and_memories_of_the_owners_touched(ws, libraries):
    report = run_duplicates(ws, FIRST)
    assert report.closed
    assert report.total == sum(len(photos) for photos in libraries.values())
    rows = catalogue.duplicates(ws).read(where="owner_id = 'alice'").to_pylist()
    assert {row["kind"] for row in rows} == {"exact", "burst"}
    burst = [row["photo_id"] for row in rows if row["kind"] == "burst"]
    assert sorted(burst) == libraries["alice"].photo_id[10:14].tolist()
    assert sum(row["is_best"] for row in rows if row["kind"] == "burst") == 1

    assert run_events(ws, FIRST).figures["owners"] == 2
    events = catalogue.events(ws).read(where="owner_id = 'alice'").to_pylist()
    assert sorted(p for event in events for p in event["photo_ids"]) == sorted(libraries["alice"].photo_id.tolist())
    assert any(event["trip_id"] for event in events)

    run_memories(ws, FIRST)
    memories = catalogue.memories(ws).read(where="owner_id = 'alice'").to_pylist()
    assert {"trip", "best_of_month"} <= {memory["kind"] for memory in memories}
    assert sorted(memory["rank"] for memory in memories) == list(range(1, len(memories) + 1))
    shown = {photo for memory in memories for photo in memory["photo_ids"]}
    assert not shown & {libraries["alice"].photo_id[30], libraries["alice"].photo_id[40]}
    assert all(memory["cover_id"] in memory["photo_ids"] for memory in memories)
    assert {memory["made_for"] for memory in memories} == {datetime(2026, 5, 2, tzinfo=UTC).date()}


def test_running_again_changes_nothing_but_the_day(ws):
    run_all(ws)
    before = stored(ws)
    run_all(ws)
    assert stored(ws) == before
    tomorrow = Workspace(settings=ws.settings, store=ws.store, clock=frozen_clock(ws.clock() + timedelta(days=1)))
    run_memories(tomorrow, FIRST)
    again = catalogue.memories(ws).read()
    assert again.num_rows == before[2].num_rows
    assert again["made_for"].unique().to_pylist() == [ws.clock().date() + timedelta(days=1)]


def test_a_batch_leaves_owners_that_it_does_not_touch_alone(ws):
    run_all(ws, SECOND)
    assert [set(table["owner_id"].to_pylist()) for table in stored(ws)] == [{"o'brien"}] * 3


def test_what_is_gone_from_the_library_is_gone_from_the_results(ws, libraries):
    run_all(ws)
    gone = libraries["alice"].photo_id[10:14].tolist()
    for photo in gone:
        catalogue.photos(ws).delete(f"photo_id = '{photo}'")
    run_all(ws)
    duplicates, events, memories = stored(ws)
    listed = {photo for table in (events, memories) for photos in table["photo_ids"].to_pylist() for photo in photos}
    assert not set(gone) & {*duplicates["photo_id"].to_pylist(), *listed}
    other = duplicates.filter(pc.equal(duplicates["owner_id"], "o'brien"))
    assert set(other["kind"].to_pylist()) == {"exact", "burst"}


def test_a_library_without_descriptors_and_signals_still_has_memories(ws, libraries):
    catalogue.descriptors(ws).delete("true")
    run_all(ws, SECOND)
    assert catalogue.memories(ws).count("owner_id = 'o''brien'") > 0


def test_keyframes_stay_with_their_video(ws, libraries):
    rows = photo_rows("alice", libraries["alice"].take(np.arange(3)), np.zeros(3, int)).to_pylist()
    for number, row in enumerate(rows):
        row |= {"photo_id": f"{number:032d}", "media": "keyframe", "video_id": rows[0]["photo_id"]}
    catalogue.photos(ws).upsert(pa.Table.from_pylist(rows, catalogue.photos(ws).schema))
    assert len(LibraryReader(ws).read(ALICE)) == len(libraries["alice"])

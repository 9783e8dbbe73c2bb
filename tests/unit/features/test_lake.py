from __future__ import annotations

import io
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from daguerre.features import lake
from daguerre.features.tombstones import bury, erased_ids
from daguerre.features.views import PHOTO_AESTHETIC, PHOTO_CONCEPTS, PHOTO_QUALITY
from daguerre.workspace import Workspace
from tests.fakes.signals import NOON, MovingClock, rows

DAY = date(2026, 3, 1)
VIEW = PHOTO_AESTHETIC


def write(ws: Workspace, keys: list[str], **features: object) -> lake.Partition:
    return lake.write_partition(ws, VIEW, DAY, "b", rows(VIEW, keys, **features))


def read(ws: Workspace) -> pa.Table:
    return lake.read_partition(ws, VIEW, DAY, "b")


def test_rows_come_back_sorted_and_stamped(ws: Workspace, clock: MovingClock) -> None:
    written = write(ws, ["p2", "p1"], aesthetic=[0.2, 0.1])
    assert written.key == "features/photo_aesthetic_v1/dt=2026-03-01/b.parquet"
    table = read(ws)
    assert table.schema == VIEW.schema
    assert table["photo_id"].to_pylist() == ["p1", "p2"]
    assert table["created_timestamp"].to_pylist() == [clock.now] * 2


def test_the_same_rows_again_leave_the_file_alone(ws: Workspace, clock: MovingClock) -> None:
    first = write(ws, ["p1", "p2"])
    before = ws.store.get(first.key)
    clock.now += timedelta(days=1)
    again = write(ws, ["p2", "p1"])
    assert (first.written, again.written) == (True, False)
    assert again.content == first.content
    assert ws.store.get(first.key) == before


def test_other_rows_replace_the_file(ws: Workspace, clock: MovingClock) -> None:
    write(ws, ["p1", "p2"])
    clock.now += timedelta(days=1)
    assert write(ws, ["p3"]).written
    assert read(ws)["photo_id"].to_pylist() == ["p3"]
    assert read(ws)["created_timestamp"].to_pylist() == [clock.now]


def test_no_file_reads_as_no_rows(ws: Workspace) -> None:
    assert read(ws).equals(VIEW.schema.empty_table())
    assert lake.read_view(ws, VIEW, columns=["photo_id"]).num_rows == 0


def test_a_list_of_numbers_survives(ws: Workspace) -> None:
    lake.write_partition(ws, PHOTO_CONCEPTS, DAY, "b", rows(PHOTO_CONCEPTS, ["p1"]))
    assert lake.read_partition(ws, PHOTO_CONCEPTS, DAY, "b")["concept_scores"].to_pylist() == [[0.25, 0.75]]


def test_a_column_added_since_is_null_and_one_dropped_since_is_left_out(ws: Workspace) -> None:
    old = rows(PHOTO_QUALITY, ["p1"]).drop_columns(["noise"])
    old = old.append_column("forgotten", pa.array([1])).append_column("created_timestamp", old["event_timestamp"])
    sink = io.BytesIO()
    pq.write_table(old, sink)
    ws.store.put(lake.partition_key(PHOTO_QUALITY, DAY, "b"), sink.getvalue())
    assert lake.read_partition(ws, PHOTO_QUALITY, DAY, "b")["noise"].to_pylist() == [None]
    assert lake.read_view(ws, PHOTO_QUALITY, columns=["noise", "sharpness"]).to_pylist() == [
        {"noise": None, "sharpness": 0.5}
    ]


def test_reading_a_view_from_a_day_on_and_without_a_file(ws: Workspace) -> None:
    for day, key in ((DAY, "p1"), (DAY + timedelta(days=1), "p2"), (DAY + timedelta(days=2), "p3")):
        lake.write_partition(ws, VIEW, day, "b", rows(VIEW, [key]))

    def keys(**which: object) -> list[str]:
        return lake.read_view(ws, VIEW, columns=["photo_id"], **which)["photo_id"].to_pylist()

    assert keys() == ["p1", "p2", "p3"]
    assert keys(since=DAY + timedelta(days=1)) == ["p2", "p3"]
    assert keys(without=lake.partition_key(VIEW, DAY, "b")) == ["p2", "p3"]


def test_newest_is_by_event_then_by_writing() -> None:
    table = pa.concat_tables(
        [
            rows(VIEW, ["p", "q"], at=at, aesthetic=value).append_column(
                "created_timestamp", pa.array([NOON + timedelta(hours=created)] * 2, pa.timestamp("us", tz="UTC"))
            )
            for at, created, value in ((NOON, 5, 0.5), (NOON, 9, 0.9), (NOON, 7, 0.7), (NOON - timedelta(1), 20, 0.1))
        ]
    )
    assert lake.newest(table, "photo_id")["aesthetic"].to_pylist() == pytest.approx([0.9, 0.9])
    assert lake.newest(table.slice(0, 0), "photo_id").num_rows == 0


def test_an_erased_photo_never_comes_back(ws: Workspace) -> None:
    write(ws, ["p1", "p2"])
    bury(ws, ["p1"])
    assert write(ws, ["p1", "p2"]).rows == 1
    assert read(ws)["photo_id"].to_pylist() == ["p2"]


def test_burying_twice_is_one_record(ws: Workspace) -> None:
    assert bury(ws, ["p1", "p2"]) == bury(ws, ["p2", "p1", "p1"])
    bury(ws, ["p3"])
    assert erased_ids(ws) == {"p1", "p2", "p3"}


def test_dropping_photos_rewrites_only_the_files_that_hold_them(ws: Workspace, clock: MovingClock) -> None:
    write(ws, ["p1", "p2"])
    other = lake.write_partition(ws, VIEW, DAY, "c", rows(VIEW, ["p3"]))
    created, untouched = clock.now, ws.store.get(other.key)
    clock.now += timedelta(days=1)
    assert lake.drop_photos(ws, "features/", {"p1"}) == (1, 1)
    assert lake.drop_photos(ws, "features/", {"p1"}) == (0, 0)
    assert read(ws)["photo_id"].to_pylist() == ["p2"]
    assert read(ws)["created_timestamp"].to_pylist() == [created]
    assert ws.store.get(other.key) == untouched
    assert not write(ws, ["p2"]).written

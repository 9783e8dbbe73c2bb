from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pytest

from daguerre.features.duplicate_rows import write_duplicates
from daguerre.features.lake import newest, read_partition, read_view
from daguerre.features.views import PHOTO_DUPS
from daguerre.ids import BatchKey, batch_key
from daguerre.tables import catalogue, schemas
from daguerre.workspace import Workspace
from tests.fakes.signals import MovingClock, jpeg, land_photos

FIRST, SECOND = batch_key("2026-03-01", 1), batch_key("2026-03-02", 2)


@pytest.fixture
def landed(ws: Workspace) -> Workspace:
    land_photos(ws, FIRST, {"p1": jpeg(1), "p2": jpeg(2), "p3": jpeg(3)})
    land_photos(ws, SECOND, {"p4": jpeg(4)})
    return ws


def group(ws: Workspace, *groups: tuple[str, list[str]]) -> None:
    """Make these all of alice's groups; the first photo of each is its middle and its best."""
    rows = [
        {
            "row_id": f"{kind}{photo}", "owner_id": "alice", "kind": kind, "group_id": photos[0], "photo_id": photo,
            "is_best": photo == photos[0], "distance": 0.0, "reason": "", "code_version": "1",
        }
        for kind, photos in groups
        for photo in photos
    ]  # fmt: skip
    catalogue.duplicates(ws).replace("owner_id = 'alice'", pa.Table.from_pylist(rows, schema=schemas.DUPLICATES))


def told(ws: Workspace) -> dict[str, tuple[str | None, bool, int]]:
    rows = newest(read_view(ws, PHOTO_DUPS, columns=PHOTO_DUPS.schema.names), "photo_id").to_pylist()
    return {r["photo_id"]: (r["dup_cluster_id"], r["dup_is_best"], r["dup_cluster_size"]) for r in rows}


def in_file(ws: Workspace, batch: BatchKey) -> list[str]:
    return read_partition(ws, PHOTO_DUPS, date.fromisoformat(batch[:10]), batch)["photo_id"].to_pylist()


def test_every_photo_of_the_batch_is_told_grouped_or_not(landed: Workspace) -> None:
    group(landed, ("near", ["p1", "p2"]))
    assert write_duplicates(landed, FIRST) == 3
    assert told(landed) == {"p1": ("p1", True, 2), "p2": ("p1", False, 2), "p3": (None, True, 1)}


def test_a_later_batch_tells_only_what_it_changes(landed: Workspace, clock: MovingClock) -> None:
    group(landed, ("near", ["p1", "p2"]))
    write_duplicates(landed, FIRST)
    clock.now += timedelta(days=1)
    group(landed, ("near", ["p1", "p2"]), ("burst", ["p4", "p3"]))
    write_duplicates(landed, SECOND)
    assert in_file(landed, SECOND) == ["p3", "p4"]
    assert told(landed)["p3"] == ("p4", False, 2)
    assert told(landed)["p1"] == ("p1", True, 2)


def test_a_group_that_dissolves_is_told_too(landed: Workspace, clock: MovingClock) -> None:
    group(landed, ("near", ["p1", "p2"]))
    write_duplicates(landed, FIRST)
    clock.now += timedelta(days=1)
    group(landed)
    write_duplicates(landed, SECOND)
    assert told(landed) == dict.fromkeys(("p1", "p2", "p3", "p4"), (None, True, 1))


def test_again_without_a_change_writes_nothing(landed: Workspace, clock: MovingClock) -> None:
    group(landed, ("near", ["p1", "p2"]))
    write_duplicates(landed, FIRST)
    clock.now += timedelta(days=1)
    write_duplicates(landed, SECOND)
    before = {info.key: info.etag for info in landed.store.list("features/")}
    clock.now += timedelta(days=1)
    assert (write_duplicates(landed, FIRST), write_duplicates(landed, SECOND)) == (0, 0)
    assert {info.key: info.etag for info in landed.store.list("features/")} == before


def test_the_strictest_kind_is_shown(landed: Workspace) -> None:
    group(landed, ("burst", ["p3", "p2", "p1"]), ("exact", ["p1", "p2"]))
    write_duplicates(landed, FIRST)
    assert told(landed) == {"p1": ("p1", True, 2), "p2": ("p1", False, 2), "p3": ("p3", True, 3)}


def test_going_back_to_an_earlier_grouping_is_news(landed: Workspace, clock: MovingClock) -> None:
    group(landed, ("near", ["p1", "p2"]))
    write_duplicates(landed, FIRST)
    for grouping in ([], [("near", ["p1", "p2"])]):
        clock.now += timedelta(days=1)
        group(landed, *grouping)
        write_duplicates(landed, SECOND)
    assert told(landed)["p2"] == ("p1", False, 2)
    write_duplicates(landed, FIRST)
    assert told(landed)["p2"] == ("p1", False, 2)

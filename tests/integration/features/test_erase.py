from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from daguerre.features import erase
from daguerre.features.consistency import online_equals_offline
from daguerre.features.erase import EraseError, erase_photos
from daguerre.features.lake import read_view, write_partition
from daguerre.features.profile import profile
from daguerre.features.store import load_online, online_view
from daguerre.features.views import PHOTO_AESTHETIC, PHOTO_QUALITY
from daguerre.ids import batch_key
from daguerre.stages.online import run_online
from daguerre.stages.signals import run_signals
from daguerre.tables import catalogue
from daguerre.workspace import Workspace
from tests.fakes.signals import NOON, MovingClock, jpeg, land_photos, rows

BATCH = batch_key("2026-03-01", 1)
VIEWS = (PHOTO_AESTHETIC, PHOTO_QUALITY)


@pytest.fixture
def loaded(ws: Workspace) -> Workspace:
    for view in VIEWS:
        write_partition(ws, view, NOON.date(), "b", rows(view, ["p1", "p2", "p3"]))
    load_online(ws, [view.name for view in VIEWS], NOON)
    return ws


def keys(ws: Workspace) -> set[str]:
    return {key for view in VIEWS for key in read_view(ws, view, columns=["photo_id"])["photo_id"].to_pylist()}


def test_an_erased_photo_reads_as_unknown_everywhere_and_the_others_stay(loaded: Workspace) -> None:
    erased = erase_photos(loaded, ["p2"])
    features = len(PHOTO_AESTHETIC.features) + len(PHOTO_QUALITY.features)
    assert (erased.files, erased.rows, erased.online) == (2, 2, features)
    assert keys(loaded) == {"p1", "p3"}
    assert online_view(loaded, PHOTO_AESTHETIC.name, ["p1", "p2", "p3"])["aesthetic"] == [0.5, None, 0.5]
    assert erase_photos(loaded, ["p2"]).rows == 0


def test_no_byte_of_the_key_is_left_in_the_online_file(loaded: Workspace) -> None:
    path = profile(loaded).folder / "online.db"
    assert b"p2" in path.read_bytes()
    erase_photos(loaded, ["p2"])
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"p2" not in path.read_bytes()


def test_it_does_not_come_back_with_a_load_or_a_re_run(loaded: Workspace, clock: MovingClock) -> None:
    erase_photos(loaded, ["p2"])
    clock.now += timedelta(hours=1)
    for view in VIEWS:
        write_partition(loaded, view, NOON.date(), "b", rows(view, ["p1", "p2", "p3"]))
    load_online(loaded, [view.name for view in VIEWS], NOON - timedelta(days=3))
    assert keys(loaded) == {"p1", "p3"}
    assert online_view(loaded, PHOTO_AESTHETIC.name, ["p2"])["aesthetic"] == [None]


def test_an_erasure_that_leaves_something_says_so(loaded: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erase, "_erase_online", lambda *_: 0)
    with pytest.raises(EraseError, match="p2"):
        erase_photos(loaded, ["p2"])


def test_descriptors_and_checkpoints_go_too(ws: Workspace) -> None:
    land_photos(ws, BATCH, {f"p{i}": jpeg(i) for i in range(4)})
    run_signals(ws, BATCH)
    run_online(ws, BATCH)
    assert erase_photos(ws, ["p2"]).descriptors == 1
    assert catalogue.descriptors(ws).count("photo_id = 'p2'") == 0
    catalogue.photos(ws).delete("photo_id = 'p2'")
    assert not any(b"p2" in ws.store.get(info.key) for info in ws.store.list("ledger/signals/"))
    report = run_signals(ws, BATCH)
    assert (report.total, report.done, report.fresh) == (3, 3, 0)


def test_nothing_to_erase_touches_nothing(ws: Workspace, tmp_path: Path) -> None:
    assert erase_photos(ws, []).rows == 0
    assert list(ws.store.list("features/_erased/")) == []


def test_consistency_notices_what_is_not_equal(loaded: Workspace) -> None:
    assert online_equals_offline(loaded, PHOTO_AESTHETIC.name).unequal == 0
    write_partition(loaded, PHOTO_AESTHETIC, NOON.date(), "c", rows(PHOTO_AESTHETIC, ["p4"], aesthetic=0.125))
    found = online_equals_offline(loaded, PHOTO_AESTHETIC.name)
    assert (found.compared, found.unequal) == (4, 1)
    assert found.examples == ("p4 aesthetic: online None, offline 0.125",)

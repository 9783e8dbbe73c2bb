"""The online stage, from landed proxies to what readers are told."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from daguerre.features.consistency import online_equals_offline
from daguerre.features.engagement import load_events
from daguerre.features.lake import write_partition
from daguerre.features.store import load_online, online_features, online_view
from daguerre.features.views import OWNER_DAILY, PHOTO_AESTHETIC, PHOTO_DUPS, PHOTO_ENGAGEMENT, VIEWS
from daguerre.ids import batch_key
from daguerre.settings import PROJECT
from daguerre.stages.online import compare, run_online
from daguerre.stages.report import UpstreamOpenError
from daguerre.stages.signals import run_signals
from daguerre.workspace import Workspace
from tests.fakes.signals import NOON, MovingClock, jpeg, land_photos, rows

FIRST, SECOND = batch_key("2026-02-28", 1), batch_key("2026-03-01", 2)


def test_a_batch_goes_online_and_equals_the_lake(ws: Workspace) -> None:
    land_photos(ws, SECOND, {f"p{i}": jpeg(i) for i in range(6)})
    run_signals(ws, SECOND)
    report = run_online(ws, SECOND)
    assert (report.total, report.done, report.closed) == (6, 6, True)
    # quality, faces, aesthetic and duplicates of six photos
    assert {name: report.figures[name] for name in ("rows_loaded", "compared", "unequal")} == {
        "rows_loaded": 24, "compared": 24, "unequal": 0,
    }  # fmt: skip
    answer = online_features(ws, "memories_v1", ["p3", "p1"])
    assert all(0 < value < 12 for value in answer["sharpness"])
    assert (answer["dup_is_best"], answer["top_concept"]) == ([True, True], [None, None])


def test_batches_may_go_online_in_any_order_and_again(ws: Workspace) -> None:
    for batch, photos in ((FIRST, ("p1", "p2")), (SECOND, ("p3",))):
        land_photos(ws, batch, {photo: jpeg(int(photo[1])) for photo in photos})
        run_signals(ws, batch)
    for batch in (SECOND, FIRST, FIRST, SECOND):
        assert run_online(ws, batch).figures["unequal"] == 0
    assert None not in online_view(ws, PHOTO_AESTHETIC.name, ["p1", "p2", "p3"])["aesthetic"]
    assert [c.compared for c in compare(ws, FIRST)] == [2, 2, 2, 0, 2, 0, 0]


def test_a_batch_with_open_signals_is_refused(ws: Workspace) -> None:
    land_photos(ws, FIRST, {"p1": jpeg(1)})
    with pytest.raises(UpstreamOpenError, match="1 photos of batch"):
        run_online(ws, FIRST)


def test_engagement_and_owners_go_online_and_expire_only_offline(
    ws: Workspace, clock: MovingClock, tmp_path: Path
) -> None:
    land_photos(ws, FIRST, {"p1": jpeg(1)})
    path = tmp_path / "events.jsonl"
    path.write_text('{"at": "2026-02-28T10:00:00+00:00", "owner_id": "alice", "photo_id": "p1", "kind": "view"}\n')
    load_events(ws, path)
    load_online(ws, [PHOTO_ENGAGEMENT.name, OWNER_DAILY.name], NOON - timedelta(days=30))
    assert online_features(ws, "memories_v1", ["p1"])["views_28d"] == [1]
    assert online_view(ws, OWNER_DAILY.name, ["alice"])["photo_count"] == [1]
    assert online_equals_offline(ws, PHOTO_ENGAGEMENT.name).compared == 1
    clock.now += timedelta(days=200)
    for view in (PHOTO_ENGAGEMENT, OWNER_DAILY):
        assert online_equals_offline(ws, view.name).compared == 0


def test_four_loaders_at_once_keep_every_view_and_every_row(ws: Workspace, tmp_path: Path) -> None:
    for n in range(4):
        keys = [f"p{n}{i}" for i in range(20)]
        write_partition(ws, PHOTO_AESTHETIC, NOON.date(), f"b{n}", rows(PHOTO_AESTHETIC, keys))
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.integration.features.four_loaders", str(tmp_path)],
        cwd=PROJECT, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    load_online(ws, [view.name for view in VIEWS], NOON)
    ids = [f"p{n}{i}" for n in range(4) for i in range(20)]
    assert online_view(ws, PHOTO_AESTHETIC.name, ids)["aesthetic"] == [0.5] * 80
    assert online_view(ws, PHOTO_DUPS.name, ["p00"])["dup_is_best"] == [None]


def test_feast_itself_applies_the_repository_to_the_same_files(ws: Workspace) -> None:
    environment = {**os.environ, "DAGUERRE_ROOT": ws.store.url, "PYTHONWARNINGS": "ignore"}
    feast = [str(Path(sys.executable).with_name("feast")), "-c", str(PROJECT / "feature_repo")]
    applied = subprocess.run([*feast, "apply"], env=environment, capture_output=True, text=True, check=False)
    assert applied.returncode == 0, applied.stderr
    # the library has applied the same definitions before: nothing is new
    assert "feature view" not in applied.stdout
    assert "feature service" not in applied.stdout


def test_feast_without_a_root_says_what_to_set() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DAGUERRE_ROOT"}
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "import feature_repo.place"],
        env=environment, cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert "export DAGUERRE_ROOT" in ran.stderr

"""Landing: nothing lost, nothing twice, whatever happens meanwhile."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daguerre.clock import frozen_clock
from daguerre.errors import SettingsError
from daguerre.landing.landing import LandingReport, land
from daguerre.landing.manifest import LandedObject, list_batches, read_manifest
from daguerre.landing.source import open_source
from daguerre.settings import load_settings
from daguerre.storage.ports import ObjectInfo
from daguerre.telemetry import Progress
from daguerre.workspace import Workspace, open_workspace
from tests.unit.landing.conftest import LONG_AGO, OpenWorkspace


def _land(ws: Workspace, photos: Path, **options: object) -> LandingReport:
    return land(ws, open_source(str(photos)), **options)  # type: ignore[arg-type]


def _landed(ws: Workspace) -> list[LandedObject]:
    return [o for batch in list_batches(ws.store) for o in read_manifest(ws.store, batch).objects]


def test_a_first_landing(open_ws: OpenWorkspace, photos: Path) -> None:
    now = datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)
    ws = open_ws(clock=frozen_clock(now))
    report = _land(ws, photos)
    assert report == LandingReport(batches=("2031-02-03.0001",), new=4, unowned=1)
    manifest = read_manifest(ws.store, report.batches[0])
    assert manifest.source == str(photos)
    assert manifest.sealed_at == now
    assert {o.key: (o.owner_id, o.size) for o in manifest.objects} == {
        "alice/2024/b.jpg": ("alice", 2),
        "alice/a.jpg": ("alice", 1),
        "bob/c.jpg": ("bob", 3),
        "d.jpg": ("library", 4),
    }
    source = open_source(str(photos))
    assert source.read(manifest.objects[0].info, max_bytes=10) == b"bb"


def test_a_fixed_owner(ws: Workspace, photos: Path) -> None:
    assert _land(ws, photos, owner="carol").unowned == 0
    assert {o.owner_id for o in _landed(ws)} == {"carol"}


def test_an_empty_source_seals_nothing(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert _land(ws, tmp_path / "empty") == LandingReport()
    assert list_batches(ws.store) == []


def test_again_finds_nothing_new(ws: Workspace, photos: Path) -> None:
    _land(ws, photos)
    assert _land(ws, photos) == LandingReport(known=4)


def test_only_what_is_new_or_changed_lands(ws: Workspace, photos: Path) -> None:
    _land(ws, photos)
    (photos / "alice" / "new.jpg").write_bytes(b"n")
    (photos / "bob" / "c.jpg").write_bytes(b"CCCC")
    os.utime(photos / "d.jpg", ns=(0, 1_700_000_000_000_000_000))
    report = _land(ws, photos)
    assert (report.new, report.known) == (3, 2)
    assert [o.key for o in read_manifest(ws.store, report.batches[0]).objects] == [
        "alice/new.jpg",
        "bob/c.jpg",
        "d.jpg",
    ]


def test_batches_are_as_large_as_asked(ws: Workspace, photos: Path) -> None:
    report = _land(ws, photos, batch_size=3)
    assert [len(read_manifest(ws.store, b).objects) for b in report.batches] == [3, 1]
    assert [b[-4:] for b in report.batches] == ["0001", "0002"]
    assert len(_landed(ws)) == 4


def test_the_same_key_in_two_sources_is_two_objects(ws: Workspace, photos: Path, tmp_path: Path) -> None:
    shutil.copytree(photos, tmp_path / "other")
    assert _land(ws, photos).new == 4
    assert _land(ws, tmp_path / "other").new == 4


def test_the_projection_may_be_deleted(ws: Workspace, photos: Path) -> None:
    _land(ws, photos, batch_size=2)
    shutil.rmtree(ws.cache)
    assert _land(ws, photos) == LandingReport(known=4)


def test_another_root_under_the_same_address(ws: Workspace, photos: Path, open_ws: OpenWorkspace) -> None:
    _land(ws, photos)
    shutil.rmtree(ws.store.url)
    assert _land(open_ws(), photos).new == 4


def test_young_objects_wait(open_ws: OpenWorkspace, photos: Path) -> None:
    now = datetime.now(UTC)
    os.utime(photos / "d.jpg", (0, (now - timedelta(seconds=100)).timestamp()))
    ws = open_ws(settle_s=60.0)
    assert _land(ws, photos) == LandingReport(batches=(list_batches(ws.store)[0],), new=1, waiting=3, unowned=1)
    later = open_ws(clock=frozen_clock(now + timedelta(seconds=120)), settle_s=60.0)
    assert _land(later, photos).new == 3


def test_history_lands_day_by_day(open_ws: OpenWorkspace, photos: Path) -> None:
    for day, key in enumerate(["alice/a.jpg", "alice/2024/b.jpg", "bob/c.jpg", "d.jpg"]):
        at = (LONG_AGO + timedelta(days=day)).timestamp()
        os.utime(photos / key, (at, at))
    for day in range(4):
        _land(open_ws(clock=frozen_clock(LONG_AGO + timedelta(days=day, hours=1))), photos)
    assert list_batches(open_ws().store) == ["2020-01-02.0001", "2020-01-03.0002", "2020-01-04.0003", "2020-01-05.0004"]


def test_a_root_inside_the_source_is_not_landed(photos: Path, tmp_path: Path) -> None:
    ws = open_workspace(load_settings(root=str(photos / "data"), cache=tmp_path / "cache"))
    assert _land(ws, photos).new == 4
    ws.store.put("proxies/x.pack", b"1")
    assert _land(ws, photos) == LandingReport(known=4)


def test_source_and_root_are_two_places(tmp_path: Path) -> None:
    ws = open_workspace(load_settings(root=str(tmp_path / "x"), cache=tmp_path / "cache"))
    with pytest.raises(SettingsError, match="both source and root"):
        _land(ws, tmp_path / "x")


def test_skipped_links_and_progress_are_told(ws: Workspace, tmp_path: Path) -> None:
    root = tmp_path / "many"
    root.mkdir()
    for i in range(1001):
        (root / f"{i}.jpg").touch()
    (root / "link.jpg").symlink_to("0.jpg")
    told: list[Progress] = []
    assert _land(ws, root, progress=told.append).skipped == {"link": 1}
    assert [p.done for p in told] == [1000]


class _Interrupting:
    """A source that lets something happen when its listing reaches an object."""

    skipped: dict[str, int] = {}  # noqa: RUF012

    def __init__(self, photos: Path, at: str, action: object) -> None:
        self._inner, self._at, self._action = open_source(str(photos)), at, action

    @property
    def url(self) -> str:
        return self._inner.url

    def list(self) -> Iterator[ObjectInfo]:
        for info in self._inner.list():
            yield info
            if info.key == self._at:
                self._action()  # type: ignore[operator]

    def read(self, info: ObjectInfo, *, max_bytes: int) -> bytes:
        return self._inner.read(info, max_bytes=max_bytes)


@pytest.mark.parametrize("at", ["alice/2024/b.jpg", "alice/a.jpg", "bob/c.jpg", "d.jpg"])
@pytest.mark.parametrize("shared_cache", [True, False])
@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_another_landing_comes_between(
    ws: Workspace, open_ws: OpenWorkspace, photos: Path, tmp_path: Path, at: str, shared_cache: bool, size: int
) -> None:
    other = open_ws() if shared_cache else open_ws(cache=tmp_path / "other-cache")
    report = land(ws, _Interrupting(photos, at, lambda: _land(other, photos, batch_size=3)), batch_size=size)
    assert sorted(o.key for o in _landed(ws)) == ["alice/2024/b.jpg", "alice/a.jpg", "bob/c.jpg", "d.jpg"]
    assert report.new + report.known == 4


def _land_in_process(root: str, cache: str, photos: str, start: object) -> None:
    ws = open_workspace(load_settings(root=root, cache=Path(cache)))
    start.wait()  # type: ignore[attr-defined]
    land(ws, open_source(photos), batch_size=7)


@pytest.mark.parametrize("caches", [1, 3])
def test_concurrent_processes_seal_nothing_twice(tmp_path: Path, caches: int) -> None:
    photos = tmp_path / "photos"
    (photos / "a").mkdir(parents=True)
    for i in range(200):
        (photos / "a" / f"{i:03d}.jpg").write_bytes(b"1")
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(3)
    root = str(tmp_path / "root")
    workers = [
        context.Process(target=_land_in_process, args=(root, str(tmp_path / f"cache{n % caches}"), str(photos), start))
        for n in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
        assert worker.exitcode == 0
    ws = open_workspace(load_settings(root=root, cache=tmp_path / "fresh"))
    assert sorted(o.key for o in _landed(ws)) == [f"a/{i:03d}.jpg" for i in range(200)]
    numbers = [int(b.split(".")[1]) for b in list_batches(ws.store)]
    assert numbers == list(range(1, len(numbers) + 1))


_LANDING = """
import sys
from pathlib import Path
from daguerre.landing.landing import land
from daguerre.landing.source import open_source
from daguerre.settings import load_settings
from daguerre.workspace import open_workspace
ws = open_workspace(load_settings(root=sys.argv[1], cache=Path(sys.argv[2])))
source = open_source(sys.argv[3])
print("go", flush=True)
land(ws, source, batch_size=5)
"""


def test_killed_landings_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    (photos / "a").mkdir(parents=True)
    for i in range(300):
        (photos / "a" / f"{i:03d}.jpg").write_bytes(b"1")
    root, cache = tmp_path / "root", tmp_path / "cache"
    for attempt in range(6):
        landing = subprocess.Popen(
            [sys.executable, "-c", _LANDING, str(root), str(cache), str(photos)], stdout=subprocess.PIPE
        )
        assert landing.stdout is not None
        landing.stdout.readline()
        time.sleep(0.013 * (attempt + 1))
        landing.send_signal(signal.SIGKILL)
        landing.wait()
        landing.stdout.close()
    ws = open_workspace(load_settings(root=str(root), cache=cache))
    before = len(_landed(ws))
    report = _land(ws, photos)
    assert before + report.new == 300
    assert sorted(o.key for o in _landed(ws)) == [f"a/{i:03d}.jpg" for i in range(300)]

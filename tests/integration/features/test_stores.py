"""The same loads and reads with the lake on S3 and with the cluster's online store."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from daguerre.features.consistency import online_equals_offline
from daguerre.features.erase import erase_photos
from daguerre.features.lake import write_partition
from daguerre.features.profile import profile
from daguerre.features.store import apply_definitions, load_online, online_view
from daguerre.features.views import PHOTO_AESTHETIC
from daguerre.storage.opening import open_store
from daguerre.workspace import Workspace
from tests.fakes.s3_server import new_bucket, running_s3, use_s3
from tests.fakes.signals import NOON, MovingClock, rows, workspace

VIEW = PHOTO_AESTHETIC


def newest_wins_and_erased_is_gone(ws: Workspace, clock: MovingClock) -> None:
    def write(days: int, value: float) -> None:
        at = NOON - timedelta(days=days)
        write_partition(ws, VIEW, at.date(), "b", rows(VIEW, ["p", "q"], at=at, aesthetic=value))

    def load(days: int) -> list[float]:
        load_online(ws, [VIEW.name], NOON - timedelta(days=days))
        return online_view(ws, VIEW.name, ["p", "q"])["aesthetic"]

    write(0, 0.5)
    assert load(0) == [0.5, 0.5]
    write(3, 0.25)
    assert load(3) == [0.5, 0.5]
    clock.now += timedelta(hours=1)
    write(0, 0.75)
    assert load(0) == [0.75, 0.75]
    found = online_equals_offline(ws, VIEW.name)
    assert (found.compared, found.unequal) == (2, 0)
    assert erase_photos(ws, ["p"]).rows == 2
    assert online_view(ws, VIEW.name, ["p", "q"])["aesthetic"] == [None, 0.75]


def test_the_lake_on_s3(tmp_path: Path, clock: MovingClock, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_s3() as endpoint:
        use_s3(monkeypatch, endpoint)
        ws = workspace(tmp_path, root=f"s3://{new_bucket(endpoint)}/deep/prefix", clock=clock)
        newest_wins_and_erased_is_gone(ws, clock)
        assert profile(ws).folder.is_relative_to(tmp_path)


def test_a_registry_of_its_own_is_applied_by_a_deploy_step(tmp_path: Path, clock: MovingClock) -> None:
    plain = workspace(tmp_path, clock=clock)
    settings = plain.settings.model_copy(update={"feast_registry": f"sqlite:///{tmp_path}/elsewhere.db"})
    ws = Workspace(settings=settings, store=plain.store, clock=clock)
    apply_definitions(ws)
    apply_definitions(ws)
    newest_wins_and_erased_is_gone(ws, clock)
    assert (tmp_path / "elsewhere.db").exists()
    assert not (profile(ws).folder / "registry.db").exists()


@contextlib.contextmanager
def running_redis(folder: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            deadline = time.monotonic() + 20
            while not _answers(port) and time.monotonic() < deadline:
                time.sleep(0.1)
            yield f"127.0.0.1:{port}"
        finally:
            server.terminate()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="no redis-server on this machine")
def test_redis_keeps_what_is_loaded_last(tmp_path: Path, clock: MovingClock) -> None:
    pytest.importorskip("redis", reason="Feast's Redis client is not installed: feast[redis]")
    plain = workspace(tmp_path, clock=clock)
    with running_redis(tmp_path) as address:
        settings = plain.settings.model_copy(update={"feast_redis": address})
        ws = Workspace(settings=settings, store=open_store(plain.settings.root), clock=clock)
        newest_wins_and_erased_is_gone(ws, clock)

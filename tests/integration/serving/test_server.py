from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from daguerre.encoders.archive import store_release
from daguerre.encoders.bundle import build_release
from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.serving import loading, opening
from daguerre.serving.calls import Patience, ServerUnavailableError
from daguerre.serving.client import is_live
from daguerre.serving.health import server_facts
from daguerre.serving.installation import ServerMissingError
from daguerre.serving.opening import open_encoder
from daguerre.serving.server import ServerStartError, ensure, local_server, start_server, stop_server
from daguerre.serving.state import server_folder
from daguerre.serving.triton_encoder import TritonEncoder
from daguerre.settings import load_settings
from daguerre.workspace import Workspace
from tests.fakes.encoders import make_model_dir
from tests.integration.serving.conftest import serving_workspace


@pytest.fixture
def own(tmp_path):
    """A workspace whose server the test may kill."""
    made = serving_workspace(tmp_path)
    yield made
    stop_server(made)


def listeners(pid: int) -> set[str]:
    """Addresses on which the process listens, as /proc writes them."""
    sockets = {os.readlink(f) for f in Path(f"/proc/{pid}/fd").iterdir() if f.is_symlink() and os.path.lexists(f)}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                found.add(fields[1].partition(":")[0])
    return found


def test_a_server_that_is_killed_in_the_middle_costs_time_but_no_rows(own, tmp_path):
    release = build_release(make_model_dir(tmp_path / "tiny"))
    store_release(own.store, release)
    images = np.random.default_rng(0).integers(0, 255, (1500, 32, 32, 3), dtype=np.uint8)
    wanted = OnnxEncoder(release).embed_images(images)
    with open_encoder(own, release.spec.digest) as encoder:
        first = server_folder(own).read()
        killer = threading.Timer(0.05, os.kill, (first.pid, signal.SIGKILL))
        killer.start()
        for _ in range(100):
            np.testing.assert_allclose(encoder.embed_images(images), wanted, atol=1e-6)
            if killer.finished.is_set() and server_folder(own).read() != first:
                break
        second = server_folder(own).read()
        assert second.pid != first.pid
        np.testing.assert_allclose(encoder.embed_images(images), wanted, atol=1e-6)
    assert server_folder(own).read() is None
    assert not is_live(second.url)


@pytest.mark.parametrize(("room", "step"), [(opening, "load_and_prove"), (loading, "prove")], ids=["load", "prove"])
def test_a_server_that_is_killed_while_it_is_opened_is_started_again(own, tmp_path, monkeypatch, room, step):
    release = build_release(make_model_dir(tmp_path / "tiny"))
    store_release(own.store, release)
    killed, go_on = [], getattr(room, step)

    def kill_first(*arguments, **more):
        if not killed:
            killed.append(server_folder(own).read().pid)
            os.kill(killed[0], signal.SIGKILL)
        return go_on(*arguments, **more)

    monkeypatch.setattr(room, step, kill_first)
    began = time.monotonic()
    with open_encoder(own, release.spec.digest) as encoder:
        assert encoder.embed_texts(["red"]).shape == (1, 32)
        assert server_folder(own).read().pid != killed[0]
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("ends", [ensure, stop_server], ids=["ensure", "stop"])
def test_a_server_that_hangs_is_not_waited_for(own, ends):
    start_server(own)
    hanging = server_folder(own).read()
    os.kill(hanging.pid, signal.SIGSTOP)
    began, waits = time.monotonic(), []
    sleep = time.sleep
    with pytest.MonkeyPatch.context() as counted:
        counted.setattr("daguerre.serving.server._start", lambda *_: hanging)  # its own time is not what is measured
        counted.setattr("daguerre.serving.server.time.sleep", lambda s: (waits.append(s), sleep(s)))
        ends(own)
    assert time.monotonic() - began < 10, "it was killed long before the time that a server gets to drain"
    assert waits, "it was asked to finish first"
    assert not hanging.alive
    assert server_folder(own).read() is None


def test_it_listens_on_loopback_only(own):
    with local_server(own):
        addresses = listeners(server_folder(own).read().pid)
    assert addresses
    assert addresses <= {"0100007F", "0000000000000000FFFF00000100007F"}


def _use(root, arrived, leave) -> None:
    ws = serving_workspace(root)
    with local_server(ws) as running:
        arrived.put((running.url, running.owned))
        leave.wait(60)


def test_processes_share_a_server_and_the_last_one_stops_it(own, tmp_path):
    context = multiprocessing.get_context("spawn")
    arrived, leave = context.Queue(), [context.Event(), context.Event()]
    guests = [context.Process(target=_use, args=(tmp_path, arrived, event)) for event in leave]
    for guest in guests:
        guest.start()
    answers = [arrived.get(timeout=90) for _ in guests]
    with local_server(own) as mine:
        assert {url for url, _ in answers} == {mine.url}
        assert sum(owned for _, owned in answers) == 1
        assert not mine.owned
        guests[0].kill()  # a killed guest neither stops the server nor keeps it
        guests[0].join()
        assert is_live(mine.url)
    assert is_live(mine.url)
    leave[1].set()
    guests[1].join()
    assert guests[1].exitcode == 0
    assert server_folder(own).read() is None


def test_a_server_that_was_asked_to_stay_stays(own):
    started = start_server(own)
    with local_server(own) as running:
        assert running.url == started.url
    assert is_live(started.url)
    assert stop_server(own)
    assert not stop_server(own)
    assert not is_live(started.url)
    assert server_facts(own)["state"] == "not running"


def test_a_port_that_is_taken_is_avoided(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = load_settings(
            root=str(tmp_path / "root"), cache=tmp_path / "cache", triton_port=taken.getsockname()[1]
        )
        ws = Workspace(settings=settings, store=serving_workspace(tmp_path).store)
        with local_server(ws) as running:
            assert running.url != f"127.0.0.1:{settings.triton_port}"
            assert is_live(running.url)


def test_a_server_that_cannot_start_shows_its_log(own, monkeypatch):
    monkeypatch.setattr("daguerre.serving.server._flags", lambda *_: ["--model-repository=/no/such/repository"])
    with pytest.raises(ServerStartError, match="/no/such/repository"):
        ensure(own)
    assert server_folder(own).read() is None


def test_without_the_wheel_it_says_how_to_get_it(tmp_path):
    ws = serving_workspace(tmp_path, triton_python=tmp_path / "bin/python")
    with pytest.raises(ServerMissingError, match="make setup"):
        ensure(ws)
    assert "make setup" in server_facts(ws)["installation"]


def test_a_server_of_somebody_else_is_used_and_left_alone(own, tmp_path):
    release = build_release(make_model_dir(tmp_path / "tiny"))
    store_release(own.store, release)
    url = start_server(own).url
    guest = Workspace(
        settings=load_settings(root=str(tmp_path / "root"), cache=tmp_path / "guest", triton_url=url), store=own.store
    )
    with open_encoder(guest, release.spec.digest) as encoder:
        assert encoder.embed_texts(["red"]).shape == (1, 32)
    assert is_live(url)
    assert server_facts(guest)["url"] == url


def test_patience_ends_when_nobody_brings_the_server_back(own, tmp_path):
    release = build_release(make_model_dir(tmp_path / "tiny"))
    encoder = TritonEncoder(release, "127.0.0.1:9", patience=Patience(away_s=0.3))
    with pytest.raises(ServerUnavailableError, match=r"127\.0\.0\.1:9"):
        encoder.embed_texts(["red"])
    encoder.close()

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import time

import pytest

from daguerre.serving.leftovers import sweep
from daguerre.serving.server import _free_port
from daguerre.serving.state import ServerFolder, ServerState, process_ticks


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "triton" / "abcd1234"
    path.mkdir(parents=True)
    return ServerFolder(path=path)


@pytest.fixture
def pretender(tmp_path):
    """A process that looks like a server."""
    program = tmp_path / "tritonserver"
    shutil.copy("/bin/sleep", program)
    process = subprocess.Popen([str(program), "60"])
    yield process
    process.kill()
    process.wait()


def state(pid: int, ticks: int) -> ServerState:
    return ServerState(pid=pid, started_ticks=ticks, port=1, repository="/r", keep=False, started_at="now")


def test_a_server_is_known_by_process_and_start_time(folder, pretender):
    folder.write(state(pretender.pid, process_ticks(pretender.pid)))
    assert folder.read() == state(pretender.pid, process_ticks(pretender.pid))


def test_a_process_id_that_was_given_out_again_is_not_the_server(folder, pretender):
    folder.write(state(pretender.pid, process_ticks(pretender.pid) - 500))
    assert folder.read() is None


def test_a_process_that_is_no_server_is_not_trusted(folder):
    folder.write(state(os.getpid(), process_ticks(os.getpid())))
    assert folder.read() is None


def test_a_server_that_ended_is_gone_even_before_it_is_collected(folder, tmp_path):
    program = tmp_path / "tritonserver"
    shutil.copy("/bin/sleep", program)
    pid = os.posix_spawn(str(program), [str(program), "60"], {})
    folder.write(state(pid, process_ticks(pid)))
    assert folder.read()
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while folder.read() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert folder.read() is None
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


@pytest.mark.parametrize("record", ["", "{", "[]", '{"pid": 1}', json.dumps({"pid": 1, "shoe": 2})])
def test_a_record_that_cannot_be_read_counts_as_none(folder, record):
    (folder.path / "state.json").write_text(record)
    assert folder.read() is None


def _hold(folder, held, release):
    with folder.using():
        held.set()
        release.wait(20)


def test_the_last_user_is_alone_and_a_killed_user_does_not_count(folder):
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    user = context.Process(target=_hold, args=(folder, held, release))
    user.start()
    assert held.wait(20)
    with folder.alone() as nobody:
        assert not nobody
    user.kill()
    user.join()
    with folder.alone() as nobody:
        assert nobody


def test_sweeping_ends_helpers_of_this_folder_only(folder, tmp_path):
    def helper(home):
        program = home / "triton_python_backend_stub"
        program.parent.mkdir(parents=True)
        shutil.copy("/bin/sleep", program)
        return subprocess.Popen([str(program), "60"])

    mine = helper(folder.path / "backends-0123" / "python")
    other = helper(tmp_path / "triton" / "ffff0000" / "backends-0123" / "python")
    try:
        assert sweep(folder.path) == 1
        assert mine.wait(5) == -signal.SIGKILL
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_port_that_is_taken_is_not_used():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = taken.getsockname()[1]
        assert _free_port(wanted) != wanted
    assert _free_port(wanted) == wanted

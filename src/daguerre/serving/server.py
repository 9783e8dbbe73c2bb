"""A real Triton Inference Server on loopback, started when somebody needs it."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from daguerre.clock import system_clock
from daguerre.encoders.spec import EncoderError
from daguerre.serving.client import is_live
from daguerre.serving.installation import (
    arrange_backends,
    find_installation,
    runnable_binary,
    server_environment,
)
from daguerre.serving.leftovers import region_prefix, sweep
from daguerre.serving.plain_paths import plain_address, plain_path
from daguerre.serving.repository import prepare_repository, repository_address
from daguerre.serving.state import ServerFolder, ServerState, process_ticks, server_folder
from daguerre.workspace import Workspace

_HOST = "127.0.0.1"
_START_S = 90.0
_DRAIN_S = 10
#: A server that answers nothing any more works on nothing that is worth waiting for.
_DEAF_S = 2.0
_TAIL_LINES = 15
_PORT_TRIES = 3


class ServerStartError(EncoderError):
    """The Triton server does not start."""

    exit_code = 4


@dataclass(frozen=True, kw_only=True)
class Running:
    """A server that answers; `owned` says whether this call started it."""

    url: str
    owned: bool


def ensure(ws: Workspace) -> Running:
    """Return a server that answers for this workspace; start one when there is none.

    With `DAGUERRE_TRITON_URL` set that server is used and never started or stopped.

    Raises:
        ServerMissingError, ServerStartError.
    """
    if ws.settings.triton_url:
        return Running(url=ws.settings.triton_url, owned=False)
    folder = server_folder(ws)
    with folder.starting():
        state = folder.read()
        if state and is_live(state.url):
            return Running(url=state.url, owned=False)
        if state:  # alive but deaf
            _end(state, folder, within_s=_DEAF_S)
        sweep(folder.path)
        return Running(url=_start(ws, folder).url, owned=True)


def start_server(ws: Workspace) -> Running:
    """Have a server that stays until `stop_server`, whoever uses it in between. Raises as `ensure` does."""
    running = ensure(ws)
    folder = server_folder(ws)
    with folder.starting():
        state = folder.read()
        if state:
            folder.write(replace(state, keep=True))
    return running


def stop_server(ws: Workspace) -> bool:
    """Stop the server of this workspace after the requests it is working on; say whether there was one."""
    folder = server_folder(ws)
    with folder.starting():
        state = folder.read()
        if state:
            _end(state, folder, within_s=_patience(state))
        return state is not None


@contextmanager
def local_server(ws: Workspace) -> Iterator[Running]:
    """Have a server meanwhile. The last of all processes that have one stops it, unless it was asked to stay."""
    folder = server_folder(ws)
    try:
        with folder.using():
            yield ensure(ws)
    finally:
        with folder.alone() as nobody:
            state = folder.read()
            if nobody and state and not state.keep:
                stop_server(ws)


def log_tail(folder: ServerFolder) -> str:
    """Return the last lines of the server's log."""
    try:
        lines = folder.log.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-_TAIL_LINES:])


def _start(ws: Workspace, folder: ServerFolder) -> ServerState:
    installation = find_installation(ws)
    backends = arrange_backends(installation, plain_path(folder.path))
    prepare_repository(ws.store)
    repository = repository_address(ws.store)
    served = plain_address(repository)
    environment = server_environment(installation)
    for _ in range(_PORT_TRIES):
        port = _free_port(ws.settings.triton_port)
        command = [str(runnable_binary(installation, folder.path)), *_flags(served, backends, port, folder)]
        pid = _spawn(command, environment, folder.log)
        state = ServerState(
            pid=pid,
            started_ticks=process_ticks(pid),
            port=port,
            repository=repository,
            keep=False,
            started_at=system_clock().isoformat(),
        )
        folder.write(state)
        if _wait_until_live(state):
            return state
        _end(state, folder, within_s=_DEAF_S)
        if "address already in use" not in log_tail(folder).lower():
            break
    raise ServerStartError(f"log {folder.log} ends with\n{log_tail(folder)}", fix="`daguerre doctor` checks the rest.")


def _flags(repository: str, backends: Path, port: int, folder: ServerFolder) -> list[str]:
    return [
        f"--model-repository={repository}",
        f"--backend-directory={backends}",
        "--model-control-mode=explicit",
        # One candidate that fails to load must not make the server look dead (server#7014).
        "--strict-readiness=false",
        "--disable-auto-complete-config",
        f"--grpc-address={_HOST}",
        f"--grpc-port={port}",
        "--allow-http=false",
        "--allow-metrics=false",
        "--model-load-thread-count=2",
        f"--backend-config=python,shm-region-prefix-name={region_prefix(folder.path)}",
        f"--exit-timeout-secs={_DRAIN_S}",
        "--log-format=ISO8601",
    ]


def _spawn(command: list[str], environment: dict[str, str], log: Path) -> int:
    """Start a process that outlives this one and is out of reach of the terminal's signals."""
    write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    return os.posix_spawn(
        command[0],
        command,
        environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), write, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def _wait_until_live(state: ServerState) -> bool:
    deadline = time.monotonic() + _START_S
    while state.alive and time.monotonic() < deadline:
        if is_live(state.url):
            return True
        time.sleep(0.05)
    return False


def _patience(state: ServerState) -> float:
    """Return how long a server may take to finish, in seconds. To be asked before it is told to: then it hangs up."""
    return _DRAIN_S + 5 if is_live(state.url) else _DEAF_S


def _end(state: ServerState, folder: ServerFolder, *, within_s: float) -> None:
    """Ask the server to finish, insist after a while, and take its helper processes along."""
    deadline = time.monotonic() + within_s
    if state.alive:
        os.kill(state.pid, signal.SIGTERM)
    while state.alive and time.monotonic() < deadline:
        time.sleep(0.02)
    while state.alive:
        os.kill(state.pid, signal.SIGKILL)
        time.sleep(0.02)
    sweep(folder.path)
    folder.clear()


def _free_port(wanted: int) -> int:
    """Return `wanted` when nobody listens there, else any free port."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind((_HOST, port))
            except OSError:
                continue
            return int(s.getsockname()[1])
    raise ServerStartError("no port is free on 127.0.0.1")

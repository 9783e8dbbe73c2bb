"""Who runs: the record of our server on this machine, and the proof that the process is still the same."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from daguerre.serving.repository import repository_address
from daguerre.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class ServerState:
    """One started server.

    Attributes:
        started_ticks: Start time of the process in clock ticks since boot. Process ids are given out again; a
            process id together with its start time is not.
        repository: The model repository that it reads.
        keep: Whether somebody asked for a server that stays; else the last user stops it.
    """

    pid: int
    started_ticks: int
    port: int
    repository: str
    keep: bool
    started_at: str

    @property
    def url(self) -> str:
        """Return host:port of the gRPC endpoint."""
        return f"127.0.0.1:{self.port}"

    @property
    def alive(self) -> bool:
        """Say whether this very process still runs and is a Triton server.

        A child of ours that has ended is collected on the way. For an instant after its start a process shows no
        command line.
        """
        stage, ticks = _stat(self.pid)
        if ticks != self.started_ticks:
            return False
        if stage in "ZX":
            with suppress(ChildProcessError):
                os.waitpid(self.pid, os.WNOHANG)
            return False
        command = _command(self.pid)
        return not command or "tritonserver" in command


@dataclass(frozen=True, kw_only=True)
class ServerFolder:
    """Where one server's record, log and locks lie: one folder per model repository."""

    path: Path

    @property
    def log(self) -> Path:
        """Return the server's own log."""
        return self.path / "server.log"

    def read(self) -> ServerState | None:
        """Return the record of a server that is alive; a stale record counts as none."""
        try:
            state = ServerState(**json.loads((self.path / "state.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return state if state.alive else None

    def write(self, state: ServerState) -> None:
        """Replace the record."""
        draft = self.path / f".state-{os.getpid()}.json"
        draft.write_text(json.dumps(asdict(state)))
        draft.replace(self.path / "state.json")

    def clear(self) -> None:
        """Remove the record."""
        (self.path / "state.json").unlink(missing_ok=True)

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Hold the lock under which servers are started and stopped."""
        with (self.path / "start.lock").open("w") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            yield

    @contextmanager
    def using(self) -> Iterator[None]:
        """Count as a user of the server; the kernel lets go when the process is killed."""
        with (self.path / "users.lock").open("w") as f:
            fcntl.flock(f, fcntl.LOCK_SH)
            yield

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Say whether nobody uses the server, and keep newcomers out meanwhile."""
        with (self.path / "users.lock").open("w") as f:
            try:
                fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True


def server_folder(ws: Workspace) -> ServerFolder:
    """Return the folder of the server that reads this workspace's model repository; it exists."""
    identity = hashlib.sha256(repository_address(ws.store).encode()).hexdigest()[:8]
    path = ws.cache / "triton" / identity
    path.mkdir(parents=True, exist_ok=True)
    return ServerFolder(path=path)


def process_ticks(pid: int) -> int:
    """Return when the process started, in clock ticks since boot; 0 when there is none."""
    return _stat(pid)[1]


def _stat(pid: int) -> tuple[str, int]:
    """Return the letter of the process's stage (Z: ended, not collected) and its start in clock ticks since boot."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "X", 0
    fields = stat.rpartition(")")[2].split()  # the name in brackets may hold anything
    return fields[0], int(fields[19])


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""

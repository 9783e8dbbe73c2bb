"""How fast photos become vectors: seconds of the clock and of processors, group by group."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from daguerre.serving.state import server_folder
from daguerre.workspace import Workspace

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One group of photos.

    Attributes:
        wall_s: Time since the group before was finished.
        cpu_s: Processor time since then, of this process and of our own server on this machine.
    """

    photos: int
    wall_s: float
    cpu_s: float


class Pace:
    """Notes when groups are finished.

    `counts_server` says whether the server's processor time is counted; one that runs elsewhere cannot be read.
    """

    def __init__(self, ws: Workspace) -> None:
        state = None if ws.settings.triton_url else server_folder(ws).read()
        self.counts_server = state is not None
        self._processes = _session(state.pid) if state else []
        self._server_s = [_cpu_s(pid) for pid in self._processes]
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        self.steps: list[Step] = []

    def note(self, photos: int) -> None:
        """Book what was spent since the last call on these photos."""
        wall, cpu = time.perf_counter(), time.process_time()
        server = [_cpu_s(pid) for pid in self._processes]
        # A process that was started anew counts from nothing.
        spent = sum(max(0.0, now - before) for now, before in zip(server, self._server_s, strict=True))
        self.steps.append(Step(photos=photos, wall_s=wall - self._wall, cpu_s=cpu - self._cpu + spent))
        self._wall, self._cpu, self._server_s = wall, cpu, server


def _session(leader: int) -> list[int]:
    """Return the processes of a session: a server and the helpers that it started."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if (fields := _stat(pid)) and int(fields[3]) == leader]


def _cpu_s(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S if fields else 0.0


def _stat(pid: int) -> list[str]:
    """Return the fields of a process's record from the third on (man 5 proc); none when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    return stat.rpartition(")")[2].split()  # the name in brackets may hold anything

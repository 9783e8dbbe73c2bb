"""Stand-ins for decoders, to be run in a sandbox: each job says what its file does to the process."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

from daguerre.media.reasons import Reason, RefusedError


@dataclass(frozen=True, kw_only=True)
class Job:
    number: int
    deed: str = "fine"
    size: int = 1000
    where: str = ""


@dataclass(frozen=True)
class Load:
    def __call__(self, job: Job) -> str:
        if job.deed == "unreadable":
            raise RefusedError(Reason.UNREADABLE, "locked")
        if job.deed == "bug in reading":
            raise KeyError("oops")
        return f"bytes of {job.number}"


@dataclass
class Work:
    held: list[bytes] = field(default_factory=list)

    def prepare(self) -> None:
        self.held.clear()

    def __call__(self, job: Job, data: str) -> tuple[int, str, int]:
        match job.deed:
            case "segfault":
                ctypes.string_at(0)
            case "exit":
                os._exit(3)
            case "abort":
                os.abort()
            case "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "killed once":
                if not Path(job.where).exists():
                    Path(job.where).touch()
                    os.kill(os.getpid(), signal.SIGKILL)
            case "hang":
                time.sleep(600)
            case "spin":
                while True:
                    pass
            case "eat":
                return (job.number, str(len(bytearray(4 << 30))), os.getpid())
            case "print":
                os.write(1, b"a decoder prints\n")
            case "bug":
                raise ZeroDivisionError("oops")
            case "refuse":
                raise RefusedError(Reason.CORRUPT, "bad")
            case "slow":
                time.sleep(0.02)
            case "large":
                return (job.number, "x" * 500_000, os.getpid())
        return (job.number, data, os.getpid())

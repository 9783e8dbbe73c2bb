"""What a killed server leaves behind: helper processes that wait for it, and shared memory."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

from daguerre.serving.plain_paths import plain_path

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where the kernel mounts it, not a scratch file of ours


def region_prefix(folder: Path) -> str:
    """Return how the names of all shared memory of one server folder begin."""
    return f"daguerre-{folder.parent.parent.stat().st_ino:x}-{folder.name}"


def sweep(folder: Path) -> int:
    """End the helper processes of a server that is gone and free its shared memory; return how many there were.

    Call it only while no server of this folder runs. A helper is recognised by its program, which lies in `folder`.
    """
    helpers = [pid for pid in _processes() if _program(pid).startswith(f"{plain_path(folder)}/backends-")]
    for pid in helpers:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for region in _SHARED_MEMORY.glob(f"{region_prefix(folder)}*"):
        region.unlink(missing_ok=True)
    return len(helpers)


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _program(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().partition(b"\0")[0].decode(errors="replace")
    except OSError:
        return ""

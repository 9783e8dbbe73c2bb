"""Peak memory of the photos stage at two sizes of library, each in a process of its own; and what doing nothing costs.

The peak is that of the resident set (VmHWM) of the stage's process plus those of all its decoder processes. A library
comes in batches of the same size; one large batch shows what an object more in a batch costs.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from benchmarks.line import Line
from benchmarks.originals import write_originals
from daguerre.landing.landing import land
from daguerre.landing.source import open_source
from daguerre.settings import load_settings
from daguerre.stages.photos import run_photos
from daguerre.telemetry import Progress
from daguerre.workspace import open_workspace

_LOOK_EVERY = 50
#: A peak moves by a few megabytes from run to run; four times the files must not move it by more than this.
_MOST_GROWTH = 1.15


@dataclass(frozen=True, kw_only=True)
class Peak:
    """MB of the stage's process and of its workers together; seconds to find that nothing is to be done."""

    own_mb: float
    workers_mb: float
    again_s: float

    @property
    def all_mb(self) -> float:
        """Return the sum."""
        return self.own_mb + self.workers_mb


def measure(quick: bool) -> list[Line]:
    small = 512 if quick else 1024
    large = 4 * small
    with tempfile.TemporaryDirectory() as folder:
        for count in (small, large):
            write_originals(Path(folder, str(count)), width=320, height=240, distinct=20, count=count)
        one = _apart(Path(folder, str(small)), batch_size=small)
        four = _apart(Path(folder, str(large)), batch_size=small)
        whole = _apart(Path(folder, str(large)), batch_size=large)
    return [
        Line(what=f"peak memory, photos, {small:,} files", measured=one.all_mb, unit="MB"),
        Line(what="  of that, the stage's own process", measured=one.own_mb, unit="MB"),
        Line(
            what=f"  {large:,} files in 4 batches",
            measured=four.all_mb,
            unit="MB",
            limit=one.all_mb,
            at_most=_MOST_GROWTH,
        ),
        Line(what=f"  {large:,} files in one batch", measured=whole.all_mb, unit="MB", limit=one.all_mb),
        Line(what=f"photos, {large:,} known, nothing to do", measured=whole.again_s, unit="s"),
    ]


def _apart(source: Path, *, batch_size: int) -> Peak:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_peak, source, batch_size).result()


def _peak(source: Path, batch_size: int) -> Peak:
    """Run the stage over all batches of the source."""
    workers: dict[int, float] = {}
    most = 0.0

    def look(progress: Progress) -> None:
        nonlocal most
        if progress.done % _LOOK_EVERY == 0:
            workers.update({pid: _high_water_mb(pid) for pid in _children()})
            most = max(most, sum(workers[pid] for pid in _children() if pid in workers))

    with tempfile.TemporaryDirectory() as root:
        ws = open_workspace(load_settings(root=root, cache=Path(root, "cache")))
        batches = land(ws, open_source(str(source)), owner="bench", batch_size=batch_size).batches
        for batch in batches:
            report = run_photos(ws, batch, progress=look)
            assert report.done == report.total
        began = time.perf_counter()
        for batch in batches:
            run_photos(ws, batch)
        return Peak(own_mb=_high_water_mb(os.getpid()), workers_mb=most, again_s=time.perf_counter() - began)


def _children() -> list[int]:
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


def _high_water_mb(pid: int) -> float:
    # not getrusage: its peak survives exec, so that a child begins with that of its parent
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0

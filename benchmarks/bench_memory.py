"""Peak memory of the photos stage in an empty library and in one that holds more; and what doing nothing costs.

The peak is that of the resident set (VmHWM) of the stage's process plus those of all its decoder processes. As in
production, each batch has a process of its own; one process for all batches shows what Lance and the allocator keep.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from benchmarks.line import Line
from benchmarks.originals import write_originals
from daguerre.ids import BatchKey
from daguerre.landing.landing import land
from daguerre.landing.source import open_source
from daguerre.settings import load_settings
from daguerre.stages.photos import run_photos
from daguerre.telemetry import Progress
from daguerre.workspace import Workspace, open_workspace

_LOOK_EVERY = 50
#: A peak moves by a few megabytes from run to run; a larger library must not move it by more than this.
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
    size, count = (512, 4) if quick else (1024, 8)
    files = size * count
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "originals")
        write_originals(source, width=320, height=240, distinct=20, count=files)
        apart, whole = _workspace(f"{folder}/apart"), _workspace(f"{folder}/whole")
        batches = land(apart, open_source(str(source)), owner="bench", batch_size=size).batches
        land(whole, open_source(str(source)), owner="bench", batch_size=size)
        peaks = [_apart(f"{folder}/apart", [batch]) for batch in batches]
        together = _apart(f"{folder}/whole", batches)
        large = _workspace(f"{folder}/large")
        one_batch = _apart(f"{folder}/large", land(large, open_source(str(source)), owner="bench").batches)
    first, last = peaks[0], peaks[-1]
    return [
        Line(what=f"peak memory, photos, {size:,} files into nothing", measured=first.all_mb, unit="MB"),
        Line(what="  of that, the stage's own process", measured=first.own_mb, unit="MB"),
        Line(
            what=f"  {size:,} files more into {files - size:,}",
            measured=last.all_mb,
            unit="MB",
            limit=first.all_mb,
            at_most=_MOST_GROWTH,
        ),
        Line(what=f"  {files:,} files in one batch", measured=one_batch.all_mb, unit="MB", limit=first.all_mb),
        Line(what=f"  {count} batches in one process", measured=together.all_mb, unit="MB", limit=first.all_mb),
        Line(what=f"photos, {files:,} known, nothing to do", measured=together.again_s, unit="s"),
    ]


def _workspace(root: str) -> Workspace:
    return open_workspace(load_settings(root=root, cache=Path(root, "cache")))


def _apart(root: str, batches: Sequence[BatchKey]) -> Peak:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_peak, root, batches).result()


def _peak(root: str, batches: Sequence[BatchKey]) -> Peak:
    """Run the stage over the batches one after the other."""
    workers = 0.0

    def look(progress: Progress) -> None:
        nonlocal workers
        if progress.done % _LOOK_EVERY == 0:
            workers = max(workers, sum(_high_water_mb(pid) for pid in _children()))

    ws = _workspace(root)
    for batch in batches:
        report = run_photos(ws, batch, progress=look)
        assert report.done == report.total
    began = time.perf_counter()
    for batch in batches:
        run_photos(ws, batch)
    return Peak(own_mb=_high_water_mb(os.getpid()), workers_mb=workers, again_s=time.perf_counter() - began)


def _children() -> list[int]:
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


def _high_water_mb(pid: int) -> float:
    # not getrusage: its peak survives exec, so that a child begins with that of its parent
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0

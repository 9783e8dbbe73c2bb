"""Landing 100,000 objects, and finding that nothing is new, against a bare walk that asks every file for its state."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.cost import cost_of
from benchmarks.line import Line
from daguerre.landing.landing import LandingReport, land
from daguerre.landing.source import open_source
from daguerre.settings import load_settings
from daguerre.workspace import open_workspace

_MOST_S = 15.0
_PER_FOLDER = 500


def measure(quick: bool) -> list[Line]:
    count = 20_000 if quick else 100_000
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch, "originals")
        for number in range(count):
            if number % _PER_FOLDER == 0:
                folder = source / f"owner{number // _PER_FOLDER:04d}" / "2026"
                folder.mkdir(parents=True)
            (folder / f"IMG_{number:06d}.jpg").write_bytes(b"x")
        ws = open_workspace(load_settings(root=f"{scratch}/root", cache=Path(scratch, "cache")))
        reports: list[LandingReport] = []

        def landing() -> None:
            reports.append(land(ws, open_source(str(source))))

        walk = cost_of(lambda: sum(info.st_size for info in _walk(source)))
        first, again = cost_of(landing), cost_of(landing)
        shutil.rmtree(ws.cache / "landing")
        rebuilt = cost_of(landing)
        walk = min(walk, cost_of(lambda: sum(info.st_size for info in _walk(source))), key=lambda c: c.wall_s)
    assert [(r.new, r.known) for r in reports] == [(count, 0), (0, count), (0, count)], reports
    # the bound was set for 100,000 objects; a smaller run must keep its share of it
    most_s = _MOST_S * count / 100_000
    return [
        Line(what=f"landing, {count:,} known, nothing new", measured=again.wall_s, unit="s", at_most=most_s),
        Line(what="  against a bare walk", measured=again.wall_s, unit="s", limit=walk.wall_s),
        Line(what="  with the projection lost", measured=rebuilt.wall_s, unit="s", at_most=most_s),
        Line(what=f"landing, {count:,} new", measured=count / first.wall_s, unit="objects/s"),
    ]


def _walk(folder: Path) -> Iterator[os.stat_result]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(Path(entry.path))
            else:
                yield entry.stat(follow_symlinks=False)

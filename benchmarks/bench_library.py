"""The generated library: rows of truth per second, and files per second, all cores."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.cost import CORES, cost_of
from benchmarks.line import Line
from daguerre.library.plan import plan_library
from daguerre.library.spec import SMALL, LibrarySpec, owner_names
from daguerre.library.writing import write_library


def measure(quick: bool) -> list[Line]:
    rows, small, mixed = (5_000, 500, 60) if quick else (30_000, 2_000, 240)
    planned = cost_of(lambda: plan_library(LibrarySpec(owners=owner_names(max(2, rows // 1000)), photos=rows)))
    owners = owner_names(3)
    return [
        Line(what=f"library, plan of {rows:,} files", measured=rows / planned.wall_s, unit="rows/s"),
        *_files("JPEG of 320 px", LibrarySpec(owners=owners, photos=small, sizes=SMALL, rare_formats=0, videos=0)),
        *_files("1024 px, all formats", LibrarySpec(owners=owners, photos=mixed)),
    ]


def _files(title: str, spec: LibrarySpec) -> list[Line]:
    plan = plan_library(spec)
    with tempfile.TemporaryDirectory() as folder:
        spent = cost_of(lambda: write_library(plan, Path(folder), workers=CORES))
    return [
        Line(what=f"library, {title}", measured=spec.photos / spent.wall_s, unit="files/s"),
        Line(what="  by processor time", measured=spec.photos / spent.cpu_s, unit="files/core-s"),
    ]

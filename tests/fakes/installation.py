"""A small installation of the whole product: a library, a root, a promoted encoder, a Dagster instance."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from daguerre.cli.orchestrate import dagster_home, environment
from daguerre.clock import frozen_clock
from daguerre.encoders.spec import EncoderSpec
from daguerre.ids import BatchKey
from daguerre.landing.landing import land
from daguerre.landing.manifest import list_batches
from daguerre.landing.source import open_source
from daguerre.library.difficulty import NORMAL
from daguerre.library.plan import LibraryPlan, plan_library
from daguerre.library.spec import LibrarySpec, Sizes
from daguerre.library.writing import write_library
from daguerre.registry.log import promote
from daguerre.registry.releases import register
from daguerre.settings import Settings, load_settings
from daguerre.tables import catalogue
from daguerre.workspace import Workspace, open_workspace
from tests.fakes.encoders import make_model_dir

if TYPE_CHECKING:
    import dagster as dg

DAYS = (date(2026, 5, 1), date(2026, 5, 2))
#: Columns that say who wrote a row and when, not what it says.
WHO = ("run_id", "at")


@dataclass(frozen=True, kw_only=True)
class Finished:
    """An installation on which `daguerre run` has been called once, for a library that nobody has touched since.

    Attributes:
        summary: What the command printed with --json.
        server: Address of its Triton, which runs for the whole session.
        said: What its tables said after the run; see `said`.
        untouched: Hard links to the files of the library as they were.
    """

    home: Path
    settings: Settings
    plan: LibraryPlan
    spec: EncoderSpec
    server: str
    summary: Mapping[str, Any]
    said: Mapping[str, pa.Table]
    untouched: Path

    @property
    def ws(self) -> Workspace:
        return open_workspace(self.settings)

    @property
    def batches(self) -> list[BatchKey]:
        return list_batches(self.ws.store)

    def copy(self, home: Path, *, dagster: bool = False, **changes: object) -> Settings:
        """Copy the root, and what Dagster knows, to `home`; the copy uses the same source and the same Triton."""
        shutil.copytree(self.settings.root, home / "data")
        if dagster:
            shutil.copytree(self.settings.dagster_home, home / "dagster")
        return settings_in(home, **({"source": self.settings.source, "triton_url": self.server} | changes))


def library(folder: Path, *, photos: int = 40, seed: int = 7, videos: float = 0.03) -> LibraryPlan:
    """Two owners' small photos, a video and some broken files; half of them land a day later."""
    plan = plan_library(
        LibrarySpec(
            owners=("alice", "bob"),
            photos=photos,
            seed=seed,
            landings=DAYS,
            sizes=Sizes(common=(240, 180), large_share=0.0),
            videos=videos,
            difficulty=replace(NORMAL, fault_share=0.1),
        )
    )
    write_library(plan, folder)
    return plan


def settings_in(home: Path, **changes: object) -> Settings:
    """Settings with every folder below `home`, small units, and a Triton on any free port."""
    chosen: dict[str, object] = {
        "root": str(home / "data"),
        "source": str(home / "library"),
        "cache": home / "cache",
        "dagster_home": home / "dagster",
        "unit_size": 8,
        "workers": 2,
        "triton_port": 0,
    }
    return load_settings(**(chosen | changes))


def install_encoder(ws: Workspace, folder: Path, *, seed: int = 0, alias: str = "production") -> EncoderSpec:
    """Register a tiny encoder made at `folder` and point `alias` at it."""
    spec = register(ws, make_model_dir(folder, seed=seed), actor="tests")
    promote(ws, alias, spec.digest, actor="tests", reason="tests")
    return spec


def land_by_day(settings: Settings) -> tuple[BatchKey, ...]:
    """Land the source as it came in: one batch per landing day."""
    batches: list[BatchKey] = []
    for day in DAYS:
        ws = open_workspace(settings, clock=frozen_clock(datetime(day.year, day.month, day.day, 23, tzinfo=UTC)))
        batches += land(ws, open_source(settings.source)).batches
    return tuple(batches)


def variables(settings: Settings) -> dict[str, str]:
    """The environment variables that describe an installation to another process, or to an asset in this one."""
    return {name: value for name, value in environment(settings).items() if name.startswith(("DAGUERRE_", "DAGSTER_"))}


def use(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Let this process mean the installation."""
    for name, value in variables(settings).items():
        monkeypatch.setenv(name, value)


def instance_of(settings: Settings) -> dg.DagsterInstance:
    """Open the persistent Dagster instance of an installation."""
    import dagster as dg

    return dg.DagsterInstance.from_config(str(dagster_home(settings)))


def daguerre(
    settings: Settings, *arguments: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Call the command in a process of its own and wait for it."""
    return subprocess.run(
        [Path(sys.executable).parent / "daguerre", *arguments],
        env=os.environ | variables(settings) | dict(env or {}),
        check=False,
        capture_output=True,
        text=True,
        timeout=280,
    )


def said(ws: Workspace, spec: EncoderSpec) -> dict[str, pa.Table]:
    """What the tables say, in order, without who wrote it and when."""
    tables = {
        "photos": (catalogue.photos(ws), "photo_id"),
        "objects": (catalogue.objects(ws), "object_id"),
        "rejected": (catalogue.rejected(ws), "rejection_id"),
        "vectors": (catalogue.vectors(ws, spec.space, spec.dim), "photo_id"),
        "descriptors": (catalogue.descriptors(ws), "photo_id"),
    }
    return {name: _bare(table.read()).sort_by(key) for name, (table, key) in tables.items()}


def _bare(rows: pa.Table) -> pa.Table:
    return rows.drop_columns([name for name in WHO if name in rows.column_names])

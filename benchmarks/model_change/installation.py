"""The installation that the change is made on: many photos, several owners, the weaker encoder in production."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from daguerre.cli.making import make_library
from daguerre.cli.running import carry_out
from daguerre.clock import frozen_clock
from daguerre.landing.landing import land
from daguerre.landing.source import open_source
from daguerre.library.plan import LibraryPlan
from daguerre.library.queries import queries
from daguerre.library.spec import SMALL, LibrarySpec, owner_names
from daguerre.library.writing import QUERIES, TRUTH_FOLDER
from daguerre.registry.log import promote
from daguerre.registry.releases import register
from daguerre.settings import Settings, load_settings
from daguerre.workspace import Workspace, open_workspace

OLD, NEW = "models/scene-demo/v1", "models/scene-demo/v2"
#: The last one lands while the model is changed.
DAYS = tuple(date(2026, 5, day) for day in range(1, 8))
#: Golden queries: about seventeen an owner.
_QUERIES = 400


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A root with everything embedded by the old encoder but for the photos of the last landing day."""

    settings: Settings
    plan: LibraryPlan

    @property
    def ws(self) -> Workspace:
        """Open it."""
        return open_workspace(self.settings)

    def land_until(self, day: date) -> int:
        """Land what had come in by the end of a day; return how many objects are new."""
        evening = datetime.combine(day, time(23, 59), UTC)
        ws = open_workspace(self.settings, clock=frozen_clock(evening))
        return land(ws, open_source(self.settings.source)).new


def prepare(home: Path, photos: int, *, owners: int) -> Installation:
    """Return a fresh copy of the installation; the first call makes the original, which takes most of the time."""
    plan = make_library(_spec(photos, owners), home / "library")
    original, copy = home / "original", home / "changed"
    if not (original / "complete").exists():
        shutil.rmtree(original, ignore_errors=True)
        _import(Installation(settings=_settings(home, original), plan=plan))
        (original / "complete").touch()
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(original, copy)
    return Installation(settings=_settings(home, copy), plan=plan)


def _spec(photos: int, owners: int) -> LibrarySpec:
    return LibrarySpec(
        owners=owner_names(owners), photos=photos, seed=31, sizes=SMALL, rare_formats=0.0, videos=0.0, landings=DAYS
    )


def _settings(home: Path, folder: Path) -> Settings:
    return load_settings(
        root=str(folder / "data"),
        source=str(home / "library"),
        cache=folder / "cache",
        dagster_home=folder / "dagster",
        policies=home / "policies",
        triton_port=0,
    )


def _import(made: Installation) -> None:
    asked = queries(made.plan, limit=_QUERIES)
    lines = "".join(json.dumps(query.to_json()) + "\n" for query in asked)
    (Path(made.settings.source) / TRUTH_FOLDER / QUERIES).write_text(lines, encoding="utf-8")
    ws = made.ws
    old = register(ws, made.settings.project / OLD, actor="bench")
    promote(ws, "production", old.digest, actor="bench", reason="the encoder that is there")
    for day in DAYS[:-1]:
        made.land_until(day)
    outcome = carry_out(ws, spaces=(old.space,))
    if outcome.failures:
        raise RuntimeError("; ".join(outcome.failures))

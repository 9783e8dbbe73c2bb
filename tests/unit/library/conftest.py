from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from daguerre.library.difficulty import LEVELS
from daguerre.library.plan import LibraryPlan, plan_library
from daguerre.library.spec import LibrarySpec, Sizes
from daguerre.library.writing import write_library

TINY = Sizes(common=(160, 120), large_share=0.0)


def tiny_spec(photos: int = 40, **changes: object) -> LibrarySpec:
    """Two owners, three landing days, every format and fault likely."""
    values: dict[str, object] = {
        "owners": ("ann", "ben"),
        "photos": photos,
        "landings": (date(2026, 5, 1), date(2026, 5, 2), date(2026, 5, 4)),
        "sizes": TINY,
        "rare_formats": 0.35,
        "videos": 0.05,
        "odd_names": 0.1,
    }
    return LibrarySpec(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def plan() -> LibraryPlan:
    """Nine hundred files of two owners, normal difficulty."""
    return plan_library(tiny_spec(900))


@pytest.fixture(scope="session")
def plan_at() -> Callable[[str], LibraryPlan]:
    """Plans of one owner by level, large enough to compare levels."""
    made: dict[str, LibraryPlan] = {}

    def of(level: str) -> LibraryPlan:
        if level not in made:
            made[level] = plan_library(tiny_spec(2500, owners=("ann",), difficulty=LEVELS[level]))
        return made[level]

    return of


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[LibraryPlan, Path]:
    """A library of 120 files with every kind of fault, on disk."""
    from dataclasses import replace

    from daguerre.library.difficulty import NORMAL

    root = tmp_path_factory.mktemp("library")
    plan = plan_library(tiny_spec(120, difficulty=replace(NORMAL, fault_share=0.085)))
    write_library(plan, root)
    return plan, root

"""The library that `make demo` shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from daguerre.library.spec import LibrarySpec, Sizes


def demo_spec() -> LibrarySpec:
    """Return three owners' lives from 2023 to spring 2026: 1,200 files that land on six evenings."""
    return LibrarySpec(
        owners=("alice", "bob", "carol"),
        photos=1200,
        seed=1839,
        landings=tuple(date(2026, 5, day) for day in (1, 2, 4, 5, 6, 8)),
        sizes=replace(Sizes(), huge_count=2),
    )

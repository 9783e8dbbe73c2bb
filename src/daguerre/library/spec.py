"""What a generated library should be like."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from daguerre.library.difficulty import NORMAL, Difficulty


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Sizes of pictures, (width, height) of the landscape in pixels; shares are probabilities."""

    common: tuple[int, int] = (1024, 768)
    large: tuple[int, int] = (1632, 1224)
    large_share: float = 0.1
    huge: tuple[int, int] = (4000, 3000)
    huge_count: int = 0


#: Fast enough for benchmarks with a hundred thousand files.
SMALL = Sizes(common=(320, 240), large_share=0.0)


@dataclass(frozen=True, kw_only=True)
class LibrarySpec:
    """A library is a pure function of this.

    Attributes:
        photos: Files in all, split evenly among the owners; exact.
        first_day: Day on which the lives begin; they last `days`.
        landings: Days on which files come into the source; all after the lives end.
        rare_formats: Share of photos that are no JPEG (HEIC, WebP, AVIF, PNG, TIFF, GIF); encoding them is slow.
        copies: Share of files that are edits and re-uploads of others.
        papers: Share of screenshots, receipts and documents.
        shared: Share of files that are exact copies of another owner's.
        odd_names: Share of files whose names have spaces, quotes or emoji.
    """

    owners: tuple[str, ...]
    photos: int
    seed: int = 7
    difficulty: Difficulty = NORMAL
    first_day: date = date(2023, 7, 1)
    days: int = 1030
    landings: tuple[date, ...] = (date(2026, 5, 1),)
    sizes: Sizes = field(default_factory=Sizes)
    rare_formats: float = 0.1
    videos: float = 0.015
    copies: float = 0.08
    papers: float = 0.07
    shared: float = 0.012
    odd_names: float = 0.01

    def to_json(self) -> dict[str, Any]:
        """Return the spec as JSON values."""
        return asdict(self) | {
            "first_day": self.first_day.isoformat(),
            "landings": [day.isoformat() for day in self.landings],
        }


def owner_names(count: int) -> tuple[str, ...]:
    """Return names for many owners: u0000, u0001, ..."""
    return tuple(f"u{number:04d}" for number in range(count))

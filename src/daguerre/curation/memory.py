"""What a memory is, and what is worth one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

from daguerre.curation.selection import RULES as SELECTION_RULES
from daguerre.curation.selection import SelectionRules
from daguerre.curation.titles.locales import DEFAULT_LOCALE

Kind = Literal[
    "on_this_day",
    "this_week",
    "trip",
    "event",
    "person_over_years",
    "recurring_place",
    "theme",
    "best_of_month",
    "best_of_year",
    "then_and_now",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

#: What a kind is worth on its day.
_WEIGHTS: Mapping[Kind, float] = MappingProxyType(
    {
        "on_this_day": 1.0,
        "this_week": 0.85,
        "trip": 0.8,
        "event": 0.8,
        "person_over_years": 0.8,
        "recurring_place": 0.75,
        "then_and_now": 0.75,
        "best_of_year": 0.75,
        "theme": 0.65,
        "best_of_month": 0.6,
    }
)
#: Fewest moments that there must be to choose from: what is chosen shall be a choice.
_MOMENTS: Mapping[Kind, int] = MappingProxyType(
    {
        "on_this_day": 4,
        "this_week": 4,
        "trip": 4,
        "event": 4,
        "person_over_years": 8,
        "recurring_place": 8,
        "then_and_now": 4,
        "best_of_year": 30,
        "theme": 10,
        "best_of_month": 8,
    }
)


@dataclass(frozen=True, kw_only=True)
class MemoryRules:
    """What is worth a memory, and how much of it is shown.

    Attributes:
        fewest, most: Photos of one memory.
        moments: Fewest moments of what a kind is about.
        weights: What a kind is worth on its day.
        of_part: Most photos that one event of many may propose.
        parts: Most events of a trip, month or year that propose any: the most significant ones.
        of_kind: Most memories of one kind.
        second_place: A second place is named when it has this share of a memory's photos.
        shared: Memories that share a larger part of their photos are one.
        remembered: Share of the owner's days, the most significant ones, that are remembered on their date.
        of_week: The share of those that are remembered in their week.
        standing_out: The share of those that are remembered without an anniversary.
        unusual: What a day's significance is at least to be remembered on another date than its own; 0 is usual.
        years: Fewest years of a person or place over the years.
        apart_years: What lies at least so far apart is then and now.
        away_km: A place nearer to home is everyday.
    """

    fewest: int = 4
    most: int = 12
    moments: Mapping[Kind, int] = field(default_factory=lambda: _MOMENTS)
    weights: Mapping[Kind, float] = field(default_factory=lambda: _WEIGHTS)
    of_part: int = 5
    parts: int = 24
    of_kind: int = 12
    second_place: float = 0.3
    shared: float = 0.5
    remembered: float = 0.3
    of_week: float = 0.2
    standing_out: float = 0.1
    unusual: float = 1.0
    years: int = 3
    apart_years: int = 3
    away_km: float = 25.0
    selection: SelectionRules = SELECTION_RULES
    locale: str = DEFAULT_LOCALE


RULES = MemoryRules()


@dataclass(frozen=True, kw_only=True)
class Memory:
    """One memory.

    Attributes:
        key: What it is about, stable while its photos change: kind, and day, month, place or person.
        score: 0..1.
        rank: 1 for the best of this owner.
        cover: Row of the timeline.
        rows: Rows of the timeline in order of time.
        starts_s, ends_s: First and last capture time of what the memory is about, seconds since 1970 UTC.
    """

    kind: Kind
    key: str
    title: str
    reason: str
    score: float
    rank: int
    cover: int
    rows: tuple[int, ...]
    starts_s: float
    ends_s: float


def shares(some: frozenset[object], others: frozenset[object]) -> float:
    """Return how much of the smaller of two sets of photos both have."""
    return len(some & others) / max(min(len(some), len(others)), 1)

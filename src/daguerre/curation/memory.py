"""What a memory is, and what is worth one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from daguerre.curation.selection import RULES as SELECTION_RULES
from daguerre.curation.selection import SelectionRules
from daguerre.curation.titles import DEFAULT_LOCALE

Kind = Literal["on_this_day", "trip", "best_of_month"]


@dataclass(frozen=True, kw_only=True)
class MemoryRules:
    """What is worth a memory, and how much of it is shown.

    Attributes:
        fewest, most: Photos of one memory.
        of_event: Most photos that one event of a trip or month may propose.
        month_moments: A month with fewer moments has no best.
        of_kind: Most memories of one kind.
        second_place: A second place is named when it has this share of a trip's photos.
        weight_of_day, weight_of_trip, weight_of_month: What a kind is worth on its day.
    """

    fewest: int = 4
    most: int = 12
    of_event: int = 5
    month_moments: int = 8
    of_kind: int = 12
    second_place: float = 0.3
    weight_of_day: float = 1.0
    weight_of_trip: float = 0.8
    weight_of_month: float = 0.6
    selection: SelectionRules = SELECTION_RULES
    locale: str = DEFAULT_LOCALE


RULES = MemoryRules()


@dataclass(frozen=True, kw_only=True)
class Memory:
    """One memory.

    Attributes:
        key: What it is about, stable while its photos change: kind, and day, month or first day of the trip.
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

"""What people did with the lists that they were shown, as it is logged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from daguerre.quality.experiments.ab import Arm, ArmValues


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """One list that somebody was shown: photo ids, best first, and which of them were clicked."""

    visit: str
    person: str
    query: str
    shown: tuple[str, ...]
    clicked: frozenset[str]

    @staticmethod
    def of(row: Mapping[str, Any]) -> Interaction:
        """Read one row of the log; a click on what was not shown does not count."""
        shown = tuple(row["shown"])
        return Interaction(
            visit=row["visit"],
            person=row["person"],
            query=row["query"],
            shown=shown,
            clicked=frozenset(row["clicked"]) & frozenset(shown),
        )


@dataclass(frozen=True, kw_only=True)
class Habits:
    """What one person did in a period."""

    visits: int
    clicks: int


def habits(log: Iterable[Interaction]) -> dict[str, Habits]:
    """Return what each person did, by person."""
    visits: Counter[str] = Counter()
    clicks: Counter[str] = Counter()
    for one in log:
        visits[one.person] += 1
        clicks[one.person] += len(one.clicked)
    return {person: Habits(visits=visits[person], clicks=clicks[person]) for person in sorted(visits)}


def clicks_per_search(
    production: Mapping[str, Habits], candidate: Mapping[str, Habits], *, before: Mapping[str, Habits]
) -> ArmValues:
    """Return the clicks per search of both sides' people, with what they clicked per search before.

    Somebody who did not search before counts as the average of those who did.
    """
    searches = sum(one.visits for one in before.values())
    usual = sum(one.clicks for one in before.values()) / searches if searches else 0.0

    def arm(side: Mapping[str, Habits]) -> Arm:
        known = [before.get(person) for person in side]
        return Arm(
            total=np.array([one.clicks for one in side.values()], np.float64),
            per=np.array([one.visits for one in side.values()], np.float64),
            # Centred totals: what a person clicked beyond what that many searches usually bring.
            before=np.array([one.clicks - usual * one.visits if one else 0.0 for one in known], np.float64),
        )

    return ArmValues(production=arm(production), candidate=arm(candidate))

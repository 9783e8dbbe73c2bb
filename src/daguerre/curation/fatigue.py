"""What to show of all that could be: few memories a week, and none that was seen lately under another title.

A memory is as fresh as the time since its photos were last shown. Its score times its freshness decides, so what is
good comes back, and not soon.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from daguerre.curation.memory import shares


@dataclass(frozen=True, kw_only=True)
class FatigueRules:
    """How often something may be shown.

    Attributes:
        a_week: Most memories in seven days.
        days: The days of that week.
        half_life_days: After so many days a memory that was shown is half as fresh as one that never was.
        stale: What is less fresh is not shown at all, however good it is.
        same_kind: What a kind is worth each time that it was shown in this week already.
        shared: No two memories of one feed share a larger part of their photos.
    """

    a_week: int = 3
    days: int = 7
    half_life_days: float = 90.0
    stale: float = 0.5
    same_kind: float = 0.85
    shared: float = 0.5


RULES = FatigueRules()


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A memory that could be shown; `score` is 0..1."""

    memory_id: str
    kind: str
    score: float
    photo_ids: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Showing:
    """A memory that was shown on a day."""

    memory_id: str
    kind: str
    photo_ids: frozenset[str]
    on: date


def freshness(offer: Offer, shown: Sequence[Showing], on: date, rules: FatigueRules = RULES) -> float:
    """Return 1 for what was never shown, 0 for what was shown just now, in between by time and by shared photos."""
    worn = 0.0
    for each in shown:
        days = (on - each.on).days
        if days >= 0:
            same = 1.0 if each.memory_id == offer.memory_id else shares(offer.photo_ids, each.photo_ids)
            worn = max(worn, same * 0.5 ** (days / rules.half_life_days))
    return 1.0 - worn


def choose(offers: Sequence[Offer], shown: Sequence[Showing], on: date, rules: FatigueRules = RULES) -> list[int]:
    """Return which offers to show on a day, best first.

    What was shown on that very day stays, so that a feed that is opened twice is the same; what was shown on the six
    days before counts against the week. Offers of equal worth are taken in order of their id.

    Args:
        offers: What could be shown.
        shown: What was shown before; later days than `on` say nothing.
        on: The day.
        rules: How often something may be shown.
    """
    week = [each for each in shown if 0 <= (on - each.on).days < rules.days]
    before, today = [each for each in shown if each.on < on], {each.memory_id for each in week if each.on == on}
    # What was shown today and cannot be any more was seen all the same.
    gone = today - {offer.memory_id for offer in offers}
    room = rules.a_week - len({(each.memory_id, each.on) for each in week if each.on < on}) - len(gone)
    kinds = [each.kind for each in week if each.on < on]
    fresh = [freshness(offer, before, on, rules) for offer in offers]
    left = [i for i, offer in enumerate(offers) if offer.memory_id in today or fresh[i] >= rules.stale]
    chosen: list[int] = []

    def worth(i: int) -> tuple[bool, float, str]:
        offer = offers[i]
        value = offer.score * fresh[i] * rules.same_kind ** kinds.count(offer.kind)
        return offer.memory_id not in today, -value, offer.memory_id

    while left and len(chosen) < room:
        best = min(left, key=worth)
        chosen.append(best)
        kinds.append(offers[best].kind)
        left = [i for i in left if i != best and shares(offers[i].photo_ids, offers[best].photo_ids) <= rules.shared]
    return chosen

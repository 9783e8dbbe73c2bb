"""Memories: a few photos of something that mattered, with a title and the reason why they are shown.

Made from events and trips, not from dates alone: a day with three photos of a parking lot is no memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from daguerre.curation.columns import Ints
from daguerre.curation.composing import Composer, Idea
from daguerre.curation.exclusion_rules import NOTHING_EXCLUDED, ExclusionRules
from daguerre.curation.kinds.anniversaries import on_this_day, this_week
from daguerre.curation.kinds.best import best_of_months, best_of_years
from daguerre.curation.kinds.happenings import events, trips
from daguerre.curation.kinds.over_years import people_over_years, recurring_places, then_and_now
from daguerre.curation.kinds.themes import themes
from daguerre.curation.memory import RULES, Memory, MemoryRules, shares
from daguerre.curation.stock import Stock, stock_up
from daguerre.curation.timeline import Timeline

_KINDS: tuple[Callable[[Stock], list[Idea]], ...] = (
    on_this_day,
    this_week,
    trips,
    events,
    people_over_years,
    recurring_places,
    then_and_now,
    themes,
    best_of_months,
    best_of_years,
)


def make_memories(
    line: Timeline,
    equals: Ints,
    made_for: date,
    rules: MemoryRules = RULES,
    exclusions: ExclusionRules = NOTHING_EXCLUDED,
) -> list[Memory]:
    """Return the memories of one owner for one day, best first.

    No two of them share more than half of their photos: of two such the better one is kept. Raises
    UnknownLocaleError.

    Args:
        line: The owner's timeline.
        equals: `(n,)` group of duplicates of each photo of the timeline; photos alone have a number of their own.
        made_for: The day on which they are shown.
        rules: What is worth it.
        exclusions: What the owner does not want to be reminded of.
    """
    stock = stock_up(line, equals, made_for, rules, exclusions)
    if not len(stock.shown):
        return []
    composer, found = Composer(stock), []
    for kind in _KINDS:
        found += _best(composer, kind(stock), rules.of_kind)
    ranked = _apart(sorted(found, key=lambda each: (-each.score, each.key)), rules.shared)
    return [replace(memory, rank=place) for place, memory in enumerate(ranked, start=1)]


def _best(composer: Composer, ideas: list[Idea], most: int) -> list[Memory]:
    """Return the memories of the best ideas; the others are never composed, however many years there are."""
    found: list[Memory] = []
    for idea in sorted(ideas, key=lambda idea: (-idea.worth, idea.key)):
        if len(found) == most:
            break
        memory = composer.compose(idea)
        found += [memory] if memory else []
    return found


def _apart(ranked: list[Memory], shared: float) -> list[Memory]:
    kept: list[tuple[Memory, frozenset[object]]] = []
    for memory in ranked:
        rows: frozenset[object] = frozenset(memory.rows)
        if all(shares(rows, others) <= shared for _, others in kept):
            kept.append((memory, rows))
    return [memory for memory, _ in kept]

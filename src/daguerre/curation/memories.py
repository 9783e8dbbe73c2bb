"""Memories: a few photos of something that mattered, with a title and the reason why they are shown.

Made from events and trips, not from dates alone: a day with three photos of a parking lot is no memory.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from daguerre.curation.columns import Ints
from daguerre.curation.exclusion_rules import NOTHING_EXCLUDED, ExclusionRules
from daguerre.curation.memory import RULES, Memory, MemoryRules
from daguerre.curation.memory_kinds import best_of_months, on_this_day, trips
from daguerre.curation.stock import stock_up
from daguerre.curation.timeline import Timeline

_KINDS = (on_this_day, trips, best_of_months)


def make_memories(
    line: Timeline,
    equals: Ints,
    made_for: date,
    rules: MemoryRules = RULES,
    exclusions: ExclusionRules = NOTHING_EXCLUDED,
) -> list[Memory]:
    """Return the memories of one owner for one day, best first.

    Args:
        line: The owner's timeline.
        equals: `(n,)` group of duplicates of each photo of the timeline; photos alone have a number of their own.
        made_for: The day on which they are shown.
        rules: What is worth it.
        exclusions: What the owner does not want to be reminded of.
    """
    stock = stock_up(line, equals, made_for, rules, exclusions)
    found = [memory for kind in _KINDS for memory in sorted(kind(stock), key=_by_score)[: rules.of_kind]]
    ranked = sorted(found, key=_by_score)
    return [replace(memory, rank=place) for place, memory in enumerate(ranked, start=1)]


def _by_score(memory: Memory) -> tuple[float, str]:
    return -memory.score, memory.key

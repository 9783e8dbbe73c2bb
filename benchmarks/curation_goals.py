"""What is asked of a task of curation, and what was reached in one stratum of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What is asked of a task.

    Attributes:
        task, measure: What is done, and how it is judged.
        baseline: The common rule that is measured beside it.
        floor, aim: Of `measure`, or, when `of_gain`, of how far ours is above the baseline.
        at_most: Lower is better: the floor is a ceiling.
    """

    task: str
    measure: str
    baseline: str
    floor: float
    aim: float
    of_gain: bool = False
    at_most: bool = False


@dataclass(frozen=True, kw_only=True)
class Row:
    """One stratum of a task. `theirs` and `ours` hold one value per seed; a stratum that is only told has no floor."""

    goal: Goal
    stratum: str
    theirs: Sequence[float]
    ours: Sequence[float]
    asked: bool = True

    @property
    def reached(self) -> float:
        """Return what the floor and the aim are asked of."""
        ours = float(np.mean(self.ours))
        return ours - float(np.mean(self.theirs)) if self.goal.of_gain else ours

    @property
    def met(self) -> str:
        """Return `aim`, `floor`, `missed`, or nothing where nothing is asked."""
        if not self.asked:
            return ""
        sign = -1 if self.goal.at_most else 1
        if sign * self.reached >= sign * self.goal.aim - 1e-9:
            return "aim"
        return "floor" if sign * self.reached >= sign * self.goal.floor - 1e-9 else "missed"

"""Which of two people prefer, learnt from choices.

Bradley and Terry, Rank analysis of incomplete block designs, Biometrika 39, 1952: the log-odds that a is preferred to
b are the difference of their worths. Worth is a weighted sum of features, so learning it is a logistic regression on
differences of features, without an intercept; it has one optimum, which Newton's method finds in a few steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from daguerre.curation.columns import Floats

_STEPS = 50


@dataclass(frozen=True, kw_only=True)
class Preference:
    """What each feature is worth.

    Attributes:
        weight: By how much one unit of the feature moves the log-odds of being preferred.
        unit: What frames of one group usually differ by in this feature.
    """

    weight: dict[str, float]
    unit: dict[str, float]

    def parts(self, features: dict[str, Floats]) -> dict[str, Floats]:
        """Return what each feature adds to the worth of each member of a group, against the group's mean.

        A value that is missing (NaN) counts as the mean of the others.
        """
        return {name: weight * centred(features[name]) / self.unit[name] for name, weight in self.weight.items()}

    def worth(self, features: dict[str, Floats]) -> Floats:
        """Return the worth of each member, to be compared inside the group only: `(n,) float64`."""
        return np.sum(list(self.parts(features).values()), axis=0)


def learn(
    groups: Sequence[dict[str, Floats]], choices: Sequence[Sequence[tuple[int, int]]], *, penalty: float = 0.001
) -> Preference:
    """Learn weights from groups of members and what was preferred to what in each of them.

    Args:
        groups: The features of the members of each group.
        choices: For each group, pairs (preferred, other) of its members.
        penalty: Strength of the ridge, per choice; keeps weights finite when features separate all choices.
    """
    names = list(groups[0])
    unit = {name: _usual_spread([group[name] for group in groups]) for name in names}
    rows = [
        table[better] - table[worse]
        for group, pairs in zip(groups, choices, strict=True)
        if pairs
        for table in [np.stack([centred(group[name]) / unit[name] for name in names], axis=1)]
        for better, worse in pairs
    ]
    weight = _regress(np.array(rows), penalty)
    return Preference(weight=dict(zip(names, weight.tolist(), strict=True)), unit=unit)


def centred(values: Floats) -> Floats:
    """Return values minus their mean; 0 where one is missing."""
    known = ~np.isnan(values)
    return np.where(known, values - values[known].mean(), 0.0) if known.any() else np.zeros(len(values))


def _usual_spread(groups: Sequence[Floats]) -> float:
    """Return the standard deviation inside a group, over all groups where the feature was measured and differs."""
    variances = [float(np.nanvar(values)) for values in groups if not np.isnan(values).all()]
    varied = [variance for variance in variances if variance > 0]
    return float(np.sqrt(np.mean(varied))) if varied else 1.0


def _regress(differences: Floats, penalty: float) -> Floats:
    ridge = penalty * len(differences) * np.eye(differences.shape[1])
    weight = np.zeros(differences.shape[1])
    for _ in range(_STEPS):
        wrong = 1 / (1 + np.exp(np.clip(differences @ weight, -30, 30)))
        slope = differences.T @ wrong - ridge @ weight
        bend = (differences * (wrong * (1 - wrong))[:, None]).T @ differences + ridge
        step = np.linalg.solve(bend, slope)
        weight += step
        if np.abs(step).max() < 1e-8:
            break
    return weight

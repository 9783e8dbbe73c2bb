"""How much an owner is likely to care about each photo: a learnt sum of one curve per feature, and its reasons.

The model is boosted stumps (Friedman, Greedy function approximation: a gradient boosting machine, Annals of Statistics
29, 2001, with trees of one split): log-odds = base + a step function of each feature. It is stored as numbers, not as
a pickle, and every score falls apart into what each feature added. What it cannot say is that two features matter only
together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from daguerre.curation.columns import Bools, Floats, PhotoColumns
from daguerre.features.concepts import NOT_TO_REMEMBER

#: Says how good each photo is among its owner's: `(n,)` in 0..1.
Judge = Callable[[PhotoColumns], Floats]

#: Name of each feature, and of the column of a training frame in which it lies.
FEATURES = {
    "sharpness": "sharpness",
    "exposure": "exposure",
    "contrast": "contrast",
    "noise": "noise",
    "aesthetic": "aesthetic",
    "faces": "face_count",
    "face_area": "largest_face_area",
    "face_quality": "face_quality",
    "document": "top_concept",
    "views": "views_28d",
    "favorites": "favorites_28d",
}
#: Counts of things that people do: nothing counted is 0, not unknown.
_COUNTED = ("views", "favorites")
_WORDS = {
    "sharpness": "it is sharp",
    "exposure": "its light is good",
    "contrast": "its contrast is good",
    "noise": "it has little noise",
    "aesthetic": "it is well made",
    "faces": "there are people in it",
    "face_area": "a face is large in it",
    "face_quality": "a face is sharp in it",
    "document": "it is no document",
    "views": "you looked at it lately",
    "favorites": "you liked it lately",
}


@dataclass(frozen=True, kw_only=True)
class Stump:
    """What a feature adds to the log-odds: `below` up to `at`, included, and `above` from there on."""

    feature: str
    at: float
    below: float
    above: float


@dataclass(frozen=True, kw_only=True)
class Ranker:
    """A learnt judgement; `usual` is what stands for a value that is missing."""

    base: float
    usual: dict[str, float]
    stumps: tuple[Stump, ...]

    def parts(self, features: Floats) -> Floats:
        """Return what each feature adds to the log-odds: `(n, f)` of `(n, f)` in the order of `FEATURES`."""
        known = self._filled(features)
        by_feature: dict[str, list[Stump]] = defaultdict(list)
        for stump in self.stumps:
            by_feature[stump.feature].append(stump)
        parts = np.zeros(known.shape)
        for column, name in enumerate(FEATURES):
            for stump in by_feature[name]:
                parts[:, column] += np.where(known[:, column] <= np.float32(stump.at), stump.below, stump.above)
        return parts

    def log_odds(self, features: Floats) -> Floats:
        """Return the log-odds that the owner cares: `(n,)`."""
        return self.base + self.parts(features).sum(axis=1)

    def judge(self, columns: PhotoColumns) -> Floats:
        """Return the rank of each photo among these, 0..1, ties at their middle: comparable with `appeal`."""
        worth = self.log_odds(features_of(columns))
        known = np.sort(worth)
        return (np.searchsorted(known, worth, "left") + np.searchsorted(known, worth, "right")) / (
            2 * max(len(known), 1)
        )

    def reasons(self, columns: PhotoColumns, row: int, *, most: int = 2) -> tuple[str, ...]:
        """Say what speaks for a photo, strongest first, against the mean of these photos."""
        parts = self.parts(features_of(columns))
        better = parts[row] - parts.mean(axis=0)
        names = list(FEATURES)
        return tuple(_WORDS[names[i]] for i in np.argsort(-better, kind="stable")[:most] if better[i] > 0)

    def to_json(self) -> dict[str, Any]:
        """Return the model as plain data."""
        return {
            "base": self.base,
            "usual": self.usual,
            "stumps": [[stump.feature, stump.at, stump.below, stump.above] for stump in self.stumps],
        }

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Ranker:
        """Read what `to_json` wrote."""
        stumps = tuple(Stump(feature=f, at=at, below=below, above=above) for f, at, below, above in told["stumps"])
        return cls(base=told["base"], usual=told["usual"], stumps=stumps)

    def _filled(self, features: Floats) -> Floats:
        usual = np.array([self.usual[name] for name in FEATURES])
        return np.where(np.isnan(features), usual, features).astype(np.float32).astype(np.float64)


def learn_ranker(features: Floats, liked: Bools, *, seed: int = 0) -> Ranker:
    """Learn from `(n, f)` features and what was liked; both answers must occur."""
    from sklearn.ensemble import GradientBoostingClassifier

    usual = {
        name: 0.0 if np.isnan(column).all() else float(np.nanmedian(column))
        for name, column in zip(FEATURES, features.T, strict=True)
    }
    empty = Ranker(base=0.0, usual=usual, stumps=())
    model = GradientBoostingClassifier(
        n_estimators=150,
        learning_rate=0.1,
        max_depth=1,
        subsample=0.7,
        min_samples_leaf=max(5, len(liked) // 200),
        random_state=seed,
    ).fit(empty._filled(features), liked)
    names, stumps = list(FEATURES), []
    for tree in (stage[0].tree_ for stage in model.estimators_):
        if tree.node_count == 3:  # a tree of one node found nothing to split
            below, above = (float(model.learning_rate * tree.value[leaf, 0, 0]) for leaf in (1, 2))
            stumps.append(Stump(feature=names[tree.feature[0]], at=float(tree.threshold[0]), below=below, above=above))
    share = liked.mean()
    return Ranker(base=float(np.log(share / (1 - share))), usual=usual, stumps=tuple(stumps))


def features_of(columns: PhotoColumns) -> Floats:
    """Return the features of a library as it is now: `(n, f) float64`, NaN where unknown."""
    return np.stack([getattr(columns, name) for name in FEATURES], axis=1).astype(np.float64)


def features_at(frame: pa.Table) -> Floats:
    """Return the features of a training frame: `(n, f) float64`, NaN where nothing was known at a row's time."""
    return np.stack([_column(frame, name, source) for name, source in FEATURES.items()], axis=1)


def _column(frame: pa.Table, name: str, source: str) -> Floats:
    if name == "document":
        words = frame[source].to_pylist()
        return np.array([np.nan if not word else float(word in NOT_TO_REMEMBER) for word in words], np.float64)
    missing = 0.0 if name in _COUNTED else float("nan")
    return pc.fill_null(frame[source].cast(pa.float64()), missing).to_numpy()

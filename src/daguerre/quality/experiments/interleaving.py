"""Two rankings in one list: people choose between them without knowing it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from daguerre.quality.experiments.bootstrap import Interval, cluster_interval
from daguerre.quality.experiments.judge import PairedValues

Team = Literal["production", "candidate"]
_PRODUCTION_FIRST: tuple[Team, Team] = ("production", "candidate")
_CANDIDATE_FIRST: tuple[Team, Team] = ("candidate", "production")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What one person is shown: photo ids, best first, and which side chose each."""

    shown: tuple[str, ...]
    teams: tuple[Team, ...]


@dataclass(frozen=True, kw_only=True)
class Impression:
    """One drafted list that somebody looked at. `clicked`: ids among those shown."""

    visit: str
    person: str
    query: str
    draft: Draft
    clicked: Collection[str]


def team_draft(production: Sequence[str], candidate: Sequence[str], *, k: int, r: np.random.Generator) -> Draft:
    """Let both sides choose in turn, like captains choose players, until k photos are shown.

    In each round a coin decides who chooses first, and each takes the best of its list that is not taken yet
    (Radlinski, Kurup, Joachims 2008, "How does clickthrough data reflect retrieval quality?"). A side that has nothing
    left lets the other one fill up.
    """
    left: dict[Team, Iterator[str]] = {"production": iter(production), "candidate": iter(candidate)}
    chosen: dict[str, Team] = {}
    for candidate_first in r.integers(2, size=k).tolist():
        for team in _CANDIDATE_FIRST if candidate_first else _PRODUCTION_FIRST:
            best = next((photo for photo in left[team] if photo not in chosen), None)
            if best is not None and len(chosen) < k:
                chosen[best] = team
    return Draft(shown=tuple(chosen), teams=tuple(chosen.values()))


def credit(draft: Draft, clicked: Collection[str]) -> int:
    """Return 1 when the candidate's photos got more clicks, -1 when production's did, else 0."""
    clicks = [team for photo, team in zip(draft.shown, draft.teams, strict=True) if photo in clicked]
    won = 2 * clicks.count("candidate") - len(clicks)
    return (won > 0) - (won < 0)


def preference_interval(credits: Sequence[int], clusters: Sequence[str], *, alpha: float, seed: int = 0) -> Interval:
    """Return the interval of the share of lists that the candidate won minus the share that production won.

    Whole clusters are resampled (as in the lists of one person); at least two lists.
    """
    return cluster_interval(np.asarray(credits, np.float64), clusters, alpha=alpha, seed=seed)


def preference_values(impressions: Iterable[Impression]) -> PairedValues:
    """Return, per list, a 1 for the side that won it: what `judge` reads as the metric of an interleaving.

    The mean difference is the one of `preference_interval`; a list without a click, or with a tie, counts for neither.
    """
    seen = list(impressions)
    won = np.array([credit(one.draft, one.clicked) for one in seen], np.float64)
    return PairedValues(
        query_ids=[one.visit for one in seen],
        clusters=[one.person for one in seen],
        production=np.maximum(-won, 0.0),
        candidate=np.maximum(won, 0.0),
        slices={"query": [one.query for one in seen]},
    )

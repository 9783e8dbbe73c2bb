"""Simulated people who search: what they click is led by preferences that are known.

Somebody reads a list from the top, goes on to the next place with a chance that is theirs (their patience), clicks a
right photo that they see most of the time and a wrong one now and then. So the better of two rankings is known without
asking anyone: `expected_clicks` says it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from daguerre.library.seeding import rng

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class People:
    """Some people; all arrays are `(people,) float64`.

    Attributes:
        activity: Searches that each makes in a period, on average; a few make most of them.
        keenness: Chance to click a right photo that they see.
        slips: Chance to click a wrong one that they see.
        patience: Chance to look at the next place too.
    """

    seed: int
    ids: tuple[str, ...]
    activity: Numbers
    keenness: Numbers
    slips: Numbers
    patience: Numbers

    def visits(self, period: str, queries: int) -> Visits:
        """Return the searches of one period, person by person; everybody asks any of so many queries."""
        r = rng(self.seed, "visits", period)
        person = np.repeat(np.arange(len(self.ids)), r.poisson(self.activity))
        return Visits(period=period, person=person, query=r.integers(queries, size=len(person)))

    def clicks(self, visits: Visits, right: Flags) -> Flags:
        """Return what people click.

        Args:
            right: `(visits, places) bool`, whether what is shown there is right.

        Returns:
            `(visits, places) bool`.
        """
        r = rng(self.seed, "clicks", visits.period)
        at = visits.person
        seen = np.arange(right.shape[1]) < r.geometric(1 - self.patience[at])[:, None]
        chance = np.where(right, self.keenness[at, None], self.slips[at, None])
        return seen & (r.random(right.shape) < chance)

    def expected_clicks(self, right: Flags) -> float:
        """Return the clicks that a list gets on average over searches, in the long run.

        Args:
            right: `(places,) bool`, or the chance of each place to be right.
        """
        places = np.arange(len(right))
        seen = self.patience[:, None] ** places
        clicks = (seen * (self.slips[:, None] + (self.keenness - self.slips)[:, None] * right)).sum(axis=1)
        return float(np.average(clicks, weights=self.activity))


@dataclass(frozen=True, kw_only=True)
class Visits:
    """Searches: `(visits,)` the number of the person and that of the query; `period` names them."""

    period: str
    person: npt.NDArray[np.int64]
    query: npt.NDArray[np.int64]


def people(seed: int, count: int, *, activity: float = 4.0) -> People:
    """Return people whose habits spread as they do among us."""
    r = rng(seed, "people")
    return People(
        seed=seed,
        ids=tuple(f"person-{number:05d}" for number in range(count)),
        activity=r.gamma(1.5, activity / 1.5, count),
        keenness=r.beta(12, 8, count),
        slips=r.beta(1, 24, count),
        patience=r.beta(17, 3, count),
    )


def interactions(
    some: People,
    visits: Visits,
    shown: Sequence[Sequence[str]],
    queries: Sequence[str],
    relevant: Mapping[str, Collection[str]],
) -> Iterator[dict[str, Any]]:
    """Yield one row of the log per visit: `visit`, `person`, `query`, `shown` and `clicked` (photo ids, best first).

    Args:
        shown: What each visit shows, best first.
        queries: Ids of the queries, by number.
        relevant: What answers each query.
    """
    places = max((len(photos) for photos in shown), default=0)
    right = np.zeros((len(shown), places), np.bool_)
    there = np.zeros_like(right)
    asked = [queries[number] for number in visits.query.tolist()]
    for row, (query, photos) in enumerate(zip(asked, shown, strict=True)):
        right[row, : len(photos)] = [photo in relevant[query] for photo in photos]
        there[row, : len(photos)] = True
    clicked = some.clicks(visits, right) & there
    for row, (query, photos) in enumerate(zip(asked, shown, strict=True)):
        yield {
            "visit": f"{visits.period}-{row:06d}",
            "person": some.ids[int(visits.person[row])],
            "query": query,
            "shown": list(photos),
            "clicked": [photos[place] for place in np.flatnonzero(clicked[row]).tolist()],
        }

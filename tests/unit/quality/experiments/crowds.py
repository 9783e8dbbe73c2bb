"""Simulated rankings of known quality, and what simulated people do with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from daguerre.library.people import People, interactions, people
from daguerre.quality.experiments.ab import Arm, ArmValues
from daguerre.quality.experiments.interleaving import Impression, team_draft
from daguerre.quality.experiments.split import sees_candidate

PLACES, PHOTOS, RIGHT = 10, 30, 6


def ranked(r: np.random.Generator, queries: int, lift: float) -> list[list[str]]:
    """Rank photos, the first `RIGHT` of them right, by a score that lifts these by so many standard deviations."""
    score = r.normal(size=(queries, PHOTOS)) + lift * (np.arange(PHOTOS) < RIGHT)
    return [[f"{photo}" for photo in row] for row in np.argsort(-score, axis=1)[:, :PLACES].tolist()]


def interleaved(
    r: np.random.Generator, *, production: float, candidate: float, persons: int = 50, activity: float = 6.0
) -> list[Impression]:
    """Let people choose between two rankings; every search asks something new, so equal lifts mean no effect at all."""
    crowd = people(int(r.integers(2**31)), persons, activity=activity)
    visits = crowd.visits("interleaved", 1)
    old, new = ranked(r, len(visits.person), production), ranked(r, len(visits.person), candidate)
    drafts = [team_draft(a, b, k=PLACES, r=r) for a, b in zip(old, new, strict=True)]
    relevant = {"anything": frozenset(str(photo) for photo in range(RIGHT))}
    log = interactions(crowd, visits, [draft.shown for draft in drafts], ["anything"], relevant)
    return [
        Impression(
            visit=row["visit"], person=row["person"], query=row["query"], draft=draft, clicked=frozenset(row["clicked"])
        )
        for row, draft in zip(log, drafts, strict=True)
    ]


def chances(lift: float) -> npt.NDArray[np.float64]:
    """Return the chance of each place to hold a right photo; `lift` raises all of them by this share."""
    return 0.5 * 0.85 ** np.arange(PLACES) * (1 + lift)


def arms(r: np.random.Generator, lift: float, *, persons: int = 2000, looks: int = 1) -> Iterator[ArmValues]:
    """Yield the clicks per search of both arms after each look at an A/B experiment, with what was known before."""
    crowd = people(int(r.integers(2**31)), persons)
    name = f"experiment-{crowd.seed}"
    new = np.array([sees_candidate(name, person, 0.5) for person in crowd.ids])
    before, searched = _period(crowd, r, "before", np.zeros(persons, np.bool_), lift)
    part = replace(crowd, activity=crowd.activity / looks)
    usual = before.sum() / searched.sum()
    clicks, searches = np.zeros(persons), np.zeros(persons)
    for look in range(looks):
        more, asked = _period(part, r, f"during-{look}", new, lift)
        clicks, searches = clicks + more, searches + asked
        sides = [(new == side) & (searches > 0) for side in (False, True)]
        old_arm, new_arm = (
            Arm(total=clicks[at], per=searches[at], before=(before - usual * searched)[at]) for at in sides
        )
        yield ArmValues(production=old_arm, candidate=new_arm)


def _period(
    crowd: People, r: np.random.Generator, name: str, new: npt.NDArray[np.bool_], lift: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    visits = crowd.visits(name, 1)
    chance = np.where(new[visits.person][:, None], chances(lift), chances(0.0))
    clicks = crowd.clicks(visits, r.random(chance.shape) < chance).sum(axis=1)
    count = len(crowd.ids)
    return np.bincount(visits.person, clicks, count), np.bincount(visits.person, minlength=count).astype(np.float64)

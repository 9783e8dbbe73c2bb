"""Simulated people use two releases: the answers are real, the people are not, so that the better side is known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from daguerre.library.people import People, Visits, interactions, people
from daguerre.library.seeding import rng
from daguerre.lifecycle.experimenting import fill, open_side
from daguerre.quality.experiments.interleaving import team_draft
from daguerre.quality.experiments.measuring import SHOWN
from daguerre.quality.experiments.records import ExperimentError
from daguerre.quality.experiments.spec import ExperimentSpec
from daguerre.quality.experiments.split import sees_candidate
from daguerre.quality.queries import GoldenQuery, find_in_source, load_queries
from daguerre.stages.experiment_asking import Opened, ask_one
from daguerre.stages.log_contest import Log
from daguerre.workspace import Workspace

#: What a side shows to each query, best first.
_Lists = Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class SimulatedUse:
    """A log, and the truth behind it.

    Attributes:
        truth: Clicks per search that each side's lists get in the long run.
    """

    log: Log
    truth: Mapping[str, float]


def simulate_use(ws: Workspace, spec: ExperimentSpec, *, persons: int, activity: float, seed: int) -> SimulatedUse:
    """Let people search with the golden queries and click on what both sides of a spec really answer.

    For kind `interleaving` each sees drafted lists; for kind `ab` production's before, and one side's during the
    experiment, as the spec splits.

    Args:
        activity: Searches of a person in a period, on average.

    Raises:
        ExperimentError: the spec needs no people, or there are no golden queries with an answer.
        MoveError, SnapshotNotFoundError, ServerMissingError, ...: a side cannot be opened.
    """
    if spec.kind == "offline":
        raise ExperimentError(f"{spec.name} is of kind offline", fix="People decide kind interleaving and kind ab.")
    queries = [query for query in load_queries(ws) or load_queries(ws, find_in_source(ws)) if query.answerable]
    if not queries:
        raise ExperimentError(
            "no golden query has an answer here", fix="`daguerre library make` makes a library of them."
        )
    filled = fill(ws, spec)
    lists = {name: _lists(ws, filled, name, queries) for name in ("production", "candidate")}
    crowd = people(seed, persons, activity=activity)
    truth = {name: _truth(crowd, queries, shown) for name, shown in lists.items()}
    log = _drafted(crowd, queries, lists) if spec.kind == "interleaving" else _split(crowd, queries, lists, filled)
    return SimulatedUse(log=log, truth=truth)


def _lists(ws: Workspace, spec: ExperimentSpec, name: str, queries: Sequence[GoldenQuery]) -> _Lists:
    with open_side(ws, getattr(spec, name)) as service:
        asked = ask_one(Opened(service=service), queries)
    return {query: [photo for photo, _ in one.answer[:SHOWN]] for query, one in asked.items()}


def _truth(crowd: People, queries: Sequence[GoldenQuery], lists: _Lists) -> float:
    right = [np.array([photo in query.relevant for photo in lists[query.id]], np.bool_) for query in queries]
    return sum(crowd.expected_clicks(one) for one in right) / len(queries)


def _drafted(crowd: People, queries: Sequence[GoldenQuery], lists: Mapping[str, _Lists]) -> Log:
    visits, r = crowd.visits("during", len(queries)), rng(crowd.seed, "drafts")
    asked = [queries[number].id for number in visits.query.tolist()]
    drafts = [team_draft(lists["production"][name], lists["candidate"][name], k=SHOWN, r=r) for name in asked]
    rows = _rows(crowd, visits, queries, [draft.shown for draft in drafts])
    teams = [{"teams": list(draft.teams)} for draft in drafts]
    return Log(during=_lines(rows, teams))


def _split(crowd: People, queries: Sequence[GoldenQuery], lists: Mapping[str, _Lists], spec: ExperimentSpec) -> Log:
    new = [sees_candidate(spec.name, person, spec.split) for person in crowd.ids]
    logs = {}
    for period in ("before", "during"):
        visits = crowd.visits(period, len(queries))
        sides = [
            "candidate" if period == "during" and new[person] else "production" for person in visits.person.tolist()
        ]
        asked = zip(sides, visits.query.tolist(), strict=True)
        rows = _rows(crowd, visits, queries, [lists[side][queries[number].id] for side, number in asked])
        logs[period] = _lines(rows, [{"side": side if period == "during" else ""} for side in sides])
    return Log(during=logs["during"], before=logs["before"])


def _rows(
    crowd: People, visits: Visits, queries: Sequence[GoldenQuery], shown: Sequence[Sequence[str]]
) -> Iterable[dict[str, Any]]:
    relevant = {query.id: query.relevant for query in queries}
    return interactions(crowd, visits, shown, [query.id for query in queries], relevant)


def _lines(rows: Iterable[dict[str, Any]], more: Sequence[Mapping[str, Any]]) -> bytes:
    both = zip(rows, more, strict=True)
    return "".join(json.dumps(row | dict(known), sort_keys=True) + "\n" for row, known in both).encode()

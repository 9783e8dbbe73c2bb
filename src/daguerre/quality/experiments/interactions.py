"""What people did with the lists that they were shown, as it is logged, and what an experiment reads from it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from daguerre.errors import DaguerreError
from daguerre.quality.experiments.ab import Arm, ArmValues
from daguerre.quality.experiments.interleaving import Draft, Impression, Team, preference_values
from daguerre.quality.experiments.judge import Values
from daguerre.quality.experiments.spec import ExperimentSpec
from daguerre.quality.experiments.validity import Validity

#: What can be read from a log, by kind of experiment: all are per search of a person.
METRICS = {
    "interleaving": {"preference": "1 for the side whose photos of a drafted list got more clicks"},
    "ab": {"clicks": "clicks per search", "abandoned": "share of searches without a click"},
}
_SIDES: tuple[Team, Team] = ("production", "candidate")


class InteractionError(DaguerreError):
    """A log of interactions cannot be read."""

    exit_code = 2


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """One list that somebody was shown: photo ids, best first, and which of them were clicked.

    Attributes:
        side: Whose list it was, for an A/B experiment; empty before one began.
        teams: Which side chose each photo, for a drafted list.
    """

    visit: str
    person: str
    query: str
    shown: tuple[str, ...]
    clicked: frozenset[str]
    side: Team | None = None
    teams: tuple[Team, ...] = ()

    @staticmethod
    def of(row: Mapping[str, Any]) -> Interaction:
        """Read one row of the log; a click on what was not shown does not count.

        Raises:
            InteractionError: a column is missing, or holds what it cannot.
        """
        try:
            shown, teams, side = tuple(row["shown"]), tuple(row.get("teams") or ()), row.get("side") or None
            clicked = frozenset(row["clicked"]) & frozenset(shown)
            names = {name: str(row[name]) for name in ("visit", "person", "query")}
        except (KeyError, TypeError) as e:
            raise InteractionError(f"{e!r} in {dict(row)}") from e
        if not {*teams, *([side] if side else [])} <= {*_SIDES} or (teams and len(teams) != len(shown)):
            raise InteractionError(
                f"visit {names['visit']}: side {side!r}, {len(shown)} photos of teams {', '.join(map(str, teams))}",
                fix=f"Sides and teams are {' and '.join(_SIDES)}, one team per photo.",
            )
        return Interaction(**names, shown=shown, clicked=clicked, side=side, teams=teams)


def read_log(data: bytes) -> list[Interaction]:
    """Read a log of JSON lines. Raises InteractionError: names the line that cannot be read."""
    found = []
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as e:
            raise InteractionError(f"line {number}: {e}") from e
        if not isinstance(row, dict):
            raise InteractionError(f"line {number} is no object")
        found.append(Interaction.of(row))
    return found


def evidence_of(
    spec: ExperimentSpec, log: Iterable[Interaction], *, before: Iterable[Interaction] = ()
) -> tuple[Values, Validity]:
    """Return what `judge` reads: the values of every metric in `METRICS` of the spec's kind, and what the log is worth.

    Args:
        before: What the same people did before an A/B experiment began; it narrows the intervals.

    Raises:
        InteractionError: the spec asks for no log, or for what no log holds.
    """
    if spec.kind not in METRICS:
        raise InteractionError(f"{spec.name} is of kind {spec.kind}", fix="Interleaving and A/B experiments read logs.")
    if unknown := sorted({metric.name for metric in spec.metrics} - {*METRICS[spec.kind]}):
        raise InteractionError(f"no {', '.join(unknown)}", fix=f"A log holds {', '.join(METRICS[spec.kind])}.")
    return _drafted(list(log)) if spec.kind == "interleaving" else _in_arms(list(log), list(before))


def _drafted(seen: Sequence[Interaction]) -> tuple[Values, Validity]:
    drafted = [one for one in seen if one.teams]
    impressions = [
        Impression(
            visit=one.visit,
            person=one.person,
            query=one.query,
            draft=Draft(shown=one.shown, teams=one.teams),
            clicked=one.clicked,
        )
        for one in drafted
    ]
    return {"preference": preference_values(impressions)}, Validity(
        asked=len(seen), lost_pairs=len(seen) - len(drafted), problems=_repeated(seen)
    )


def _in_arms(seen: Sequence[Interaction], before: Sequence[Interaction]) -> tuple[Values, Validity]:
    people: dict[Team, set[str]] = {side: {one.person for one in seen if one.side == side} for side in _SIDES}
    problems = list(_repeated(seen))
    if both := people["production"] & people["candidate"]:
        problems.append(f"{len(both)} people saw both sides, so neither can be told from the other")
    known = habits(before)
    sides = {side: habits([one for one in seen if one.side == side]) for side in _SIDES}
    values = {
        name: ArmValues(
            production=_arm(sides["production"], known, column), candidate=_arm(sides["candidate"], known, column)
        )
        for name, column in COLUMNS.items()
    }
    lost = sum(one.side is None for one in seen)
    split = (len(people["production"]), len(people["candidate"]))
    return values, Validity(asked=len(seen), lost_pairs=lost, split=split, problems=tuple(problems))


def _repeated(seen: Sequence[Interaction]) -> tuple[str, ...]:
    twice = len(seen) - len({one.visit for one in seen})
    return (f"{twice} visits stand in the log more than once",) if twice else ()


#: Metric of an A/B experiment -> its place in the habits.
COLUMNS = {"clicks": 1, "abandoned": 2}
#: Searches, clicks and searches without a click of a person.
Habits = Mapping[str, tuple[float, float, float]]


def habits(log: Iterable[Interaction]) -> Habits:
    """Return searches, clicks and searches without a click by person, in order of name."""
    found: dict[str, tuple[float, float, float]] = defaultdict(lambda: (0.0, 0.0, 0.0))
    for one in log:
        searches, clicks, abandoned = found[one.person]
        found[one.person] = (searches + 1, clicks + len(one.clicked), abandoned + (not one.clicked))
    return dict(sorted(found.items()))


def _arm(side: Habits, before: Habits, column: int) -> Arm:
    """Return one arm; somebody who did not search before counts as the average of those who did."""
    searches = sum(habit[0] for habit in before.values())
    usual = sum(habit[column] for habit in before.values()) / searches if searches else 0.0
    none = (0.0, 0.0, 0.0)
    earlier = [before.get(person, none) for person in side]
    return Arm(
        total=np.array([habit[column] for habit in side.values()], np.float64),
        per=np.array([habit[0] for habit in side.values()], np.float64),
        # What a person did beyond what so many searches usually bring.
        before=np.array([habit[column] - usual * habit[0] for habit in earlier], np.float64),
    )

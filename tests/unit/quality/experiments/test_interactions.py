from __future__ import annotations

from daguerre.library.people import interactions, people
from daguerre.quality.experiments.ab import ratio_interval
from daguerre.quality.experiments.interactions import Interaction, clicks_per_search, habits
from daguerre.quality.experiments.split import sees_candidate

RELEVANT = {"cat": {"a", "b"}, "dog": {"c"}}
OLD = {"cat": ["x", "a", "y", "b"], "dog": ["x", "y", "z", "c"]}
NEW = {"cat": ["a", "b", "x", "y"], "dog": ["c", "x", "y", "z"]}


def test_a_click_on_what_was_not_shown_does_not_count() -> None:
    row = {"visit": "1", "person": "ada", "query": "cat", "shown": ["a"], "clicked": ["a", "b"]}
    assert Interaction.of(row).clicked == {"a"}


def test_from_the_log_to_the_interval() -> None:
    crowd = people(5, 800)

    def log(period: str, *, experiment: bool) -> list[Interaction]:
        visits = crowd.visits(period, 2)
        shown = []
        for person, query in zip(visits.person.tolist(), visits.query.tolist(), strict=True):
            new = experiment and sees_candidate("order", crowd.ids[person], 0.5)
            shown.append((NEW if new else OLD)[("cat", "dog")[query]])
        return [Interaction.of(row) for row in interactions(crowd, visits, shown, ("cat", "dog"), RELEVANT)]

    before, during = habits(log("before", experiment=False)), habits(log("during", experiment=True))
    new = {person: one for person, one in during.items() if sees_candidate("order", person, 0.5)}
    old = {person: one for person, one in during.items() if person not in new}
    values = clicks_per_search(old, new, before=before)
    found = ratio_interval(values, alpha=0.05)

    def truth(side: dict[str, list[str]]) -> float:
        lists = [[photo in RELEVANT[query] for photo in shown] for query, shown in side.items()]
        return sum(crowd.expected_clicks(right) for right in lists) / 2  # type: ignore[arg-type]

    assert found.low > 0
    assert found.low < truth(NEW) - truth(OLD) < found.high


def test_somebody_new_counts_as_the_average() -> None:
    before = habits([Interaction(visit="1", person="ada", query="q", shown=("a",), clicked=frozenset("a"))])
    during = {"ada": before["ada"], "bob": before["ada"]}
    values = clicks_per_search(during, during, before=before)
    assert values.production.before is not None
    assert values.production.before.tolist() == [0.0, 0.0]

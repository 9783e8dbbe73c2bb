from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from daguerre.library.people import People, interactions, people
from daguerre.quality.experiments.ab import ratio_interval
from daguerre.quality.experiments.decision import Verdict, decide
from daguerre.quality.experiments.interactions import METRICS, Interaction, InteractionError, evidence_of, read_log
from daguerre.quality.experiments.interleaving import team_draft
from daguerre.quality.experiments.judge import judge
from daguerre.quality.experiments.split import sees_candidate
from tests.unit.quality.experiments.worlds import spec

QUERIES = ("cat", "dog")
RELEVANT = {"cat": {"a", "b"}, "dog": {"c"}}
OLD = {"cat": ["x", "a", "y", "b"], "dog": ["x", "y", "z", "c"]}
NEW = {"cat": ["a", "b", "x", "y"], "dog": ["c", "x", "y", "z"]}
AB = spec(
    name="order",
    kind="ab",
    metrics=[
        {"name": "clicks", "role": "success", "mde": 0.05},
        {"name": "abandoned", "role": "guardrail", "better": "lower", "margin": 0.05},
    ],
)
PREFERENCE = spec(
    kind="interleaving", cluster="person", metrics=[{"name": "preference", "role": "success", "mde": 0.1}]
)


def served(crowd: People, period: str, *, experiment: bool) -> list[Interaction]:
    visits = crowd.visits(period, len(QUERIES))
    new = [experiment and sees_candidate(AB.name, crowd.ids[person], 0.5) for person in visits.person.tolist()]
    lists = zip(new, visits.query.tolist(), strict=True)
    shown = [(NEW if seen else OLD)[QUERIES[query]] for seen, query in lists]
    rows = interactions(crowd, visits, shown, QUERIES, RELEVANT)
    sides = ["candidate" if seen else "production" for seen in new] if experiment else [""] * len(new)
    return [Interaction.of(row | {"side": side}) for row, side in zip(rows, sides, strict=True)]


def drafted(crowd: People, new: dict[str, list[str]]) -> list[Interaction]:
    visits, r = crowd.visits("drafted", len(QUERIES)), np.random.default_rng(crowd.seed)
    drafts = [team_draft(OLD[QUERIES[q]], new[QUERIES[q]], k=4, r=r) for q in visits.query.tolist()]
    rows = interactions(crowd, visits, [draft.shown for draft in drafts], QUERIES, RELEVANT)
    return [Interaction.of(row | {"teams": draft.teams}) for row, draft in zip(rows, drafts, strict=True)]


def verdict_of(plain: Any, *evidence: Any) -> Verdict:
    return decide(plain, judge(plain, *evidence)).verdict


class TestAB:
    def test_from_the_log_to_the_verdict(self) -> None:
        crowd = people(5, 800)
        before, during = served(crowd, "before", experiment=False), served(crowd, "during", experiment=True)
        values, validity = evidence_of(AB, during, before=before)
        assert {*values} == {*METRICS["ab"]}
        assert verdict_of(AB, values, validity) is Verdict.PROMOTE
        found = ratio_interval(values["clicks"], alpha=0.001)  # type: ignore[arg-type]

        def truth(side: dict[str, list[str]]) -> float:
            right = [np.array([photo in RELEVANT[query] for photo in shown]) for query, shown in side.items()]
            return sum(crowd.expected_clicks(one) for one in right) / len(right)

        assert found.low < truth(NEW) - truth(OLD) < found.high

    def test_a_log_from_before_narrows_it(self) -> None:
        crowd = people(6, 400)
        before, during = served(crowd, "before", experiment=False), served(crowd, "during", experiment=True)
        plain, _ = evidence_of(AB, during)
        known, _ = evidence_of(AB, during, before=before)
        assert ratio_interval(known["clicks"], alpha=0.05).se < ratio_interval(plain["clicks"], alpha=0.05).se  # type: ignore[arg-type]

    def test_people_on_both_sides_make_it_worthless(self) -> None:
        during = served(people(5, 100), "during", experiment=True)
        moved = replace(during[0], visit="again", side="candidate" if during[0].side == "production" else "production")
        assert "1 people saw both sides" in evidence_of(AB, [*during, moved])[1].problems[0]

    def test_visits_of_no_side_are_lost(self) -> None:
        during = served(people(5, 100), "during", experiment=True)
        values, validity = evidence_of(AB, [replace(one, side=None) for one in during[:20]] + during[20:])
        assert validity.lost_pairs == 20
        assert verdict_of(AB, values, validity) is Verdict.INVALID

    def test_losing_one_side_s_log_is_a_broken_split(self) -> None:
        during = served(people(5, 800), "during", experiment=True)
        kept = [one for one in during if one.side == "production" or int(one.person[-1]) % 2]
        values, validity = evidence_of(AB, kept)
        assert verdict_of(AB, values, validity) is Verdict.INVALID

    def test_an_empty_log_is_worth_nothing(self) -> None:
        values, validity = evidence_of(AB, [])
        assert verdict_of(AB, values, validity) is Verdict.INVALID


class TestInterleaving:
    def test_from_the_log_to_the_verdict(self) -> None:
        assert verdict_of(PREFERENCE, *evidence_of(PREFERENCE, drafted(people(5, 60), NEW))) is Verdict.PROMOTE

    def test_equal_lists_are_mostly_held(self) -> None:
        found = [verdict_of(PREFERENCE, *evidence_of(PREFERENCE, drafted(people(n, 60), OLD))) for n in range(20)]
        assert found.count(Verdict.HOLD) >= 16

    def test_a_log_that_was_read_twice_is_worth_nothing(self) -> None:
        log = drafted(people(5, 60), NEW)
        assert verdict_of(PREFERENCE, *evidence_of(PREFERENCE, log + log)) is Verdict.INVALID

    def test_an_empty_log_is_worth_nothing(self) -> None:
        assert verdict_of(PREFERENCE, *evidence_of(PREFERENCE, [])) is Verdict.INVALID


ROW: dict[str, Any] = {"visit": "1", "person": "ada", "query": "cat", "shown": ["a"], "clicked": ["a", "b"]}


def test_a_click_on_what_was_not_shown_does_not_count() -> None:
    assert Interaction.of(ROW).clicked == {"a"}


@pytest.mark.parametrize("change", [{"side": "left"}, {"teams": ["production", "candidate"]}, {"shown": None}])
def test_a_row_that_cannot_be_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InteractionError):
        Interaction.of(ROW | change)


def test_an_offline_experiment_reads_no_log() -> None:
    with pytest.raises(InteractionError, match="kind offline"):
        evidence_of(spec(), [])


def test_a_metric_that_no_log_holds_is_refused() -> None:
    ndcg = spec(kind="interleaving", metrics=[{"name": "ndcg", "role": "success", "mde": 0.1}])
    with pytest.raises(InteractionError, match="A log holds preference"):
        evidence_of(ndcg, [])


def test_a_log_is_lines_of_json() -> None:
    data = "\n".join(["", json.dumps(ROW), json.dumps(ROW | {"visit": "2", "side": "candidate"})]).encode()
    assert [(one.visit, one.side) for one in read_log(data)] == [("1", None), ("2", "candidate")]


@pytest.mark.parametrize(("data", "said"), [(b"{}\n{", "shown"), (b"\n{", "line 2"), (b"[]", "line 1 is no object")])
def test_a_line_that_cannot_be_read_is_named(data: bytes, said: str) -> None:
    with pytest.raises(InteractionError, match=said):
        read_log(data)

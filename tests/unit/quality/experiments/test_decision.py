from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daguerre.quality.experiments.decision import Decision, Verdict, decide
from daguerre.quality.experiments.judge import PairedValues, judge
from daguerre.quality.experiments.validity import Validity
from tests.unit.quality.experiments.worlds import paired, spec

SPEC = spec()
PLAIN = spec(
    metrics=[
        {"name": "ndcg", "role": "success", "mde": 0.01},
        {"name": "recall", "role": "guardrail", "margin": 0.02},
    ]
)


def decision_on(values: dict[str, PairedValues], **validity: object) -> Decision:
    return decide(SPEC, judge(SPEC, values, replace(Validity(asked=800), **validity)))  # type: ignore[arg-type]


@pytest.fixture
def better() -> dict[str, PairedValues]:
    return paired(0.02, np.random.default_rng(1))


def test_a_better_candidate_is_promoted_with_its_numbers(better: dict[str, PairedValues]) -> None:
    found = decision_on(better)
    assert found.verdict is Verdict.PROMOTE
    assert found.reason.startswith("ndcg is surely better: +0.02")
    assert found.queries_needed is None


def test_few_owners_are_in_the_reason() -> None:
    found = decision_on(paired(0.03, np.random.default_rng(1), owners=3))
    assert found.verdict is Verdict.PROMOTE
    assert "this is about these alone" in found.reason


def test_a_slice_that_surely_lost_blocks_what_gained_over_all(better: dict[str, PairedValues]) -> None:
    ndcg = better["ndcg"]
    person = np.array([label == "person" for label in ndcg.slices["class"]])
    better["ndcg"] = replace(ndcg, candidate=np.where(person, ndcg.production - 0.06, ndcg.candidate + 0.04))
    found = decision_on(better)
    assert found.verdict is Verdict.BLOCK
    assert found.reason.startswith("ndcg [class=person] is surely worse")


def test_a_guardrail_that_surely_lost_more_than_its_margin_blocks(better: dict[str, PairedValues]) -> None:
    latency = better["latency_ms"]
    better["latency_ms"] = replace(latency, candidate=latency.production * 1.3)
    assert decision_on(better).verdict is Verdict.BLOCK


def test_a_guardrail_that_is_not_proven_holds_and_says_what_would_settle_it() -> None:
    values = paired(0.06, np.random.default_rng(1), queries=80)
    recall = values["recall_vs_exact"]
    swings = np.select([np.arange(80) % 10 == 0, np.arange(80) % 10 == 5], [-0.3, 0.3])
    values["recall_vs_exact"] = replace(recall, candidate=recall.production + swings)
    found = decision_on(values, asked=80)
    assert found.verdict is Verdict.HOLD
    assert "recall_vs_exact is not proven harmless" in found.reason
    assert found.queries_needed is not None
    assert f"About {found.queries_needed:,} queries would settle it, there were 80." in found.reason


def test_an_equal_candidate_holds_and_more_queries_are_no_help() -> None:
    found = decision_on(paired(0.0, np.random.default_rng(1), queries=3000))
    assert found.verdict is Verdict.HOLD
    assert found.queries_needed is None
    assert "more of them will hardly change this" in found.reason


def test_nothing_is_read_from_a_run_that_is_not_valid(better: dict[str, PairedValues]) -> None:
    found = decision_on(better, judged_share=0.5)
    assert found.verdict is Verdict.INVALID
    assert "50%" in found.reason


def test_a_diagnostic_metric_decides_nothing(better: dict[str, PairedValues]) -> None:
    shown = spec(metrics=[*(m.model_dump() for m in SPEC.metrics), {"name": "rank", "role": "diagnostic"}])
    awful = replace(better["ndcg"], candidate=better["ndcg"].production - 1)
    assert decide(shown, judge(shown, better | {"rank": awful}, Validity(asked=800))).verdict is Verdict.PROMOTE
    assert decide(shown, judge(shown, better, Validity(asked=800))).verdict is Verdict.PROMOTE


def small(deltas: list[float], recall: list[float]) -> dict[str, PairedValues]:
    n = len(deltas)
    ids = [str(i) for i in range(n)]

    def values(column: list[float]) -> PairedValues:
        return PairedValues(query_ids=ids, clusters=ids, production=np.full(n, 0.5), candidate=0.5 + np.array(column))

    return {"ndcg": values(deltas), "recall": values(recall)}


differences = st.lists(st.floats(-0.2, 0.25), min_size=12, max_size=12)
gains = st.lists(st.floats(0, 0.3), min_size=12, max_size=12)


@settings(max_examples=60, deadline=None)
@given(deltas=differences, recall=differences, more=gains, more_recall=gains)
def test_improving_answers_never_turns_a_promotion_into_a_block(
    deltas: list[float], recall: list[float], more: list[float], more_recall: list[float]
) -> None:
    lifted = [0.06 + 0.3 * d for d in deltas], [0.05 * d for d in recall]
    before = decide(PLAIN, judge(PLAIN, small(*lifted), Validity(asked=12)))
    improved = (
        [a + b for a, b in zip(lifted[0], more, strict=True)],
        [a + b for a, b in zip(lifted[1], more_recall, strict=True)],
    )
    after = decide(PLAIN, judge(PLAIN, small(*improved), Validity(asked=12)))
    if before.verdict is Verdict.PROMOTE:
        assert after.verdict in {Verdict.PROMOTE, Verdict.HOLD}


@settings(max_examples=60, deadline=None)
@given(deltas=differences, recall=differences, gain=st.floats(0, 0.3))
def test_the_same_gain_for_every_query_never_makes_the_verdict_worse(
    deltas: list[float], recall: list[float], gain: float
) -> None:
    order = [Verdict.BLOCK, Verdict.HOLD, Verdict.PROMOTE]
    before = decide(PLAIN, judge(PLAIN, small(deltas, recall), Validity(asked=12))).verdict
    raised = small([d + gain for d in deltas], [d + gain for d in recall])
    assert order.index(decide(PLAIN, judge(PLAIN, raised, Validity(asked=12))).verdict) >= order.index(before)


@settings(max_examples=40, deadline=None)
@given(
    deltas=differences,
    recall=differences,
    fault=st.sampled_from([{"judged_share": 0.1}, {"lost_pairs": 6}, {"asked": 0}, {"problems": ("it is broken",)}]),
)
def test_an_invalid_run_is_invalid_whatever_its_numbers(
    deltas: list[float], recall: list[float], fault: dict[str, object]
) -> None:
    seen = replace(Validity(asked=12), **fault)  # type: ignore[arg-type]
    assert decide(PLAIN, judge(PLAIN, small(deltas, recall), seen)).verdict is Verdict.INVALID


@settings(max_examples=40, deadline=None)
@given(deltas=differences, recall=differences)
def test_both_directions_are_treated_alike(deltas: list[float], recall: list[float]) -> None:
    """Turning the difference around and the direction of the metric changes nothing."""
    turned = spec(metrics=[m.model_dump() | {"better": "lower"} for m in PLAIN.metrics])
    mirrored = small([-d for d in deltas], [-d for d in recall])
    once = decide(PLAIN, judge(PLAIN, small(deltas, recall), Validity(asked=12)))
    again = decide(turned, judge(turned, mirrored, Validity(asked=12)))
    assert once.verdict is again.verdict

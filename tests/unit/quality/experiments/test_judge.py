from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from daguerre.quality.experiments.judge import Judgement, PairedValues, Row, judge
from daguerre.quality.experiments.validity import Validity
from daguerre.storage.canonical import canonical_json
from tests.unit.quality.experiments.worlds import paired, spec

SPEC = spec()


def judged(effect: float = 0.02, **validity: object) -> Judgement:
    seen = replace(Validity(asked=800), **validity)  # type: ignore[arg-type]
    return judge(SPEC, paired(effect, np.random.default_rng(1)), seen)


def row(found: Judgement, metric: str, part: str = "all") -> Row:
    return next(row for row in found.rows if (row.metric, row.slice) == (metric, part))


def test_every_metric_has_a_row_and_every_slice_of_it_too() -> None:
    assert [(row.metric, row.slice) for row in judged().rows] == [
        ("ndcg", "all"),
        *(("ndcg", f"class={name}") for name in ("colour", "object", "person", "place")),
        ("recall_vs_exact", "all"),
        ("latency_ms", "all"),
    ]


def test_slices_are_judged_at_a_corrected_level() -> None:
    found = judged()
    assert row(found, "ndcg").level == pytest.approx(0.95)
    assert row(found, "ndcg", "class=place").level == pytest.approx(1 - 0.05 / 4)


def test_several_success_metrics_share_the_chance_of_error() -> None:
    two = spec(metrics=[{"name": name, "role": "success", "mde": 0.01} for name in ("ndcg", "recall_vs_exact")])
    found = judge(two, paired(0.02, np.random.default_rng(1)), Validity(asked=800))
    assert {round(row.level, 4) for row in found.rows} == {0.975}


def test_less_is_an_improvement_where_less_is_better() -> None:
    values = paired(0.0, np.random.default_rng(1))
    slow = values["latency_ms"]
    values["latency_ms"] = replace(slow, candidate=slow.production * 1.3)
    found = row(judge(SPEC, values, Validity(asked=800)), "latency_ms")
    assert found.delta == pytest.approx(-0.3)
    assert found.status == "worse"
    assert found.said == "latency_ms is surely worse: -30.00% (-30.00% to -30.00%), accepted -10.00%"


def test_a_guardrail_that_is_surely_lower_but_inside_its_margin_holds() -> None:
    values = paired(0.0, np.random.default_rng(1))
    slow = values["latency_ms"]
    values["latency_ms"] = replace(slow, candidate=slow.production * 1.05)
    assert row(judge(SPEC, values, Validity(asked=800)), "latency_ms").status == "holds"


def test_an_unclear_row_says_how_many_queries_would_settle_it() -> None:
    found = row(judge(SPEC, paired(0.0, np.random.default_rng(1), queries=150), Validity(asked=150)), "ndcg")
    assert found.status == "unclear"
    assert found.detectable is not None
    assert found.needed == pytest.approx(150 * (found.detectable / 0.01) ** 2, abs=1)


def test_few_owners_are_said_to_be_few() -> None:
    values = paired(0.02, np.random.default_rng(1), owners=4)
    found = judge(SPEC, values, Validity(asked=800))
    assert "4 owners are too few" in row(found, "ndcg").caveat
    assert row(judged(), "ndcg").caveat == ""


def test_what_no_query_shows_may_still_be_there() -> None:
    values = paired(0.02, np.random.default_rng(1), queries=60)
    same = replace(values["recall_vs_exact"], candidate=values["recall_vs_exact"].production)
    found = row(judge(SPEC, values | {"recall_vs_exact": same}, Validity(asked=60)), "recall_vs_exact")
    assert found.status == "holds"
    assert found.caveat == "all 60 differ by the same; up to 5.0% of others may not"


def test_a_slice_of_a_handful_of_queries_says_nothing_and_breaks_nothing() -> None:
    values = paired(0.02, np.random.default_rng(1))
    labels = ["rare"] * 5 + ["common"] * 795
    found = judge(SPEC, values | {"ndcg": replace(values["ndcg"], slices={"class": labels})}, Validity(asked=800))
    assert row(found, "ndcg", "class=rare").status == "too few"
    assert found.faults == ()


class TestFaults:
    def test_a_good_run_has_none(self) -> None:
        assert judged().faults == ()

    @pytest.mark.parametrize(
        ("validity", "said"),
        [
            ({"lost_pairs": 9}, "9 of 800 queries have no answer on one side"),
            ({"judged_share": 0.7}, "only 70% of the results carry a judgement"),
            ({"judged_share": float("nan")}, "carry a judgement"),
            ({"asked": 0}, "no query was asked"),
            ({"problems": ("the golden queries changed meanwhile",)}, "the golden queries changed meanwhile"),
        ],
    )
    def test_what_was_seen_of_the_run(self, validity: dict[str, object], said: str) -> None:
        assert any(said in fault for fault in judged(**validity).faults)

    def test_a_few_lost_pairs_are_no_fault(self) -> None:
        assert judged(lost_pairs=8).faults == ()

    def test_a_metric_that_is_missing_or_not_sliced(self) -> None:
        values = paired(0.02, np.random.default_rng(1))
        del values["latency_ms"]
        values["ndcg"] = replace(values["ndcg"], slices={})
        found = judge(SPEC, values, Validity(asked=800))
        assert found.faults == ("ndcg was not measured by class", "latency_ms was not measured")

    def test_numbers_that_are_not_finite(self) -> None:
        values = paired(0.02, np.random.default_rng(1))
        candidate = values["ndcg"].candidate.copy()
        candidate[3] = np.nan
        values["ndcg"] = replace(values["ndcg"], candidate=candidate)
        assert "ndcg: 1 of 800 pairs are not finite" in judge(SPEC, values, Validity(asked=800)).faults

    def test_too_few_queries(self) -> None:
        values = paired(0.02, np.random.default_rng(1), queries=9, owners=3)
        assert "ndcg: 9 are too few, the least is 10" in judge(SPEC, values, Validity(asked=9)).faults

    def test_a_share_of_nothing(self) -> None:
        values = paired(0.02, np.random.default_rng(1))
        values["latency_ms"] = replace(values["latency_ms"], production=np.zeros(800))
        assert any("no share of them" in fault for fault in judge(SPEC, values, Validity(asked=800)).faults)

    def test_an_uncounted_or_broken_split(self) -> None:
        ab = spec(kind="ab", metrics=[{"name": "clicks", "role": "success", "mde": 0.01}])
        assert judge(ab, {}, Validity(asked=1)).faults[0] == "nobody counted how many people saw each side"
        broken = judge(ab, {}, Validity(asked=1, split=(5000, 5400)))
        assert "the assignment is broken" in broken.faults[0]
        assert judge(ab, {}, Validity(asked=1, split=(5000, 5100))).faults == ("clicks was not measured",)


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="not as many in candidate"):
        PairedValues(query_ids=["a"], clusters=["x"], production=np.zeros(1), candidate=np.zeros(2))


def test_rows_can_be_stored_as_they_are() -> None:
    values = paired(0.02, np.random.default_rng(1), queries=12, owners=3)
    found = judge(SPEC, values, Validity(asked=12))
    rows = json.loads(canonical_json([asdict(row) for row in found.rows]))
    assert rows[0]["metric"] == "ndcg"

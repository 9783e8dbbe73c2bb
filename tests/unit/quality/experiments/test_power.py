from __future__ import annotations

import numpy as np
import pytest

from daguerre.quality.experiments.power import detectable, level_of, plan, power_of, queries_needed, spread_before
from tests.unit.quality.experiments.worlds import spec


def test_known_numbers() -> None:
    # (1.960 + 0.842)^2 * (0.1 / 0.01)^2
    assert queries_needed(0.1, 0.01, 0.05, 0.8) == 785
    assert queries_needed(0.1, 0.02, 0.05, 0.8) == 197


def test_what_so_many_queries_show_is_what_so_many_are_needed_for() -> None:
    n = queries_needed(0.13, 0.017, 0.05, 0.9)
    assert detectable(0.13, n, 0.05, 0.9) == pytest.approx(0.017, rel=0.01)


def test_the_planned_power_is_reached() -> None:
    n = queries_needed(0.1, 0.02, 0.05, 0.8)
    r = np.random.default_rng(0)
    samples = r.normal(0.02, 0.1, (2000, n))
    low = samples.mean(axis=1) - 1.96 * samples.std(axis=1, ddof=1) / np.sqrt(n)
    assert (low > 0).mean() == pytest.approx(0.8, abs=0.04)


def test_a_plan_names_the_metric_that_needs_most() -> None:
    found = plan(spec(), {"ndcg": 0.1, "recall_vs_exact": 0.02, "latency_ms": 0.2})
    assert found.metric == "ndcg"
    assert found.said() == f"needs about {found.queries:,} queries, because of ndcg"
    assert found.queries == found.by_metric["ndcg"] > found.by_metric["recall_vs_exact"]


def test_every_guardrail_takes_its_part_of_the_chance_to_miss() -> None:
    assert power_of(spec()) == pytest.approx(1 - 0.2 / 3)
    assert plan(spec(), {"ndcg": 0.1}).queries > queries_needed(0.1, 0.01, 0.05, 0.8)


def test_only_success_metrics_share_alpha() -> None:
    two = [{"name": name, "role": "success", "mde": 0.01} for name in ("a", "b")]
    plain = spec(metrics=[*two, {"name": "c", "role": "guardrail", "margin": 0.1}])
    assert [level_of(plain, metric) for metric in plain.metrics] == [0.025, 0.025, 0.05]


def test_a_plan_needs_the_spread_of_one_metric_at_least() -> None:
    with pytest.raises(ValueError, match="ndcg, recall_vs_exact, latency_ms"):
        plan(spec(), {})


def test_before_a_run_production_alone_tells_about_how_many_queries() -> None:
    r = np.random.default_rng(0)
    shared, own = r.normal(0.5, 0.2, (1, 2000)), r.normal(0, 0.1, (2, 2000))
    old, new = shared + own
    assert spread_before(old.tolist()) == pytest.approx((new - old).std(), rel=0.25)
    assert spread_before(old.tolist(), relative=True) == pytest.approx(spread_before(old.tolist()) / old.mean())
    assert plan(spec(), {"ndcg": spread_before(old.tolist())}).queries > 1000

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from daguerre.quality.experiments.interactions import Interaction
from daguerre.quality.experiments.planning import (
    Spread,
    forecast,
    spreads_of_log,
    spreads_of_production,
    spreads_of_record,
)
from daguerre.quality.experiments.power import detectable, power_of, queries_needed
from daguerre.quality.experiments.sequential import peeking_quantile
from tests.unit.quality.experiments.worlds import spec

GAIN = {"name": "ndcg", "role": "success", "mde": 0.02}
HARM = {"name": "found", "role": "guardrail", "margin": 0.01}


def values(sd: float, count: int = 400, mean: float = 0.5) -> dict[str, float]:
    r = np.random.default_rng(3)
    return {f"q{number}": value for number, value in enumerate(r.normal(mean, sd, count))}


def rows(sd: float, count: int, *, owners: int, shift: float = 0.0) -> list[dict[str, Any]]:
    """Queries whose differences have this spread; `shift`: of each owner, the same for all of its queries."""
    r = np.random.default_rng(4)
    shifts = r.normal(0, shift, owners)
    return [
        {
            "id": f"q{number}",
            "owner": f"o{number % owners}",
            "production": {"values": {"ndcg": 0.5}},
            "candidate": {"values": {"ndcg": 0.5 + r.normal(0, sd) + shifts[number % owners]}},
        }
        for number in range(count)
    ]


def test_production_alone_plans_with_a_part_of_its_variance() -> None:
    plain = spec(metrics=[GAIN])
    found = spreads_of_production(plain, {"ndcg": values(0.3)})["ndcg"]
    assert found.available == 400
    assert found.sd == pytest.approx(0.3 * np.sqrt(2 / 3.5), rel=0.1)


def test_what_does_not_vary_or_is_no_mean_plans_nothing() -> None:
    late = {"name": "late", "role": "guardrail", "margin": 0.1, "statistic": "p50"}
    share = {"name": "share", "role": "guardrail", "margin": 0.1, "relative": True}
    plain = spec(metrics=[GAIN, late, share])
    seen = {"ndcg": dict.fromkeys(values(1), 0.0), "late": values(1), "share": dict.fromkeys(values(1), 0.0)}
    assert spreads_of_production(plain, seen) == {}
    assert forecast(plain, {}, source="nothing") is None


def test_an_earlier_run_knows_the_differences_and_how_owners_move_together() -> None:
    plain = spec(metrics=[GAIN])
    alone = spreads_of_record(plain, rows(0.1, 600, owners=30))["ndcg"]
    together = spreads_of_record(plain, rows(0.1, 600, owners=30, shift=0.1))["ndcg"]
    assert alone.sd == pytest.approx(0.1, rel=0.25)
    assert together.sd > 2 * alone.sd


def test_the_metric_that_is_furthest_from_enough_is_named() -> None:
    plain = spec(metrics=[GAIN, HARM])
    found = forecast(
        plain,
        {"ndcg": Spread(sd=0.2, available=10_000), "found": Spread(sd=0.05, available=50)},
        source="production's answers alone",
    )
    assert found is not None
    assert (found.metric, found.available) == ("found", 50)
    assert found.by_metric["ndcg"] > found.queries == queries_needed(0.05, 0.01, 0.05, power_of(plain))
    d = detectable(0.05, 50, 0.05, power_of(plain))
    assert found.said() == (
        f"needs about {found.queries:,} queries, because of found; there are 50: could see a difference of about "
        f"{d:.3g} (from production's answers alone)"
    )


def test_looking_on_the_way_needs_more() -> None:
    spreads = {"ndcg": Spread(sd=0.1, available=100)}
    once = forecast(spec(metrics=[GAIN]), spreads, source="x")
    often = forecast(spec(metrics=[GAIN], peek_until=1000), spreads, source="x")
    assert once
    assert often
    assert often.queries / once.queries == pytest.approx(((peeking_quantile(1, 0.05) + 0.84) / 2.8) ** 2, rel=0.05)


def searches(person: int, clicks: list[int]) -> list[Interaction]:
    shown = ("a", "b", "c")
    return [
        Interaction(visit=f"{person}-{n}", person=str(person), query="q", shown=shown, clicked=frozenset(shown[:count]))
        for n, count in enumerate(clicks)
    ]


def test_lists_are_planned_with_the_most_that_they_can_differ() -> None:
    plain = spec(kind="interleaving", metrics=[{"name": "preference", "role": "success", "mde": 0.1}])
    found = forecast(plain, spreads_of_log(plain, searches(1, [1] * 30), []), source="x")
    assert found is not None
    assert (found.available, found.things) == (30, "lists")
    assert found.queries == queries_needed(1.0, 0.1, 0.05, 0.8)
    assert spreads_of_log(plain, [], []) == {}


def test_people_are_planned_with_what_they_did_before() -> None:
    plain = spec(kind="ab", metrics=[{"name": "clicks", "role": "success", "mde": 0.1}])
    before = [one for person in range(200) for one in searches(person, [person % 2, person % 2])]
    during = [one for person in range(50) for one in searches(person, [1])]
    assert spreads_of_log(plain, during, []) == {}
    found = spreads_of_log(plain, during, before)["clicks"]
    assert found.available == 50
    # Clicks per search are 0 or 1, half of the people each; a difference of two halves has four times the variance.
    assert found.sd == pytest.approx(2 * 0.5, rel=0.01)

"""Simulated experiments whose truth is known."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from daguerre.quality.experiments.decision import Decision, Verdict
from daguerre.quality.experiments.judge import PairedValues
from daguerre.quality.experiments.spec import ExperimentSpec

#: Simulated experiments per rate.
RUNS = int(os.environ.get("DAGUERRE_CALIBRATION_RUNS", "200"))
CLASSES = ("place", "person", "object", "colour")


def spec(**changes: Any) -> ExperimentSpec:
    facts: dict[str, Any] = {
        "name": "larger-tower",
        "hypothesis": "A larger image tower ranks better and costs nothing that people notice.",
        "owner": "search",
        "metrics": [
            {"name": "ndcg", "role": "success", "mde": 0.01, "slices": ["class"]},
            {"name": "recall_vs_exact", "role": "guardrail", "margin": 0.01},
            {"name": "latency_ms", "role": "guardrail", "better": "lower", "margin": 0.1, "relative": True},
        ],
        "expires": "2030-01-01T00:00:00Z",
    }
    return ExperimentSpec.model_validate(facts | changes)


def paired(
    effect: float, r: np.random.Generator, *, queries: int = 800, owners: int = 60, owner_spread: float = 0.01
) -> dict[str, PairedValues]:
    """Return the values of one offline experiment in which only nDCG differs, by `effect` in the long run.

    Owners differ in how much they gain and in how many queries they ask; four in ten queries do not change at all.
    """
    owner = r.choice(owners, queries, p=r.dirichlet(np.full(owners, 4.0)))
    changed = r.random(queries) < 0.6
    difference = effect + r.normal(0, owner_spread, owners)[owner]
    difference = difference + np.where(changed, r.standard_t(4, queries) * 0.09, 0.0)
    ndcg = r.beta(2, 2, queries)
    latency = r.gamma(8, 2, queries)
    exact = 1 - r.binomial(10, 0.01, queries) / 10
    labels = [f"owner-{i:02d}" for i in owner.tolist()]
    slices = {"class": [CLASSES[i] for i in r.integers(len(CLASSES), size=queries).tolist()]}

    def values(old: Any, new: Any) -> PairedValues:
        ids = [str(i) for i in range(queries)]
        return PairedValues(query_ids=ids, clusters=labels, production=old, candidate=new, slices=slices)

    return {
        "ndcg": values(ndcg, ndcg + difference),
        "recall_vs_exact": values(
            exact, np.clip(exact + r.choice([-0.1, 0.0, 0.1], queries, p=[0.02, 0.96, 0.02]), 0, 1)
        ),
        "latency_ms": values(latency, latency * r.gamma(100, 0.01, queries)),
    }


def rates(decide_once: Callable[[np.random.Generator], Decision], runs: int = RUNS) -> dict[Verdict, float]:
    """Return how often each verdict comes out."""
    found = [decide_once(np.random.default_rng([7, run])).verdict for run in range(runs)]
    return {verdict: found.count(verdict) / runs for verdict in Verdict}

"""How a row of an experiment is said to a person."""

from __future__ import annotations

from daguerre.quality.experiments.bootstrap import Interval
from daguerre.quality.experiments.spec import ALL, Metric

_NOUNS = {"offline": "queries", "interleaving": "lists", "ab": "people"}


def noun(kind: str) -> str:
    """Return what is counted in an experiment of a kind."""
    return _NOUNS[kind]


def title(metric: Metric, part: str) -> str:
    """Return `latency_ms (p95) [owner=ada]`."""
    name = metric.name if metric.statistic == "mean" else f"{metric.name} ({metric.statistic})"
    return name if part == ALL else f"{name} [{part}]"


def sentence(metric: Metric, part: str, status: str, found: Interval) -> str:
    """Say what the bounds say, with the numbers."""

    def amount(value: float) -> str:
        return f"{value:+.2%}" if metric.relative else f"{value:+.4g}"

    bounds = f"{amount(found.mean)} ({amount(found.low)} to {amount(found.high)})"
    verb = {"better": "is surely better", "worse": "is surely worse", "holds": "is harmless"}.get(status)
    if metric.margin is None:
        return f"{title(metric, part)} {verb or 'is not surely better'}: {bounds}"
    return f"{title(metric, part)} {verb or 'is not proven harmless'}: {bounds}, accepted {amount(-metric.margin)}"


def about(cluster: str, found: Interval) -> str:
    """Say what an interval is not about; nothing when there is nothing to say."""
    if found.low == found.high:  # the rule of three: what was not seen in n is rarer than 3 / n
        return f"all {found.n} differ by the same; up to {3 / found.n:.1%} of others may not"
    if found.by_cluster or found.clusters == 1:
        return ""
    return f"{found.clusters} {cluster}s are too few, or too unequal, to stand for others: this is about these alone"

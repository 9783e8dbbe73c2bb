"""Gates that compare a candidate's speed with production's, both measured in turn. Numbers in, verdicts out."""

from __future__ import annotations

from typing import Any

import numpy as np

from daguerre.lifecycle.gate import GateResult, measured
from daguerre.lifecycle.interval import Interval, bootstrap
from daguerre.lifecycle.speed import Speed, Turns

THROUGHPUT = "throughput_ratio"
LATENCY = "latency_ratio"
_ALONE = "nothing to compare with: there is no other release in production"


def throughput_gate(speed: Speed, least: float) -> GateResult:
    """Ask whether the candidate embeds pictures fast enough, at the largest batch that was measured.

    The ratio is of medians: one disturbed round decides nothing.
    """
    turns = speed.images[max(speed.images)]
    rate = turns.rows / float(np.median(turns.candidate))
    if not turns.production:
        return GateResult(name=THROUGHPUT, passed=True, limit=least, said=f"{rate:.1f} pictures/s; {_ALONE}")
    ratio = ratio_of(turns, faster_is_more=True)
    other = turns.rows / float(np.median(turns.production))
    said = f"{rate:.1f} pictures/s, production {other:.1f}, batches of {turns.rows}; {_range(ratio)}"
    return measured(THROUGHPUT, passed=ratio.value >= least, value=ratio.value, limit=least, said=said)


def latency_gate(speed: Speed, most: float) -> GateResult:
    """Ask whether one text is answered soon enough.

    Judged by the median: the tail of a hundred calls is the machine's, and is watched on real queries later.
    """
    turns = speed.text
    mine = _percentiles(turns.candidate)
    if not turns.production:
        said = f"p50 {mine['p50_ms']:.1f} ms, p99 {mine['p99_ms']:.1f} ms; {_ALONE}"
        return GateResult(name=LATENCY, passed=True, limit=most, said=said)
    ratio = ratio_of(turns, faster_is_more=False)
    theirs = _percentiles(turns.production)
    said = (
        f"p50 {mine['p50_ms']:.1f} ms, production {theirs['p50_ms']:.1f}; "
        f"p99 {mine['p99_ms']:.1f} ms, production {theirs['p99_ms']:.1f}; {_range(ratio)}"
    )
    return measured(LATENCY, passed=ratio.value <= most, value=ratio.value, limit=most, said=said)


def ratio_of(turns: Turns, *, faster_is_more: bool) -> Interval:
    """Return candidate over production: of rates when `faster_is_more`, else of seconds; rounds are resampled whole."""
    pairs = np.column_stack([turns.candidate, turns.production])

    def ratio(drawn: np.ndarray) -> np.ndarray:
        middle = np.median(drawn, axis=1)
        over: np.ndarray = middle[:, 1] / middle[:, 0] if faster_is_more else middle[:, 0] / middle[:, 1]
        return over

    return bootstrap(pairs, ratio, seed=0)


def speed_figures(speed: Speed) -> dict[str, Any]:
    """Return everything that was measured as plain data."""
    return {"text": _figures(speed.text), "images": {str(n): _figures(turns) for n, turns in speed.images.items()}}


def _figures(turns: Turns) -> dict[str, Any]:
    figures: dict[str, Any] = {"rows": turns.rows, "rounds": len(turns.candidate)}
    for name, seconds in (("candidate", turns.candidate), ("production", turns.production)):
        if seconds:
            figures[name] = {**_percentiles(seconds), "per_s": turns.rows / float(np.median(seconds))}
    if turns.production:
        figures["rate_ratio"] = ratio_of(turns, faster_is_more=True).to_row()
        figures["seconds_ratio"] = ratio_of(turns, faster_is_more=False).to_row()
        tails = [_percentiles(seconds)["p99_ms"] for seconds in (turns.candidate, turns.production)]
        figures["p99_ratio"] = tails[0] / tails[1]
    return figures


def _percentiles(seconds: tuple[float, ...]) -> dict[str, float]:
    return {f"p{q}_ms": 1000 * float(np.percentile(seconds, q)) for q in (50, 99)}


def _range(ratio: Interval) -> str:
    return f"ratio {ratio.value:.2f} (95 %: {ratio.low:.2f} to {ratio.high:.2f})"

"""What the answers say: were there any missing, mixed or worse ones, and when did people see the switch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.model_change.change import Timeline
from benchmarks.model_change.load import Asked, K
from daguerre.encoders.spec import EncoderSpec
from daguerre.quality.queries import GoldenQuery
from daguerre.quality.ranking import evaluate
from daguerre.serving.opening import open_encoder
from daguerre.tables import catalogue
from daguerre.tables.columns import to_matrix
from daguerre.workspace import Workspace

#: How far a stored score may lie from the recomputed one: vectors are kept in half precision.
_SCORE_ERROR = 2e-3
#: Answers that make a mean: fewer say which queries were drawn.
_ENOUGH = 50


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a reader wants to know.

    Attributes:
        asked: Queries in all.
        failed: Queries that got an error instead of an answer.
        checked: Answers whose scores were computed again from the vectors of the space that they name.
        mixed: Answers of which a score is not the cosine in that space.
        worse_before_switch: Answers of the old space before the switch that are worse than what the same query got
            from the same snapshot before; photos that land meanwhile make a new snapshot, and other ranks.
        lowest_before_switch: Lowest mean quality of ten seconds before the switch, canary included; `quality_before`
            is the mean before the change, `lowest_before` the lowest of ten seconds then.
        switch_s: From the event that promotes to the last answer that production still gave in the old space.
        rollback_s: The same for the way back.
        p50_ms, p99_ms: Of all answers; `calm_*` of those before the change began.
    """

    asked: int
    failed: int
    checked: int
    mixed: int
    worse_before_switch: int
    lowest_before: float
    lowest_before_switch: float
    quality_before: float
    quality_after: float
    switch_s: float
    rollback_s: float
    p50_ms: float
    p99_ms: float
    calm_p50_ms: float
    calm_p99_ms: float


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Everything that was asked, with the quality of each answer to a query that has a right one.

    `quality` is nDCG@10 by number of the answer; queries without a right answer have none.
    """

    asked: Sequence[Asked]
    quality: Mapping[int, float]


def judge(asked: Sequence[Asked], queries: Sequence[GoldenQuery]) -> Answers:
    """Score every answer by the right answers that had landed when everything had."""
    known = {q.id: q for q in queries}
    quality: dict[int, float] = {}
    for number, one in enumerate(asked):
        query = known[one.query]
        if query.answerable and not one.error:
            ranked = list(zip(one.hits, one.scores, strict=True))
            quality[number] = evaluate([query], {query.id: ranked})[0].ndcg_at_10
    return Answers(asked=asked, quality=quality)


def find(
    ws: Workspace, answers: Answers, timeline: Timeline, old: EncoderSpec, new: EncoderSpec, texts: Mapping[str, str]
) -> Findings:
    """Go through all answers."""
    asked = answers.asked
    good = [one for one in asked if not one.error]
    began, promoted = timeline.steps[0].began, timeline.of("promote").ended
    rolled_back, again = timeline.of("roll back").ended, timeline.of("promote again").ended
    calm = [one for one in good if one.at < began]
    worse = _worse(answers, old.space, promoted)
    ms, calm_ms = (1000 * np.array([one.seconds for one in some]) for some in (good, calm))
    return Findings(
        asked=len(asked),
        failed=len(asked) - len(good),
        checked=len(good),
        mixed=_mixed(ws, good, (old, new), texts),
        worse_before_switch=worse,
        lowest_before=_lowest(answers, asked[0].at, began),
        lowest_before_switch=_lowest(answers, began, promoted),
        quality_before=_mean(answers, lambda one: one.at < began),
        quality_after=_mean(answers, lambda one: one.at > again and one.space == new.space),
        switch_s=_last(good, old.space, promoted, rolled_back) - promoted,
        rollback_s=_last(good, new.space, rolled_back, again) - rolled_back,
        p50_ms=float(np.quantile(ms, 0.5)),
        p99_ms=float(np.quantile(ms, 0.99)),
        calm_p50_ms=float(np.quantile(calm_ms, 0.5)),
        calm_p99_ms=float(np.quantile(calm_ms, 0.99)),
    )


def _worse(answers: Answers, space: str, until: float) -> int:
    first: dict[tuple[str, int], float] = {}
    worse = 0
    for number, one in enumerate(answers.asked):
        if number in answers.quality and one.space == space and one.at < until:
            quality = answers.quality[number]
            worse += quality < first.setdefault((one.query, one.snapshot), quality) - 1e-9
    return worse


def _lowest(answers: Answers, start: float, end: float) -> float:
    """Return the lowest mean quality of any ten seconds in a row between two moments."""
    slots: dict[int, list[float]] = {}
    for number, quality in answers.quality.items():
        at = answers.asked[number].at
        if start <= at < end:
            slots.setdefault(int((at - start) / 10), []).append(quality)
    return min((float(np.mean(found)) for found in slots.values() if len(found) >= _ENOUGH), default=float("nan"))


def _mean(answers: Answers, wanted: Callable[[Asked], bool]) -> float:
    values = [quality for number, quality in answers.quality.items() if wanted(answers.asked[number])]
    return float(np.mean(values)) if values else float("nan")


def _last(good: Sequence[Asked], space: str, start: float, end: float) -> float:
    """Return when the last query was asked between two moments that the space still answered."""
    return max((one.at for one in good if one.space == space and start < one.at < end), default=start)


def _mixed(ws: Workspace, good: Sequence[Asked], specs: Sequence[EncoderSpec], texts: Mapping[str, str]) -> int:
    """Return how many answers have a score that is not the cosine of their own space's two vectors."""
    mixed = 0
    for spec in specs:
        mine = [one for one in good if one.space == spec.space]
        vectors = _vectors(ws, spec)
        asked = sorted({one.query for one in mine})
        with open_encoder(ws, spec.digest) as encoder:
            words = dict(zip(asked, encoder.embed_texts([texts[name] for name in asked]), strict=True))
        for one in mine:
            cosines = np.array([vectors[hit] @ words[one.query] for hit in one.hits])
            mixed += bool(np.any(np.abs(cosines - np.array(one.scores)) > _SCORE_ERROR))
    known = {spec.space for spec in specs}
    return mixed + sum(one.space not in known for one in good)


def _vectors(ws: Workspace, spec: EncoderSpec) -> dict[str, np.ndarray]:
    rows = catalogue.vectors(ws, spec.space, spec.dim).read(["photo_id", "vector"])
    return dict(zip(rows["photo_id"].to_pylist(), to_matrix(rows["vector"]), strict=True))


__all__ = ["Answers", "Findings", "K", "find", "judge"]

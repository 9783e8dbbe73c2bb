"""Both sides of an experiment are asked in turn, so that whatever slows the machine down slows both."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from daguerre.index.snapshot import Snapshot
from daguerre.quality.experiments.measuring import SHOWN, Asked
from daguerre.quality.experiments.spec import IndexSettings, Side
from daguerre.quality.queries import GoldenQuery
from daguerre.quality.ranking import DEPTH
from daguerre.search.service import Hit, PhotoNotFoundError, SearchService
from daguerre.telemetry import Progress, ProgressSink

#: Opens what answers for one side, asked as the side says.
OpenService = Callable[[Side], AbstractContextManager[SearchService]]

#: What one query got, None when the photo that asks has no vector, and after how many milliseconds.
_Said = tuple[list[Hit] | None, float]

#: Rounds in which each side is asked twice.
_ROUNDS = 2
#: Photos with the same score are equally right; float16 storage makes scores differ in the fourth digit.
_TIE = 1e-4


@dataclass(frozen=True, kw_only=True)
class Opened:
    """One side: what answers, and what compares every photo, where that is something else."""

    service: SearchService
    exact: SearchService | None = None


def asked_snapshot(snapshot: Snapshot, settings: IndexSettings) -> Snapshot:
    """Return the snapshot as a side wants it asked."""
    return replace(
        snapshot,
        ann=snapshot.ann and not settings.exact,
        nprobes=settings.nprobes or snapshot.nprobes,
        refine=settings.refine or snapshot.refine,
    )


def ask_both(
    sides: Mapping[str, Opened], queries: Sequence[GoldenQuery], *, name: str, progress: ProgressSink
) -> dict[str, dict[str, Asked]]:
    """Ask every query of both sides in the order ABBAABBA, for the next query BAABBAAB; return side -> id -> answer.

    The first answer counts, and the shortest of the four times: whatever else the machine does can only make a query
    slower, and neither side is first more often than the other. Owners are warmed before.
    """
    first, second = sides
    for side in sides.values():
        _warm(side.service, queries)
    found: dict[str, dict[str, Asked]] = {first: {}, second: {}}
    for number, query in enumerate(queries):
        order = (first, second) if number % 2 == 0 else (second, first)
        said: dict[str, list[_Said]] = {first: [], second: []}
        for side_name in (*order, *reversed(order)) * _ROUNDS:
            said[side_name].append(_ask(sides[side_name].service, query))
        for side_name, answers in said.items():
            found[side_name][query.id] = _asked(sides[side_name], query, answers)
        progress(Progress(stage="experiment", batch=name, done=number + 1, total=len(queries)))
    return found


def ask_one(side: Opened, queries: Sequence[GoldenQuery]) -> dict[str, Asked]:
    """Ask every query of one side, once; return id -> answer. The owners who ask are warmed before."""
    _warm(side.service, queries)
    return {query.id: _asked(side, query, [_ask(side.service, query)]) for query in queries}


def _warm(service: SearchService, queries: Sequence[GoldenQuery]) -> None:
    for owner in {query.owner_id for query in queries}:
        if owner is not None:
            service.warm(owner)
    for kind in ("text", "photo"):
        first = next((query for query in queries if query.kind == kind), None)
        if first:
            _ask(service, first)


def _ask(service: SearchService, query: GoldenQuery) -> _Said:
    """Return the answer, None when the photo that asks has no vector, and how many milliseconds it took."""
    start = time.perf_counter()
    try:
        if query.kind == "text":
            hits = service.by_text(query.text, owner=query.owner_id, k=DEPTH)
        else:
            hits = service.by_photo(query.photo_id, owner=query.owner_id, k=DEPTH)
    except PhotoNotFoundError:
        return None, 1e3 * (time.perf_counter() - start)
    return hits, 1e3 * (time.perf_counter() - start)


def _asked(side: Opened, query: GoldenQuery, said: Sequence[_Said]) -> Asked:
    hits = said[0][0] or []
    return Asked(
        answer=[(hit.photo_id, hit.score) for hit in hits],
        nothing=side.service.judge(hits, query.kind),
        latency_ms=min(ms for _, ms in said),
        recall_vs_exact=_recall(side, query, hits),
        lost=said[0][0] is None,
    )


def _recall(side: Opened, query: GoldenQuery, hits: Sequence[Hit]) -> float:
    """Return the share of the exact first ten that the side finds; inside an owner every search is exact."""
    if side.exact is None or query.owner_id is not None:
        return 1.0
    best, _ = _ask(side.exact, query)
    if not best:
        return 1.0
    bound = best[:SHOWN][-1].score - _TIE
    return sum(hit.score >= bound for hit in hits[:SHOWN]) / len(best[:SHOWN])

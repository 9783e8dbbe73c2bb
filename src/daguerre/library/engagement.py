"""What owners do with their photos: views, favourites, shares, clicks on answers, led by tastes that are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from daguerre.library.lives import life_of
from daguerre.library.plan import LibraryPlan
from daguerre.library.queries import Query
from daguerre.library.seeding import rng
from daguerre.library.truth import TruthRow

#: People look at a photo in the weeks before it lands, on their phone, and in the days after.
_BEFORE = timedelta(days=28)
_AFTER = timedelta(days=7)
_CLICKS = 3
_PAPERS_APPEAL = 0.04


def appeal(row: TruthRow, loves: str) -> float:
    """Return between 0 and 1 how much an owner who loves one sort of view likes a photo.

    Sharp photos, people, journeys, and the views they love; papers and screenshots hardly at all.
    """
    if row.category != "photo":
        return _PAPERS_APPEAL
    taste = 0.35 + 0.3 * bool(row.people) + 0.2 * (row.trip_id is not None) + 0.15 * (row.scene.place == loves)
    return taste * row.quality.score


def engagement(plan: LibraryPlan, asked: Sequence[Query] = ()) -> Iterator[dict[str, Any]]:
    """Yield events in no order of time: `at` (ISO 8601, UTC), `owner_id`, `key`, `kind`, and for clicks `query`."""
    for rank, owner in enumerate(plan.spec.owners):
        loves = life_of(plan.spec.seed, owner, rank).loves
        for row in plan.of(owner):
            if row.readable:
                yield from _of_photo(rng(plan.spec.seed, "engagement", row.key), row, appeal(row, loves))
    for query in asked:
        if query.kind == "text":
            yield from _of_query(plan, query)


def _of_photo(r: np.random.Generator, row: TruthRow, liking: float) -> Iterator[dict[str, Any]]:
    views = int(r.poisson(0.2 + 5.0 * liking**2))
    for _ in range(views):
        yield _event(_when(r, row), row, "view")
    if views and r.random() < 0.5 * liking**2:
        yield _event(_when(r, row), row, "favorite")
    if views and r.random() < 0.3 * liking**2:
        yield _event(_when(r, row), row, "share")


def _of_query(plan: LibraryPlan, query: Query) -> Iterator[dict[str, Any]]:
    """People click on answers that are right, and on the better ones of them."""
    r = rng(plan.spec.seed, "clicks", query.id)
    rows = sorted((plan.by_key[key] for key in query.relevant), key=lambda row: -row.quality.score)
    for row in rows[:_CLICKS]:
        yield _event(_when(r, row), row, "search_click") | {"query": query.id}


def _when(r: np.random.Generator, row: TruthRow) -> datetime:
    first = max(row.taken_at, row.landed_at - _BEFORE)
    seconds = (row.landed_at + _AFTER - first).total_seconds()
    return first + timedelta(seconds=int(r.uniform(0, seconds)))


def _event(at: datetime, row: TruthRow, kind: str) -> dict[str, Any]:
    return {"at": at.isoformat(timespec="seconds"), "owner_id": row.owner_id, "key": row.key, "kind": kind}

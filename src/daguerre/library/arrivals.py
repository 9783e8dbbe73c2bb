"""When files come into the source: history in its order, spread over the landing days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta

import numpy as np

from daguerre.library.seeding import rng
from daguerre.library.spec import LibrarySpec
from daguerre.library.truth import TruthRow

#: Files come in the evening, UTC; by `LANDED_BY` the day is over.
_FROM = time(18)
LANDED_BY = time(23)
_HOURS = 4.5


def arrival_times(spec: LibrarySpec, rows: Sequence[TruthRow]) -> dict[str, datetime]:
    """Return for each row of one owner when its file lands, by the row's key; whole seconds, UTC.

    Photos land in order of time, a day's share at once; a copy never lands before its original, nor a second
    camera's card before the phone's photos of that event.
    """
    r = rng(spec.seed, "landing", rows[0].owner_id if rows else "")
    days = len(spec.landings)
    shares = r.uniform(0.6, 1.4, days)
    bounds = np.cumsum(shares / shares.sum())[:-1] * len(rows)
    ordered = sorted((row for row in rows if not row.duplicate_of), key=lambda row: (row.taken_at, row.key))
    day_of: dict[str, int] = {}
    for position, row in enumerate(ordered):
        by_card = row.camera is not None and not row.camera.phone
        day_of[row.key] = min(days - 1, int(np.searchsorted(bounds, position, side="right")) + by_card)
    for row in rows:
        if row.duplicate_of:
            day_of[row.key] = int(r.integers(day_of[row.duplicate_of], days))
    return {row.key: _at(spec, day_of, r, row) for row in rows}


def _at(spec: LibrarySpec, day_of: Mapping[str, int], r: np.random.Generator, row: TruthRow) -> datetime:
    evening = datetime.combine(spec.landings[day_of[row.key]], _FROM, UTC)
    return evening + timedelta(seconds=int(r.uniform(0, _HOURS * 3600)))

"""What people did with photos lately, as the lake counted it: one number per photo and kind of deed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from daguerre.curation.columns import Floats
from daguerre.features.lake import newest, read_view
from daguerre.features.views import CREATED_TIMESTAMP, EVENT_TIMESTAMP, PHOTO_ENGAGEMENT
from daguerre.features.windows import WINDOW_DAYS
from daguerre.workspace import Workspace

_TIMES = [EVENT_TIMESTAMP, CREATED_TIMESTAMP]


@dataclass(frozen=True, kw_only=True)
class Liking:
    """Counts of the 28 days that end with the last day that is over, by photo; a photo without any is missing."""

    views: dict[str, float] = field(default_factory=dict)
    favorites: dict[str, float] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)


def read_liking(ws: Workspace) -> Liking:
    """Read the counts of every owner's photos from the days of the window, and nothing older.

    A photo has a row for each day on which a count changes, the day on which its last event leaves the window
    included: the newest row of the window is what holds today.
    """
    since = ws.clock().astimezone(UTC).date() - timedelta(days=WINDOW_DAYS)
    columns = ["photo_id", *_TIMES, "views_28d", "favorites_28d", "shares_1d"]
    rows = read_view(ws, PHOTO_ENGAGEMENT, columns=columns, since=since)
    last = newest(rows, "photo_id")
    daily = rows.filter(pc.greater(rows["shares_1d"], 0)).group_by("photo_id").aggregate([("shares_1d", "sum")])
    return Liking(
        views=_counts(last, "views_28d"),
        favorites=_counts(last, "favorites_28d"),
        shares=_counts(daily, "shares_1d_sum"),
    )


def counts_of(counted: dict[str, float], ids: Sequence[str]) -> Floats:
    """Return the count of each photo, 0 where nothing was counted: `(n,) float64`."""
    return np.array([counted.get(photo, 0.0) for photo in ids], np.float64)


def _counts(table: pa.Table, column: str) -> dict[str, float]:
    pairs = zip(table["photo_id"].to_pylist(), table[column].to_pylist(), strict=True)
    return {photo: float(count) for photo, count in pairs if count}

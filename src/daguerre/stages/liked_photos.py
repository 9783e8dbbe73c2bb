"""What owners cared about, week by week, among the photos that they had: the rows that a ranker learns from."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from daguerre.features.lake import read_view
from daguerre.features.views import CREATED_TIMESTAMP, EVENT_TIMESTAMP, PHOTO_ENGAGEMENT
from daguerre.tables import catalogue
from daguerre.workspace import Workspace

WEEKS = 8
_WEEK = timedelta(days=7)
#: Photos of one owner and week that are learnt from: all that were cared about, and a fixed sample of the others.
_OTHERS = 200
#: Owners that are looked at, by lot: 250 owners and 8 weeks are half a million rows, which fit into memory.
_OWNERS = 250
#: So many views in a week count as care; one may be a slip of the thumb.
_VIEWS = 2
_UTC = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, kw_only=True)
class Week:
    """Seven days from the midnight `begins` on, UTC; features are looked up as they were known at `begins`."""

    begins: datetime


def weeks_until(now: datetime) -> list[Week]:
    """Return the last weeks that are over, oldest first; the newest ends with the last day that is over."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return [Week(begins=midnight - _WEEK * back) for back in range(WEEKS, 0, -1)]


def liked_photos(ws: Workspace, weeks: list[Week]) -> pa.Table:
    """Return `photo_id`, `owner_id`, `event_timestamp` (the week's begin) and `liked` (bool).

    Liked means favourited, shared, or looked at twice in the week. The others are photos that the same owner had by
    then and left alone; owners who liked nothing or everything in a week say nothing about it. Nobody can like what
    the product never shows: labels carry the taste of whatever chose before.
    """
    liked = _liked(ws, weeks)
    if not liked:
        return pa.schema(
            [("photo_id", pa.string()), ("owner_id", pa.string()), (EVENT_TIMESTAMP, _UTC), ("liked", pa.bool_())]
        ).empty_table()
    photos = catalogue.photos(ws).read(["photo_id", "owner_id", "ingested_at"], "media != 'keyframe'")
    of_owner: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for photo, owner, at in zip(*(photos[name].to_pylist() for name in photos.column_names), strict=True):
        of_owner[owner].append((at, photo))
    cared = {photo for photo, _ in liked}
    told = [owner for owner, had in of_owner.items() if any(photo in cared for _, photo in had)]
    chosen = sorted(sorted(told, key=_lot)[:_OWNERS])
    rows = [
        row
        for week in weeks
        for owner in chosen
        for row in _rows(owner, week, [photo for at, photo in of_owner[owner] if at <= week.begins], liked)
    ]
    schema = pa.schema(
        [("photo_id", pa.string()), ("owner_id", pa.string()), (EVENT_TIMESTAMP, _UTC), ("liked", pa.bool_())]
    )
    return pa.Table.from_pylist(rows, schema=schema)


def _rows(owner: str, week: Week, photos: list[str], liked: set[tuple[str, datetime]]) -> Iterator[dict[str, Any]]:
    good = [photo for photo in photos if (photo, week.begins) in liked]
    others = sorted((photo for photo in photos if (photo, week.begins) not in liked), key=_lot)[:_OTHERS]
    if good and others:
        for photo in (*good, *others):
            yield {
                "photo_id": photo,
                "owner_id": owner,
                EVENT_TIMESTAMP: week.begins,
                "liked": (photo, week.begins) in liked,
            }


def _liked(ws: Workspace, weeks: list[Week]) -> set[tuple[str, datetime]]:
    """Return photo and week's begin of everything that somebody cared about."""
    counts = ["views_1d", "favorites_1d", "shares_1d"]
    columns = ["photo_id", EVENT_TIMESTAMP, CREATED_TIMESTAMP, *counts]
    rows = read_view(ws, PHOTO_ENGAGEMENT, columns=columns, since=weeks[0].begins.date())
    rows = rows.filter(pc.greater(pc.add(pc.add(rows[counts[0]], rows[counts[1]]), rows[counts[2]]), 0))
    begins = {week.begins.date() + timedelta(days=day): week.begins for week in weeks for day in range(7)}
    views: dict[tuple[str, datetime], int] = defaultdict(int)
    loved = set()
    for row in rows.to_pylist():
        day: date = (row[EVENT_TIMESTAMP] - timedelta(microseconds=1)).date()  # a day's counts are stamped with its end
        if day in begins:
            about = (row["photo_id"], begins[day])
            views[about] += row["views_1d"]
            if row["favorites_1d"] or row["shares_1d"]:
                loved.add(about)
    return loved | {about for about, count in views.items() if count >= _VIEWS}


def _lot(name: str) -> bytes:
    """Return where a photo or an owner stands in a line that has nothing to do with names or with when they came."""
    return hashlib.sha256(name.encode()).digest()

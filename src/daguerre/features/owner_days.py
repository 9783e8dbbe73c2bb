"""One owner's library at the end of a day, on the days on which something about it changes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from daguerre.features.lake import landing_day, newest, read_view, write_partition
from daguerre.features.views import CREATED_TIMESTAMP, EVENT_TIMESTAMP, OWNER_DAILY, PHOTO_AESTHETIC, PHOTO_DUPS, View
from daguerre.features.windows import end_of, in_window, leaving
from daguerre.ids import BatchKey
from daguerre.tables import catalogue
from daguerre.workspace import Workspace

_FILE = "events"

#: Counts by owner, day and kind of event.
Activity = Mapping[str, Mapping[date, Counter[str]]]


@dataclass(frozen=True, kw_only=True)
class Landed:
    """One photo as far as its owner's library is concerned; `lesser` says that it is the lesser copy of another."""

    day: date
    aesthetic: float | None
    lesser: bool


def write_owner_days(ws: Workspace, activity: Activity, today: date) -> int:
    """Write `owner_daily` for every owner with photos, for days before `today`; return how many owners that are.

    Which photos are lesser copies is told as of now, for past days too: groups are found again as photos arrive.
    """
    libraries = _libraries(ws)
    by_day: dict[date, list[dict[str, object]]] = defaultdict(list)
    for owner, photos in libraries.items():
        for day, features in owner_days(photos, activity.get(owner, {}), today - timedelta(days=1)):
            by_day[day].append({"owner_id": owner, EVENT_TIMESTAMP: end_of(day), **features})
    columns = pa.schema([field for field in OWNER_DAILY.schema if field.name != CREATED_TIMESTAMP])
    for day, rows in sorted(by_day.items()):
        write_partition(ws, OWNER_DAILY, day, _FILE, pa.Table.from_pylist(rows, schema=columns))
    return len(libraries)


def owner_days(
    photos: list[Landed], days: Mapping[date, Counter[str]], last: date
) -> Iterator[tuple[date, dict[str, float | None]]]:
    """Yield an owner's features on each day until `last` on which one of them changes."""
    landings = sorted(photos, key=lambda photo: photo.day)
    count = lesser = rated = at = 0
    total = 0.0
    for day in sorted({photo.day for photo in landings} | set(days) | leaving(days)):
        if day > last:
            return
        while at < len(landings) and landings[at].day <= day:
            photo, at = landings[at], at + 1
            count, lesser = count + 1, lesser + photo.lesser
            if photo.aesthetic is not None:
                rated, total = rated + 1, total + photo.aesthetic
        window = in_window(days, day)
        views = sum(c["view"] for c in window)
        yield (
            day,
            {
                "photo_count": count,
                "favorite_rate_28d": sum(c["favorite"] for c in window) / views if views else None,
                "mean_aesthetic": total / rated if rated else None,
                "dup_share": lesser / count if count else None,
                "active_days_28d": len(window),
            },
        )


def _libraries(ws: Workspace) -> dict[str, list[Landed]]:
    """Return every owner's photos."""
    aesthetic = _newest(ws, PHOTO_AESTHETIC, "aesthetic")
    best = _newest(ws, PHOTO_DUPS, "dup_is_best")
    libraries: dict[str, list[Landed]] = defaultdict(list)
    for chunk in catalogue.photos(ws).scan(["photo_id", "owner_id", "batch"]):
        for row in chunk.to_pylist():
            photo = row["photo_id"]
            libraries[row["owner_id"]].append(
                Landed(
                    day=landing_day(BatchKey(row["batch"])),
                    aesthetic=aesthetic.get(photo),
                    lesser=best.get(photo) is False,
                )
            )
    return dict(sorted(libraries.items()))


def _newest(ws: Workspace, view: View, feature: str) -> dict[str, Any]:
    """Return the newest value of one feature by photo."""
    rows = newest(read_view(ws, view, columns=["photo_id", EVENT_TIMESTAMP, CREATED_TIMESTAMP, feature]), "photo_id")
    return dict(zip(rows["photo_id"].to_pylist(), rows[feature].to_pylist(), strict=True))

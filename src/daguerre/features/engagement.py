"""What people did with their photos: a file of events becomes daily counts and 28-day windows."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from daguerre.features.lake import write_partition
from daguerre.features.owner_days import write_owner_days
from daguerre.features.views import EVENT_TIMESTAMP, PHOTO_ENGAGEMENT
from daguerre.features.windows import end_of, in_window, leaving
from daguerre.tables import catalogue
from daguerre.tables.sql import one_of
from daguerre.workspace import Workspace

KINDS = ("view", "favorite", "share", "search_click")
#: Name of the day's files in the lake.
FILE = "events"
_KEYS_AT_ONCE = 1000

#: One line: at, owner_id, photo_id or "", key or "", kind.
_Told = tuple[datetime, str, str, str, str]


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that somebody did with a photo."""

    at: datetime
    owner_id: str
    photo_id: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class EngagementReport:
    """What became of an events file.

    Attributes:
        events: Events that count: understood, of a known photo of that owner, on a day that is over.
        broken: Lines that are no event.
        unknown: Events of photos that the catalogue does not have, or has for another owner.
        early: Events of a day that is not over.
        days: Days from the first event to the last.
    """

    events: int
    broken: int
    unknown: int
    early: int
    days: int
    photos: int
    owners: int


def load_events(ws: Workspace, path: Path) -> EngagementReport:
    """Write the days of `photo_engagement` and `owner_daily` that a file of events tells of.

    One JSON object per line: `at` (ISO 8601 with offset), `owner_id`, `photo_id` or the photo's `key` in its source,
    `kind` (view, favorite, share, search_click). The file is the whole history: a later call with a longer file adds
    to the days, and days that say the same stay as they are. Only days that are over are written, UTC.
    """
    told, broken = _parse(path)
    known = list(_resolve(ws, told))
    today = ws.clock().astimezone(UTC).date()
    events = [event for event in known if event.at.date() < today]
    days = [event.at.date() for event in events]
    photos = _write_photo_days(ws, events, today)
    owners = write_owner_days(ws, _activity(events), today)
    return EngagementReport(
        events=len(events),
        broken=broken,
        unknown=len(told) - len(known),
        early=len(known) - len(events),
        days=(max(days) - min(days)).days + 1 if days else 0,
        photos=photos,
        owners=owners,
    )


def photo_days(counts: dict[date, Counter[str]], last: date) -> Iterator[tuple[date, dict[str, int]]]:
    """Yield a photo's features on each day until `last` on which one of them changes.

    That is a day with events, the day after (the counts of the day fall to 0) and the day on which the events leave
    the window: at most three rows per active day, however long the history.
    """
    changes = {*counts, *(day + timedelta(days=1) for day in counts), *leaving(counts)}
    for day in sorted(change for change in changes if change <= last):
        window = in_window(counts, day)
        at = counts.get(day, Counter())
        yield (
            day,
            {
                "views_1d": at["view"],
                "favorites_1d": at["favorite"],
                "shares_1d": at["share"],
                "search_clicks_1d": at["search_click"],
                "views_28d": sum(c["view"] for c in window),
                "favorites_28d": sum(c["favorite"] for c in window),
            },
        )


def _write_photo_days(ws: Workspace, events: Sequence[Event], today: date) -> int:
    counts: dict[tuple[str, str], dict[date, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for event in events:
        counts[event.photo_id, event.owner_id][event.at.date()][event.kind] += 1
    by_day: dict[date, list[dict[str, object]]] = defaultdict(list)
    for (photo, owner), of_photo in counts.items():
        for day, features in photo_days(dict(of_photo), today - timedelta(days=1)):
            by_day[day].append({"photo_id": photo, "owner_id": owner, EVENT_TIMESTAMP: end_of(day), **features})
    columns = pa.schema([field for field in PHOTO_ENGAGEMENT.schema if field.name != "created_timestamp"])
    for day, rows in sorted(by_day.items()):
        write_partition(ws, PHOTO_ENGAGEMENT, day, FILE, pa.Table.from_pylist(rows, schema=columns))
    return len(counts)


def _activity(events: Iterable[Event]) -> dict[str, dict[date, Counter[str]]]:
    """Return counts by owner, day and kind."""
    activity: dict[str, dict[date, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for event in events:
        activity[event.owner_id][event.at.date()][event.kind] += 1
    return {owner: dict(days) for owner, days in activity.items()}


def _parse(path: Path) -> tuple[list[_Told], int]:
    """Return the events of a file, and how many lines are none."""
    told: list[_Told] = []
    broken = 0
    with path.open(encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            event = _understood(line)
            told += [event] if event else []
            broken += event is None
    return told, broken


def _understood(line: str) -> _Told | None:
    try:
        row = json.loads(line)
        at = datetime.fromisoformat(row["at"])
        photo, key = row.get("photo_id") or "", row.get("key") or ""
        if at.tzinfo is None or row["kind"] not in KINDS or not (photo or key):
            return None
        return at.astimezone(UTC), str(row["owner_id"]), str(photo), str(key), row["kind"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _resolve(ws: Workspace, told: Sequence[_Told]) -> Iterator[Event]:
    """Yield the events of photos that the catalogue has in that owner's hands."""
    photo_of = _photos_by_key(ws, sorted({key for _, _, photo, key, _ in told if key and not photo}))
    ids = sorted({photo for _, _, photo, _, _ in told if photo} | set(photo_of.values()))
    owners = catalogue.photos(ws).lookup(ids, ["photo_id", "owner_id"])
    owner_of = dict(zip(owners["photo_id"].to_pylist(), owners["owner_id"].to_pylist(), strict=True))
    for at, owner, photo, key, kind in told:
        found = photo or photo_of.get(key, "")
        if owner_of.get(found) == owner:
            yield Event(at=at, owner_id=owner, photo_id=found, kind=kind)


def _photos_by_key(ws: Workspace, keys: Sequence[str]) -> dict[str, str]:
    """Return the newest photo that landed under each key."""
    found: dict[str, str] = {}
    for at in range(0, len(keys), _KEYS_AT_ONCE):
        rows = catalogue.objects(ws).read(["key", "photo_id", "batch"], one_of("key", keys[at : at + _KEYS_AT_ONCE]))
        for row in rows.sort_by("batch").to_pylist():
            found[row["key"]] = row["photo_id"]
    return found

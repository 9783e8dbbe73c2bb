"""When a photo was taken, as well as can be known, and where that knowledge comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Literal

from daguerre.media.exif import Position, WrittenTime
from daguerre.media.notes import Note
from daguerre.media.zone import zone_at

TimeSource = Literal["exif_offset", "gps_zone", "exif_assumed_utc", "container", "modified"]

_TIME = re.compile(r"(\d{4})[:/.-](\d{1,2})[:/.-](\d{1,2})[ T](\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,6}))?(.*)")
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")
#: The oldest photograph that survives is from about 1826; scans carry the date of their subject.
_FIRST_YEAR = 1826
#: Where the clocks of QuickTime, DOS and Unix begin: a date there means that none was set.
_EPOCHS = {(1904, 1, 1), (1970, 1, 1), (1980, 1, 1)}


@dataclass(frozen=True, kw_only=True)
class CaptureTime:
    """An instant, and how it is known.

    Attributes:
        at: Aware UTC.
        offset_minutes: Local time minus UTC; None when unknown.
    """

    at: datetime
    offset_minutes: int | None
    source: TimeSource
    notes: tuple[Note, ...] = ()


def capture_time(
    times: Iterable[WrittenTime], position: Position | None, *, modified: datetime, latest: datetime
) -> CaptureTime:
    """Choose the first written time that makes sense; `modified` when none does. Later than `latest` makes no sense."""
    notes: list[Note] = []
    for written in times:
        wall = _wall_time(written, latest, notes)
        if wall is None:
            continue
        zone, source = _zone(written, position, notes)
        local = wall.replace(tzinfo=zone)
        if local > latest:
            notes.append(Note.FUTURE_TIME)
            continue
        return CaptureTime(
            at=local.astimezone(UTC), offset_minutes=_minutes(local, source), source=source, notes=_once(notes)
        )
    return CaptureTime(
        at=modified.astimezone(UTC), offset_minutes=None, source="modified", notes=(*_once(notes), Note.NO_TIME)
    )


def container_time(text: str | None, position: Position | None, *, modified: datetime, latest: datetime) -> CaptureTime:
    """Read the ISO time of a video's container, UTC unless it says otherwise."""
    notes: list[Note] = []
    written = WrittenTime(text=text or "")
    wall = _wall_time(written, latest, notes) if text else None
    if wall is None:
        return CaptureTime(
            at=modified.astimezone(UTC), offset_minutes=None, source="modified", notes=(*_once(notes), Note.NO_TIME)
        )
    # Containers store UTC and say "Z"; only another offset tells where the camera was.
    offset = _offset(_rest(written))
    zone = zone_at(position) if position is not None and offset in (None, UTC) else offset
    local = wall.replace(tzinfo=offset or UTC).astimezone(zone or UTC)
    minutes = None if zone in (None, UTC) else round((local.utcoffset() or timedelta()).total_seconds() / 60)
    return CaptureTime(at=local.astimezone(UTC), offset_minutes=minutes, source="container", notes=_once(notes))


def _wall_time(written: WrittenTime, latest: datetime, notes: list[Note]) -> datetime | None:
    """Return what the clock showed, as if it had shown UTC; None and a note when no clock can show that."""
    match = _TIME.match(written.text)
    if match is None:
        notes.append(Note.BAD_TIME)
        return None
    fraction = match[7] or (written.subsec[:6] if written.subsec.isascii() and written.subsec.isdigit() else "")
    year, month, day, hour, minute, second = (int(match[index]) for index in range(1, 7))
    try:
        wall = datetime(year, month, day, hour, minute, second, int(fraction.ljust(6, "0") or 0), tzinfo=UTC)
    except ValueError:
        notes.append(Note.BAD_TIME)
        return None
    if (year, month, day) in _EPOCHS:
        notes.append(Note.EPOCH_TIME)
    elif year < _FIRST_YEAR:
        notes.append(Note.BAD_TIME)
    elif wall - timedelta(hours=14) > latest:
        notes.append(Note.FUTURE_TIME)
    else:
        return wall
    return None


def _zone(written: WrittenTime, position: Position | None, notes: list[Note]) -> tuple[tzinfo, TimeSource]:
    text = written.offset or _rest(written)
    offset = _offset(text)
    if offset is not None:
        return offset, "exif_offset"
    if text:
        notes.append(Note.BAD_OFFSET)
    zone = zone_at(position) if position else None
    if zone is not None:
        return zone, "gps_zone"
    notes.append(Note.ASSUMED_UTC)
    return UTC, "exif_assumed_utc"


def _rest(written: WrittenTime) -> str:
    match = _TIME.match(written.text)
    return match[8].strip() if match else ""


def _offset(text: str) -> timezone | None:
    """Return a UTC offset that some place on earth keeps, -12:00 to +14:00."""
    if text in ("Z", "z"):
        return UTC
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    minutes = (int(match[2]) * 60 + int(match[3])) * (-1 if match[1] == "-" else 1)
    return timezone(timedelta(minutes=minutes)) if -720 <= minutes <= 840 and int(match[3]) < 60 else None


def _minutes(local: datetime, source: TimeSource) -> int | None:
    if source == "exif_assumed_utc":
        return None
    return round((local.utcoffset() or timedelta()).total_seconds() / 60)


def _once(notes: list[Note]) -> tuple[Note, ...]:
    return tuple(dict.fromkeys(notes))

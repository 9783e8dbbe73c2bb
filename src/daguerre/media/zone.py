"""Which time zone a place keeps."""

from __future__ import annotations

import functools
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from daguerre.media.exif import Position


def zone_at(position: Position) -> ZoneInfo | None:
    """Return the zone at a position; None where nobody keeps one that this machine knows."""
    name = finder().timezone_at(lat=position.lat, lng=position.lon)
    try:
        return ZoneInfo(name) if name else None
    except ZoneInfoNotFoundError:
        return None


@functools.cache
def finder() -> Any:
    """Return the outlines of all zones, read once in a process."""
    from timezonefinder import TimezoneFinder  # 0.2 s and 50 MB: only for processes that meet a position

    return TimezoneFinder(in_memory=False)

"""What happens to an owner, day by day: the events of the truth, before anybody takes a photo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from daguerre.library.difficulty import Difficulty
from daguerre.library.lives import Life
from daguerre.library.scenes.scene import choose
from daguerre.library.seeding import rng
from daguerre.library.world import DESTINATIONS, Place, moved

#: Kinds of scenes by theme; the views of the place are added to those that happen outdoors.
_INDOORS = {
    "birthday": ("food", "portrait", "portrait", "room"),
    "party": ("portrait", "portrait", "room", "food"),
    "meal": ("food", "food", "portrait"),
    "home": ("room", "room", "food", "portrait"),
    "work": ("doc", "portrait", "room"),
    "walk": ("portrait",),
    "sight": ("portrait", "food"),
}
_OUTDOORS = ("walk", "sight")
_MAY_PAUSE = ("walk", "sight", "birthday", "party")
#: Days without a trip after the last one, so that two trips are two.
_DAYS_BETWEEN_TRIPS = 25
#: Two events that follow each other faster than this would be one.
_NEVER_CLOSER = timedelta(minutes=40)


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """An event of the truth. It moves from `start` to `end` (lat, lon) as time goes by.

    Attributes:
        group: Occasions of one group are kept or left out together.
        pause: A stretch without photos, as shares of the duration.
        second_skew_s: How wrong the clock of the second camera is, or None without one.
    """

    event_id: str
    group: str
    theme: str
    trip_id: str | None
    place: Place
    start: tuple[float, float]
    end: tuple[float, float]
    begins_at: datetime
    duration_s: float
    pause: tuple[float, float]
    shots: int
    kinds: tuple[str, ...]
    second_skew_s: int | None


@dataclass(frozen=True, kw_only=True)
class _Setting:
    """Where something may happen: within `reach_km` of `center`."""

    place: Place
    center: tuple[float, float]
    reach_km: float
    group: str
    trip_id: str | None = None
    second_skew_s: int | None = None


def occasions_of(seed: int, life: Life, first: date, days: int, level: Difficulty) -> Iterator[Occasion]:
    """Yield what happens to one owner in `days` days, in order of time and without overlap."""
    over = datetime.combine(first, time(0), UTC) - timedelta(days=2)
    for occasion in _wished(seed, life, first, days, level):
        # a long lunch runs into the evening's plan, or a flight home loses a day: what cannot happen does not
        if occasion.begins_at >= over + _NEVER_CLOSER:
            over = occasion.begins_at + timedelta(seconds=occasion.duration_s)
            yield occasion


def _wished(seed: int, life: Life, first: date, days: int, level: Difficulty) -> Iterator[Occasion]:
    r = rng(seed, "days", life.owner_id)
    away = r.permutation(len(DESTINATIONS))
    trips, day, rest = 0, 0, 10
    while day < days:
        today = first + timedelta(days=day)
        nights = int(r.integers(2, 8))
        leaves = rest <= 0 and r.random() < 0.03 and day + nights < days
        if leaves and not _has_birthday(life, today, nights):
            yield from _trip(seed, life, DESTINATIONS[int(away[trips % len(away)])], today, nights, trips, level)
            trips += 1
            day += nights
            rest = _DAYS_BETWEEN_TRIPS
            continue
        yield from _day_at_home(r, life, today, level)
        day += 1
        rest -= 1


def _has_birthday(life: Life, start: date, nights: int) -> bool:
    days = (start + timedelta(days=d) for d in range(-1, nights + 1))
    return any((day.month, day.day) == life.birthday for day in days)


def _trip(
    seed: int, life: Life, place: Place, start: date, nights: int, number: int, level: Difficulty
) -> Iterator[Occasion]:
    r = rng(seed, "trip", life.owner_id, number)
    trip_id = f"{life.owner_id}/trip-{number:02d}"
    skew = None
    if r.random() < level.second_camera_share:
        # nobody sets the clock of the camera on a trip: it goes on showing the time of home, and that wrongly
        noon = datetime.combine(start, time(12))
        zone_error = _offset_s(noon, life.home.zone) - _offset_s(noon, place.zone)
        skew = zone_error + choose(r, level.skews_s)
    setting = _Setting(
        place=place, center=(place.lat, place.lon), reach_km=6.0, group=trip_id, trip_id=trip_id, second_skew_s=skew
    )
    for d in range(nights):
        for hour in sorted(r.permutation([9.5, 14.0, 19.0])[: int(r.integers(1, 4))].tolist()):
            theme = choose(r, ("sight", "walk", "meal") if hour > 18 else ("sight", "sight", "walk"))
            hours, shots = float(r.uniform(0.4, 2.4)), int(r.integers(4, 22))
            begins = _local(start + timedelta(days=d), hour + float(r.uniform(-0.7, 0.7)), place.zone)
            yield _occasion(r, theme, begins, hours, shots, setting, level)


def _day_at_home(r: np.random.Generator, life: Life, today: date, level: Difficulty) -> Iterator[Occasion]:
    home = life.home
    group = f"{life.owner_id}/{today}"
    around = _Setting(place=home, center=(home.lat, home.lon), reach_km=9.0, group=group)
    inside = _Setting(place=home, center=(home.lat, home.lon), reach_km=0.02, group=group)
    if (today.month, today.day) == life.birthday:
        cake = _Setting(place=home, center=(home.lat, home.lon), reach_km=0.02, group=f"{life.owner_id}/birthday")
        yield _occasion(r, "birthday", _local(today, 16.0, home.zone), float(r.uniform(2, 4)), 12, cake, level)
        return
    if r.random() > (0.5 if today.weekday() >= 5 else 0.18):
        return
    morning = _local(today, float(r.uniform(9, 15)), home.zone)
    if today.weekday() < 5 and r.random() < 0.45:
        desk = _Setting(place=home, center=life.work, reach_km=0.1, group=group)
        first = _occasion(r, "work", morning, float(r.uniform(0.2, 1.5)), int(r.integers(1, 6)), desk, level)
    elif r.random() < 0.3:
        late = r.random() < level.past_midnight_share
        begins = _local(today, 20.5 if late else 17.0, home.zone)
        hours = float(r.uniform(4.2, 5.5) if late else r.uniform(2, 4))
        yield _occasion(r, "party", begins, hours, int(r.integers(8, 30)), around, level)
        return
    else:
        theme = choose(r, ("walk", "walk", "meal", "home"))
        where = inside if theme == "home" else around
        first = _occasion(r, theme, morning, float(r.uniform(0.3, 2.5)), int(r.integers(2, 18)), where, level)
    yield first
    if r.random() < level.back_to_back_share:
        begins = first.begins_at + timedelta(seconds=round(first.duration_s + 60 * float(r.uniform(45, 100))))
        near = moved(*first.end, float(r.uniform(*level.back_to_back_km)), float(r.uniform(0, 360)))
        there = _Setting(place=home, center=near, reach_km=0.2, group=group)
        theme = choose(r, ("meal", "walk"))
        yield _occasion(r, theme, begins, float(r.uniform(0.3, 1.5)), int(r.integers(3, 12)), there, level)


def _occasion(
    r: np.random.Generator,
    theme: str,
    begins: datetime,
    hours: float,
    shots: int,
    setting: _Setting,
    level: Difficulty,
) -> Occasion:
    start = moved(*setting.center, setting.reach_km * float(r.random()) ** 0.5, float(r.uniform(0, 360)))
    outdoors = theme in _OUTDOORS
    end = moved(*start, float(r.uniform(*level.walk_km)), float(r.uniform(0, 360))) if outdoors else start
    pause = (0.0, 0.0)
    if shots >= 4 and theme in _MAY_PAUSE and r.random() < level.pause_share:
        gap_h = float(r.uniform(*level.pause_minutes)) / 60
        before = hours * float(r.uniform(0.3, 0.7))
        hours += gap_h
        pause = (before / hours, (before + gap_h) / hours)
    owner = setting.group.split("/", 1)[0]
    return Occasion(
        event_id=f"{owner}/{begins:%Y%m%dT%H%M}-{theme}",
        group=setting.group,
        theme=theme,
        trip_id=setting.trip_id,
        place=setting.place,
        start=start,
        end=end,
        begins_at=begins,
        duration_s=hours * 3600,
        pause=pause,
        shots=shots,
        kinds=(*_INDOORS[theme], *(setting.place.views * 2 if outdoors else ())),
        second_skew_s=setting.second_skew_s,
    )


def _local(day: date, hour: float, zone: str) -> datetime:
    return datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC) + timedelta(seconds=round(hour * 3600))


def _offset_s(local: datetime, zone: str) -> int:
    offset = local.replace(tzinfo=ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())

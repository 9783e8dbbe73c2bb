"""From an occasion to the files that a phone and a second camera write."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np

from daguerre.library.frames import Frame, Moment, row_of
from daguerre.library.lives import Life
from daguerre.library.moments import Subject, draw_burst, draw_quality, draw_view, draw_weather, subject_of
from daguerre.library.occasions import Occasion
from daguerre.library.scenes.captions import caption
from daguerre.library.scenes.scene import Scene, choose
from daguerre.library.seeding import rng, seed_of
from daguerre.library.spec import LibrarySpec
from daguerre.library.truth import Camera, Quality, TruthRow, View
from daguerre.library.world import moved

_RARE_OF_PHONES = ("heic", "heic", "heic", "avif", "webp", "png")
_RARE_OF_CAMERAS = ("tiff", "webp", "gif")
_CAKE = Scene(kind="food", food="cake", count=1, color="white", surface="wooden")
#: How far the hand moves between two frames of a burst, in shares of the frame.
_BURST_PAN = 0.006
#: How far a phone's position is off, at most.
_GPS_ERROR_KM = 0.015
_SECOND_CAMERA_SHARE = 0.35


def shots_of(spec: LibrarySpec, life: Life, occasion: Occasion, shots: int) -> Iterator[TruthRow]:
    """Yield about `shots` rows of an occasion in order of time; a moment is never cut in half."""
    r = rng(spec.seed, "shots", occasion.event_id)
    weather = draw_weather(r)
    sizes = _moment_sizes(r, shots)
    for number, (count, is_burst) in enumerate(sizes):
        share = _skip_pause(occasion, (number + float(r.random())) / len(sizes))
        moment = _moment(spec, r, life, occasion, number, count, is_burst, share, weather)
        for frame in _frames(spec, r, occasion, moment, count, share):
            yield row_of(spec.seed, moment, frame)


def _moment_sizes(r: np.random.Generator, shots: int) -> list[tuple[int, bool]]:
    sizes: list[tuple[int, bool]] = []
    while shots > 0:
        chance = float(r.random())
        is_burst = chance < 0.09 and shots >= 3
        count = int(r.integers(3, 7)) if is_burst else 1 if chance < 0.68 else 2 if chance < 0.88 else 3
        sizes.append((count, is_burst))
        shots -= count
    return sizes


def _skip_pause(occasion: Occasion, share: float) -> float:
    """Return the share of the occasion's duration at which this share of its photos is taken."""
    begins, ends = occasion.pause
    share *= 1.0 - (ends - begins)
    return share if share < begins or ends == begins else share + (ends - begins)


def _moment(
    spec: LibrarySpec,
    r: np.random.Generator,
    life: Life,
    occasion: Occasion,
    number: int,
    count: int,
    is_burst: bool,
    share: float,
    weather: str,
) -> Moment:
    moment_id = f"{occasion.event_id}/m{number:02d}"
    local = (occasion.begins_at + timedelta(seconds=occasion.duration_s * share)).astimezone(
        ZoneInfo(occasion.place.zone)
    )
    subject = subject_of(r, life, occasion, local.hour + local.minute / 60, weather)
    if occasion.theme == "birthday" and number == 0:
        subject = Subject(scene=_CAKE, people=())
    by_second = occasion.second_skew_s is not None and not is_burst and r.random() < _SECOND_CAMERA_SHARE
    camera = life.second if by_second else life.phone
    file_format = _format(r, spec, camera, alone=count == 1)
    upright = bool(r.random() < 0.3)
    return Moment(
        moment_id=moment_id,
        owner_id=life.owner_id,
        event=(occasion.event_id, occasion.theme, occasion.trip_id),
        place=occasion.place,
        subject=subject,
        caption=caption(r, subject.scene, True),
        camera=camera,
        skew_s=(occasion.second_skew_s or 0) if by_second else 0,
        writes_offset=camera.phone and bool(r.random() < spec.difficulty.offset_share),
        burst_id=f"{seed_of(spec.seed, moment_id):016x}" if is_burst else None,
        format=file_format,
        size=_size(r, spec, upright=upright, common=file_format != "jpeg"),
        orientation=_orientation(r, camera, upright=upright) if file_format == "jpeg" else 1,
    )


def _frames(
    spec: LibrarySpec, r: np.random.Generator, occasion: Occasion, moment: Moment, count: int, share: float
) -> Iterator[Frame]:
    level = spec.difficulty
    taken_at = occasion.begins_at + timedelta(milliseconds=round(occasion.duration_s * share * 1000))
    position = _position(occasion, share)
    knows_position = moment.camera is not None and moment.camera.phone and r.random() < level.gps_share
    is_burst = moment.burst_id is not None
    qualities = draw_burst(r, count) if is_burst else _qualities(r, moment, level.flaw_share, count)
    sharpest = min(range(count), key=lambda number: qualities[number].blur)
    for number in range(count):
        if number:
            step_s = float(r.uniform(0.2, 0.5) if is_burst else r.uniform(3, 15))
            taken_at += timedelta(milliseconds=round(step_s * 1000))
        gps = moved(*position, float(r.uniform(0, _GPS_ERROR_KM)), float(r.uniform(0, 360)))
        yield Frame(
            number=number,
            taken_at=taken_at,
            position=position,
            gps=gps if knows_position else None,
            view=draw_view(r, _BURST_PAN if is_burst else level.pan) if number else View(),
            quality=qualities[number],
            sharpest=is_burst and number == sharpest,
        )


def _qualities(r: np.random.Generator, moment: Moment, flaw_share: float, count: int) -> list[Quality]:
    dark = moment.subject.scene.time == "night"
    return [draw_quality(r, flaw_share, dark=dark) for _ in range(count)]


def _position(occasion: Occasion, share: float) -> tuple[float, float]:
    (lat_a, lon_a), (lat_b, lon_b) = occasion.start, occasion.end
    # a stroll, not a march: slow at both ends
    along = 0.5 - 0.5 * math.cos(math.pi * share)
    return lat_a + (lat_b - lat_a) * along, lon_a + (lon_b - lon_a) * along


def _format(r: np.random.Generator, spec: LibrarySpec, camera: Camera, *, alone: bool) -> str:
    chance = float(r.random())
    if alone and camera.phone and chance > 1 - spec.videos * 2:
        return "mp4"
    if chance >= spec.rare_formats:
        return "jpeg"
    return choose(r, _RARE_OF_PHONES if camera.phone else _RARE_OF_CAMERAS)


def _size(r: np.random.Generator, spec: LibrarySpec, *, upright: bool, common: bool) -> tuple[int, int]:
    large = r.random() < spec.sizes.large_share and not common
    width, height = spec.sizes.large if large else spec.sizes.common
    return (height, width) if upright else (width, height)


def _orientation(r: np.random.Generator, camera: Camera, *, upright: bool) -> int:
    chance = float(r.random())
    if upright:
        return 6 if chance < 0.5 else 8 if chance < 0.65 else 1
    return 3 if camera.phone and chance < 0.05 else 1

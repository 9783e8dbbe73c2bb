"""What a device writes about one picture, beside what is true about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from daguerre.library.moments import Subject
from daguerre.library.scenes.scene import Scene
from daguerre.library.seeding import seed_of
from daguerre.library.truth import Camera, Quality, TruthRow, View
from daguerre.library.world import Place


@dataclass(frozen=True, kw_only=True)
class Moment:
    """What the frames of one moment have in common.

    Attributes:
        event: Event id, theme and trip id; None and empty outside events.
        skew_s: Error of the camera's clock.
    """

    moment_id: str
    owner_id: str
    event: tuple[str | None, str, str | None]
    place: Place
    subject: Subject
    caption: str
    camera: Camera | None
    skew_s: int = 0
    writes_offset: bool = False
    burst_id: str | None = None
    format: str
    size: tuple[int, int]
    orientation: int = 1


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What is peculiar to one frame: `position` is true, `gps` is written; (lat, lon) in degrees."""

    number: int
    taken_at: datetime
    position: tuple[float, float]
    gps: tuple[float, float] | None
    view: View
    quality: Quality
    sharpest: bool = False


def row_of(seed: int, moment: Moment, frame: Frame) -> TruthRow:
    """Return the row of one file; its key is a number below the moment's name until files are named."""
    local = frame.taken_at.astimezone(ZoneInfo(moment.place.zone))
    camera, scene = moment.camera, moment.subject.scene
    return TruthRow(
        key=f"{moment.moment_id}/{frame.number}",
        owner_id=moment.owner_id,
        media="video" if moment.format == "mp4" else "photo",
        format=moment.format,
        taken_at=frame.taken_at,
        zone=moment.place.zone,
        exif_time=exif_clock(local + timedelta(seconds=moment.skew_s)) if camera else None,
        exif_offset=f"{local:%z}"[:3] + ":" + f"{local:%z}"[3:] if moment.writes_offset else None,
        clock_skew_s=moment.skew_s,
        lat=round(frame.position[0], 6),
        lon=round(frame.position[1], 6),
        gps_lat=round(frame.gps[0], 6) if frame.gps else None,
        gps_lon=round(frame.gps[1], 6) if frame.gps else None,
        place=moment.place.label,
        camera=camera,
        software=camera.software if camera else "",
        event_id=moment.event[0],
        theme=moment.event[1],
        trip_id=moment.event[2],
        moment_id=moment.moment_id,
        burst_id=moment.burst_id,
        best_of_burst=frame.sharpest,
        duplicate_of=None,
        transform="",
        shared_from=None,
        scene=scene,
        scene_seed=seed_of(seed, "scene", moment.moment_id),
        view=frame.view,
        caption=moment.caption,
        quality=frame.quality,
        people=moment.subject.people,
        category=_category(scene),
        sensitive=scene.doc == "document" and seed_of(moment.moment_id) % 3 == 0,
        fault=None,
        width=moment.size[0],
        height=moment.size[1],
        orientation=moment.orientation,
        landed_at=frame.taken_at,
    )


def exif_clock(local: datetime) -> str:
    """Return a local time as cameras write it, with milliseconds."""
    return f"{local:%Y:%m:%d %H:%M:%S}.{local.microsecond // 1000:03d}"


def _category(scene: Scene) -> str:
    if scene.kind != "doc":
        return "photo"
    return scene.doc if scene.doc in ("screenshot", "receipt") else "document"

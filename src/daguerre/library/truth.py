"""What is true about each generated file, whatever its bytes say."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from daguerre.library.scenes.scene import Scene


class Fault(StrEnum):
    """What is wrong with a file. The first group cannot be read; the second holds a good picture that misleads."""

    TRUNCATED = "truncated"
    ZERO_BYTES = "zero_bytes"
    HTML = "html"
    WRONG_MAGIC = "wrong_magic"
    HUGE = "huge"
    GARBAGE = "garbage"

    WRONG_EXTENSION = "wrong_extension"
    NO_EXIF = "no_exif"
    CLOCK_1970 = "clock_1970"
    NULL_ISLAND = "null_island"


UNREADABLE = frozenset({Fault.TRUNCATED, Fault.ZERO_BYTES, Fault.HTML, Fault.WRONG_MAGIC, Fault.HUGE, Fault.GARBAGE})


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A device that takes photos. A phone knows where it is; a camera only knows what its clock says."""

    make: str
    model: str
    software: str
    phone: bool


@dataclass(frozen=True, kw_only=True)
class Quality:
    """How well a photo came out.

    Attributes:
        blur: Standard deviation of the blur in thousandths of the short side.
        noise: Standard deviation of the noise in levels of a byte.
        exposure: Error of the exposure in stops; negative is dark.
    """

    blur: float
    noise: float
    exposure: float

    @property
    def score(self) -> float:
        """Return a number between 0 (useless) and 1 (flawless)."""
        return 1.0 / (1.0 + (self.blur / 3.0) ** 2 + (self.noise / 14.0) ** 2 + (self.exposure / 1.2) ** 2)


@dataclass(frozen=True, kw_only=True)
class View:
    """Where the frame lies on the scene: shift in shares of the frame, zoom from 1 on, roll in degrees."""

    shift_x: float = 0.0
    shift_y: float = 0.0
    zoom: float = 1.0
    roll_deg: float = 0.0


@dataclass(frozen=True, kw_only=True)
class TruthRow:
    """One file of a generated library.

    Attributes:
        key: Source key, `<owner>/<year>/<name>`; the identity of the row.
        taken_at: True time of the picture.
        zone: IANA zone of the place where it was taken.
        exif_time: Local time as written, `YYYY:MM:DD HH:MM:SS.mmm`; None: no time is written.
        exif_offset: Offset as written, `+02:00`, or None.
        clock_skew_s: Written local time minus true local time.
        lat, lon: True position in degrees.
        gps_lat, gps_lon: Position as written, or None.
        place: Name of the city, `Lisbon, PT`.
        event_id: Event to which the photo belongs; None for files that belong to no event.
        theme: What sort of event it is.
        trip_id: Trip to which the event belongs, or None.
        moment_id: Shots of one subject within a minute, and copies of them, share it.
        burst_id: Written in the file as XMP `GCamera:BurstID`, or None.
        best_of_burst: Whether this frame is the sharpest of its burst.
        duplicate_of: Key of the same owner's file of which this is a copy, or None.
        transform: How the copy was made: exact, reencode, resize, crop, filter, messenger, screenshot; else empty.
        shared_from: Key of another owner's file with the same bytes, or None.
        scene_seed: Seed of the pixels; shots of one moment share it.
        people: Names of the people in the picture.
        category: photo, screenshot, document or receipt.
        sensitive: Whether it must not turn up in a memory.
        fault: What is wrong with the file, or None.
        width, height: Of the upright picture, in pixels.
        orientation: EXIF orientation; the pixels are stored accordingly.
        landed_at: When the file came into the source.
    """

    key: str
    owner_id: str
    media: str
    format: str
    taken_at: datetime
    zone: str
    exif_time: str | None
    exif_offset: str | None
    clock_skew_s: int
    lat: float
    lon: float
    gps_lat: float | None
    gps_lon: float | None
    place: str
    camera: Camera | None
    software: str
    event_id: str | None
    theme: str
    trip_id: str | None
    moment_id: str
    burst_id: str | None
    best_of_burst: bool
    duplicate_of: str | None
    transform: str
    shared_from: str | None
    scene: Scene
    scene_seed: int
    view: View
    caption: str
    quality: Quality
    people: tuple[str, ...]
    category: str
    sensitive: bool
    fault: Fault | None
    width: int
    height: int
    orientation: int
    landed_at: datetime

    @property
    def readable(self) -> bool:
        """Return whether the file holds a picture that must be accepted."""
        return self.fault not in UNREADABLE

    def to_json(self) -> dict[str, Any]:
        """Return the row as JSON values; times in ISO 8601."""
        return asdict(self) | {
            "taken_at": self.taken_at.isoformat(timespec="milliseconds"),
            "landed_at": self.landed_at.isoformat(timespec="seconds"),
            "score": round(self.quality.score, 4),
            "readable": self.readable,
        }


def from_json(row: dict[str, Any]) -> TruthRow:
    """Return the row that `to_json` wrote."""
    known = {field.name for field in fields(TruthRow)}
    values = {name: value for name, value in row.items() if name in known}
    scene = values["scene"]
    values |= {
        "taken_at": datetime.fromisoformat(values["taken_at"]).astimezone(UTC),
        "landed_at": datetime.fromisoformat(values["landed_at"]).astimezone(UTC),
        "camera": Camera(**values["camera"]) if values["camera"] else None,
        "scene": Scene(**(scene | {"people": tuple(scene["people"])})),
        "view": View(**values["view"]),
        "quality": Quality(**values["quality"]),
        "people": tuple(values["people"]),
        "fault": Fault(values["fault"]) if values["fault"] else None,
    }
    return TruthRow(**values)

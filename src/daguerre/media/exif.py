"""What a camera wrote beside the pixels. Everything here comes from strangers: bounded, checked, never trusted."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from daguerre.media.notes import Note

_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_MAKE, _MODEL, _ORIENTATION, _SOFTWARE = 0x010F, 0x0110, 0x0112, 0x0131
_USER_COMMENT, _MAKER_NOTE = 0x9286, 0x927C
#: (time, sub-second, offset): when taken, when digitised, when last changed.
_TIMES = ((0x9003, 0x9291, 0x9011), (0x9004, 0x9292, 0x9012), (0x0132, 0x9290, 0x9010))
_BURST_XMP = re.compile(rb"GCamera:BurstID(?:=\"|=')?>?([A-Za-z0-9_.:-]{1,64})")
_BURST_COMMENT = re.compile(r"BurstUUID=([A-Za-z0-9-]{1,64})")
#: Tag 11 of Apple's maker note is the UUID that the frames of one burst share; the IFD is big-endian.
_APPLE = b"Apple iOS\0"
_APPLE_BURST = b"\x00\x0b\x00\x02"
_LONGEST = 120


@dataclass(frozen=True, kw_only=True)
class WrittenTime:
    """One date as it stands in the file: local time, fraction of a second and UTC offset, all of them text."""

    text: str
    subsec: str = ""
    offset: str = ""


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where the receiver was, in degrees of WGS 84."""

    lat: float
    lon: float


@dataclass(frozen=True, kw_only=True)
class Written:
    """What the file says about itself.

    Attributes:
        orientation: 1-8 as in EXIF; None when the file has none.
        times: Best first.
    """

    orientation: int | None = None
    times: tuple[WrittenTime, ...] = ()
    position: Position | None = None
    camera: str | None = None
    software: str | None = None
    burst_id: str | None = None
    notes: tuple[Note, ...] = ()


def read_exif(image: Any) -> Written:
    """Read what an opened Pillow image carries; nonsense is dropped and noted, nothing is raised."""
    try:
        exif = image.getexif()
        base, inner, gps = dict(exif), dict(exif.get_ifd(_EXIF_IFD)), dict(exif.get_ifd(_GPS_IFD))
    except Exception:  # noqa: BLE001, RUF100 - parsers raise anything on a stranger's bytes
        return Written(burst_id=_burst(image, {}), notes=(Note.EXIF_UNREADABLE,))
    notes: list[Note] = []
    position, complaint = _position(gps)
    if complaint:
        notes.append(complaint)
    orientation = base.get(_ORIENTATION)
    if orientation is not None and orientation not in range(1, 9):
        notes.append(Note.BAD_ORIENTATION)
        orientation = None
    return Written(
        orientation=orientation,
        times=_times(base | inner),
        position=position,
        camera=camera_name(plain(base.get(_MAKE)), plain(base.get(_MODEL))),
        software=plain(base.get(_SOFTWARE)),
        burst_id=_burst(image, inner),
        notes=tuple(notes),
    )


def camera_name(make: str | None, model: str | None) -> str | None:
    """Join make and model; many models begin with the make already."""
    if not make or not model:
        return model or make
    first = make.split()[0].lower()
    return model if model.lower().startswith(first) else f"{make} {model}"[:_LONGEST]


def plain(value: object) -> str | None:
    """Return one short printable line, or None when nothing of that kind was written."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    text = "".join(c if c.isprintable() else " " for c in value.split("\0", 1)[0][: 4 * _LONGEST])
    return " ".join(text.replace("\N{REPLACEMENT CHARACTER}", "").split())[:_LONGEST].strip() or None


def position_of(lat: float, lon: float) -> tuple[Position | None, Note | None]:
    """Check a pair of degrees."""
    if not (math.isfinite(lat) and math.isfinite(lon)) or abs(lat) > 90 or abs(lon) > 180:
        return None, Note.BAD_GPS
    if abs(lat) < 0.001 and abs(lon) < 0.001:
        return None, Note.NULL_ISLAND
    return Position(lat=round(lat, 7), lon=round(lon, 7)), None


def _position(gps: dict[int, Any]) -> tuple[Position | None, Note | None]:
    if 2 not in gps and 4 not in gps:
        return None, None
    try:
        lat, lon = _degrees(gps[2]), _degrees(gps[4])
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None, Note.BAD_GPS
    south = (plain(gps.get(1)) or "N").upper().startswith("S")
    west = (plain(gps.get(3)) or "E").upper().startswith("W")
    return position_of(-lat if south else lat, -lon if west else lon)


def _degrees(value: Any) -> float:
    parts = [float(part) for part in value]
    if not 1 <= len(parts) <= 3:
        raise ValueError(f"{len(parts)} numbers for an angle")
    return sum(part / 60**power for power, part in enumerate(parts))


def _times(tags: dict[int, Any]) -> tuple[WrittenTime, ...]:
    found = []
    for time, subsec, offset in _TIMES:
        text = plain(tags.get(time))
        if text:
            found.append(
                WrittenTime(text=text, subsec=plain(tags.get(subsec)) or "", offset=plain(tags.get(offset)) or "")
            )
    return tuple(found)


def _burst(image: Any, inner: dict[int, Any]) -> str | None:
    xmp = image.info.get("xmp")
    if isinstance(xmp, str):
        xmp = xmp.encode()
    if isinstance(xmp, bytes) and (match := _BURST_XMP.search(xmp)):
        return match[1].decode()
    note = inner.get(_MAKER_NOTE)
    if isinstance(note, bytes) and note.startswith(_APPLE):
        return _apple_burst(note)
    comment = inner.get(_USER_COMMENT)
    if isinstance(comment, bytes):  # eight bytes name the character set
        comment = comment[:_LONGEST].decode("ascii", "replace")
    match_in_comment = _BURST_COMMENT.search(comment) if isinstance(comment, str) else None
    return match_in_comment[1] if match_in_comment else None


def _apple_burst(note: bytes) -> str | None:
    for index in range(min(int.from_bytes(note[14:16], "big"), 64)):
        entry = note[16 + 12 * index : 28 + 12 * index]
        if entry[:4] == _APPLE_BURST:
            count, start = int.from_bytes(entry[4:8], "big"), int.from_bytes(entry[8:12], "big")
            text = plain(note[start : start + min(count, 64)]) or ""
            return text if re.fullmatch(r"[0-9A-Fa-f-]{32,36}", text) else None
    return None

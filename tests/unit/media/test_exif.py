from __future__ import annotations

import struct

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from daguerre.media.decode import decode
from daguerre.media.exif import Position, Written, camera_name, plain
from daguerre.media.notes import Note
from tests.fakes import bad_files


def written(
    base: dict[int, object] | None = None,
    inner: dict[int, object] | None = None,
    gps: dict[int, object] | None = None,
    **options: object,
) -> Written:
    exif = Image.Exif()
    exif.update(base or {})
    exif.get_ifd(0x8769).update(inner or {})
    exif.get_ifd(0x8825).update(gps or {})
    data = bad_files.encoded(bad_files.scene(64, 48), "JPEG", exif=exif, **options)
    return decode(data, max_pixels=10**6).written


def _gps(lat: object, lon: object, north: str = "N", east: str = "E") -> dict[int, object]:
    return {1: north, 2: lat, 3: east, 4: lon}


def test_what_a_camera_writes_is_read() -> None:
    found = written(
        {0x010F: "Canon", 0x0110: "Canon EOS R5", 0x0131: "Firmware 1.2", 0x0132: "2021:01:01 00:00:00"},
        {0x9003: "2020:07:08 09:10:11", 0x9291: "25", 0x9011: "+02:00"},
        _gps((38.0, 42.0, 36.0), (9.0, 7.0, 30.0), "N", "W"),
    )
    assert found.camera == "Canon EOS R5"
    assert found.software == "Firmware 1.2"
    assert found.position == Position(lat=38.71, lon=-9.125)
    assert [(t.text, t.subsec, t.offset) for t in found.times] == [
        ("2020:07:08 09:10:11", "25", "+02:00"),
        ("2021:01:01 00:00:00", "", ""),
    ]
    assert found.notes == ()


@pytest.mark.parametrize(
    ("gps", "note"),
    [
        (_gps((91.0, 0.0, 0.0), (9.0, 0.0, 0.0)), Note.BAD_GPS),
        (_gps((45.0, 0.0, 0.0), (181.0, 0.0, 0.0)), Note.BAD_GPS),
        (_gps((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)), Note.NULL_ISLAND),
        (_gps((IFDRational(0, 0), 0.0, 0.0), (9.0, 0.0, 0.0)), Note.BAD_GPS),
        ({2: (1.0, 2.0, 3.0)}, Note.BAD_GPS),
    ],
)
def test_impossible_positions_are_dropped_and_noted(gps: dict[int, object], note: Note) -> None:
    found = written(gps=gps)
    assert found.position is None
    assert found.notes == (note,)


@pytest.mark.parametrize(
    ("make", "model", "name"),
    [
        ("Canon", "Canon EOS R5", "Canon EOS R5"),
        ("NIKON CORPORATION", "NIKON D850", "NIKON D850"),
        ("Apple", "iPhone 15", "Apple iPhone 15"),
        (None, "X100", "X100"),
        ("FUJIFILM", None, "FUJIFILM"),
        (None, None, None),
    ],
)
def test_the_make_is_never_said_twice(make: str | None, model: str | None, name: str | None) -> None:
    assert camera_name(make, model) == name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  a\tb \0garbage", "a b"),
        (b"caf\xc3\xa9\0", "café"),
        (b"\xff\xfe", None),
        (7, None),
        ("", None),
        ("x" * 9999, "x" * 120),
    ],
)
def test_text_is_one_short_printable_line(value: object, text: str | None) -> None:
    assert plain(value) == text


def test_a_burst_is_known_by_xmp_by_comment_or_by_apples_note() -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description GCamera:BurstID="b-17"/></x:xmpmeta>'
    assert written(xmp=xmp).burst_id == "b-17"
    element = b"<x:xmpmeta><GCamera:BurstID>b-18</GCamera:BurstID></x:xmpmeta>"
    assert written(xmp=element).burst_id == "b-18"
    assert written(inner={0x9286: b"ASCII\0\0\0BurstUUID=AB-12"}).burst_id == "AB-12"
    uuid = b"0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0\0"
    note = b"Apple iOS\0\0\1MM" + struct.pack(">HHHII", 1, 0x000B, 2, len(uuid), 32) + b"\0\0\0\0" + uuid
    assert written(inner={0x927C: note}).burst_id == uuid[:-1].decode()
    assert written().burst_id is None


def test_apples_note_with_a_pointer_into_nowhere_says_nothing() -> None:
    note = b"Apple iOS\0\0\1MM" + struct.pack(">HHHII", 60_000, 0x000B, 2, 0xFFFFFFFF, 0xFFFFFF00)
    assert written(inner={0x927C: note}).burst_id is None

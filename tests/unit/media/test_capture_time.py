from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from daguerre.media.capture_time import CaptureTime, capture_time, container_time
from daguerre.media.exif import Position, WrittenTime
from daguerre.media.notes import Note

MODIFIED = datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
LATEST = datetime(2024, 3, 2, tzinfo=UTC)
LISBON = Position(lat=38.71, lon=-9.13)
PACIFIC = Position(lat=0.0, lon=-160.0)


def taken(text: str, *more: str, offset: str = "", subsec: str = "", position: Position | None = None) -> CaptureTime:
    times = [WrittenTime(text=text, offset=offset, subsec=subsec), *(WrittenTime(text=other) for other in more)]
    return capture_time(times, position, modified=MODIFIED, latest=LATEST)


def test_a_written_offset_is_believed() -> None:
    found = taken("2020:07:08 09:10:11", offset="+05:30", subsec="25", position=LISBON)
    assert found.at == datetime(2020, 7, 8, 3, 40, 11, 250_000, tzinfo=UTC)
    assert (found.offset_minutes, found.source, found.notes) == (330, "exif_offset", ())


@pytest.mark.parametrize(("text", "hour"), [("2020:07:08 09:10:11", 8), ("2020:01:08 09:10:11", 9)])
def test_without_an_offset_the_zone_of_the_place_is_taken_with_its_summer_time(text: str, hour: int) -> None:
    found = taken(text, position=LISBON)
    assert found.at.hour == hour
    assert (found.offset_minutes, found.source) == ((9 - hour) * 60, "gps_zone")


def test_without_offset_and_place_utc_is_assumed_and_said() -> None:
    found = taken("2020:07:08 09:10:11")
    assert found.at == datetime(2020, 7, 8, 9, 10, 11, tzinfo=UTC)
    assert (found.offset_minutes, found.source, found.notes) == (None, "exif_assumed_utc", (Note.ASSUMED_UTC,))


def test_the_open_ocean_keeps_nautical_time() -> None:
    assert taken("2020:07:08 09:10:11", position=PACIFIC).offset_minutes == -660


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("0000:00:00 00:00:00", Note.BAD_TIME),
        ("2020:13:01 00:00:00", Note.BAD_TIME),
        ("2020:02:30 00:00:00", Note.BAD_TIME),
        ("    :  :     :  :  ", Note.BAD_TIME),
        ("yesterday", Note.BAD_TIME),
        ("1700:01:01 00:00:00", Note.BAD_TIME),
        ("1970:01:01 00:00:00", Note.EPOCH_TIME),
        ("1904:01:01 00:00:00", Note.EPOCH_TIME),
        ("2024:03:03 00:00:00", Note.FUTURE_TIME),
        ("9999:12:31 23:59:59", Note.FUTURE_TIME),
    ],
)
def test_nonsense_is_dropped_and_noted(text: str, note: Note) -> None:
    found = taken(text)
    assert (found.at, found.source, found.offset_minutes) == (MODIFIED, "modified", None)
    assert note in found.notes
    assert found.notes[-1] is Note.NO_TIME


def test_a_worse_date_serves_when_the_best_is_nonsense() -> None:
    found = taken("0000:00:00 00:00:00", "2019:01:02 03:04:05")
    assert found.at.year == 2019
    assert found.notes == (Note.BAD_TIME, Note.ASSUMED_UTC)


def test_a_clock_a_day_ahead_is_only_a_zone() -> None:
    assert taken("2024:03:01 23:00:00").source == "exif_assumed_utc"


@pytest.mark.parametrize("offset", ["+25:00", "nonsense", "+14:30", "-12:30", "+02:99"])
def test_an_offset_that_no_place_keeps_is_dropped_and_noted(offset: str) -> None:
    found = taken("2020:07:08 09:10:11", offset=offset)
    assert found.notes == (Note.BAD_OFFSET, Note.ASSUMED_UTC)


def test_scans_may_be_older_than_cameras() -> None:
    assert taken("1931:05:06 12:00:00").at.year == 1931


def test_odd_spellings_of_a_date_are_read() -> None:
    for text in ("2020-07-08 09:10:11", "2020/07/08T09:10:11", "2020:7:8 9:10:11"):
        assert taken(text).at == datetime(2020, 7, 8, 9, 10, 11, tzinfo=UTC)
    assert taken("2020:07:08 09:10:11+02:00").source == "exif_offset"


def container(text: str | None, position: Position | None = None) -> CaptureTime:
    return container_time(text, position, modified=MODIFIED, latest=LATEST)


def test_a_container_keeps_utc_and_its_position_tells_the_zone() -> None:
    assert container("2020-07-08T09:10:11.000000Z").offset_minutes is None
    found = container("2020-07-08T09:10:11.000000Z", LISBON)
    assert found.at == datetime(2020, 7, 8, 9, 10, 11, tzinfo=UTC)
    assert (found.offset_minutes, found.source) == (60, "container")


def test_a_container_may_keep_local_time_with_its_offset() -> None:
    found = container("2020-07-08T09:10:11+0200", LISBON)
    assert found.at == datetime(2020, 7, 8, 7, 10, 11, tzinfo=UTC)
    assert found.offset_minutes == 120


@pytest.mark.parametrize("text", [None, "1904-01-01T00:00:00Z", "soon"])
def test_a_container_without_a_date_has_that_of_its_object(text: str | None) -> None:
    found = container(text)
    assert (found.at, found.source) == (MODIFIED, "modified")
    assert LATEST - found.at > timedelta()

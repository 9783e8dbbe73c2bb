"""A generated library as the stages would read it back, without writing a file: what was written, and the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from daguerre.curation.clocks import settle_zones
from daguerre.curation.columns import PhotoColumns
from daguerre.features.descriptor import describe
from daguerre.library.pixels import picture_of
from daguerre.library.plan import LibraryPlan
from daguerre.library.truth import TruthRow
from tests.fakes.lives import LOOK_DIM, columns


@dataclass(frozen=True, kw_only=True, eq=False)
class Told:
    """Photos of one owner by written time; event and trip are "" where there is none; times are seconds UTC."""

    columns: PhotoColumns
    true_s: np.ndarray
    event: np.ndarray
    trip: np.ndarray


def told(plan: LibraryPlan, owner: str, *, looks: bool = False) -> Told:
    """Return what an owner's files say; `looks` paints every picture and describes it, 10 ms each."""
    rows = [row for row in plan.of(owner) if _timed(row)]
    wall = np.array([_seconds(row) for row in rows])
    offset = np.array([_offset(row) for row in rows])
    assumed = np.isnan(offset)
    taken, settled = settle_zones(np.where(assumed, wall, wall - np.nan_to_num(offset)), offset, assumed)
    descriptor = np.zeros((len(rows), LOOK_DIM), np.float32)
    if looks:
        descriptor = np.array([describe(picture_of(row, plan.original(row))) for row in rows], np.float32)
    made = columns(
        len(rows),
        taken_s=taken,
        offset_s=settled,
        lat=_floats([row.gps_lat for row in rows]),
        lon=_floats([row.gps_lon for row in rows]),
        camera=np.array([f"{row.camera.make} {row.camera.model}" if row.camera else "" for row in rows], object),
        descriptor=descriptor,
        document=np.zeros(len(rows)),
    )
    order = np.lexsort((made.photo_id.astype(str), made.taken_s))
    return Told(
        columns=made.take(order),
        true_s=np.array([row.taken_at.timestamp() for row in rows])[order],
        event=np.array([row.event_id or "" for row in rows], object)[order],
        trip=np.array([row.trip_id or "" for row in rows], object)[order],
    )


def _seconds(row: TruthRow) -> float:
    assert row.exif_time is not None
    return datetime.strptime(row.exif_time, "%Y:%m:%d %H:%M:%S.%f").replace(tzinfo=UTC).timestamp()


def _offset(row: TruthRow) -> float:
    if row.exif_offset:
        hours, minutes = row.exif_offset[1:].split(":")
        return (int(hours) * 3600 + int(minutes) * 60) * (-1.0 if row.exif_offset[0] == "-" else 1.0)
    if row.gps_lat is None or row.gps_lon == 0.0:
        return float("nan")
    away = row.taken_at.astimezone(ZoneInfo(row.zone)).utcoffset()
    assert away is not None
    return away.total_seconds()


def _floats(values: Sequence[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values])


def _timed(row: TruthRow) -> bool:
    """Return whether the file's own time would be believed."""
    return row.readable and row.category == "photo" and row.exif_time is not None and row.exif_time[:4] >= "2000"

"""From what was made of an original to rows of the catalogue."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from daguerre.ids import BatchKey, OwnerId, PhotoId, keyframe_id, photo_id
from daguerre.landing.manifest import LandedObject, object_id
from daguerre.media.exif import Position
from daguerre.media.ingest import Ingested, Picture
from daguerre.media.packs import PackWriter
from daguerre.media.place import place_names
from daguerre.media.reasons import Refused
from daguerre.tables import schemas

Row = dict[str, Any]

#: One row per picture or refusal of a unit: a photo's columns, which object it came from, or why there is none.
OUTCOMES = pa.schema(
    [
        pa.field("object_key", pa.string(), nullable=False),
        pa.field("object_etag", pa.string(), nullable=False),
        pa.field("object_owner", pa.string(), nullable=False),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("attempts", pa.int16()),
        *(pa.field(f.name, f.type) for f in schemas.PHOTOS),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What all rows of a batch have in common."""

    batch: BatchKey
    source: str
    sealed_at: datetime
    code_version: str
    run_id: str


def refused_row(landed: LandedObject, refused: Refused, provenance: Provenance) -> Row:
    """Return the outcome of an object that is no photo."""
    return _object(landed, provenance) | {
        "reason": str(refused.reason),
        "detail": refused.detail,
        "attempts": refused.attempts,
    }


def photo_rows(landed: LandedObject, ingested: Ingested, pack: PackWriter, provenance: Provenance) -> list[Row]:
    """Put the pictures of one original into the pack and return its row, and one for each further keyframe."""
    identity = photo_id(OwnerId(landed.owner_id), ingested.content_sha256)
    whole = _object(landed, provenance) | _facts(landed, ingested)
    media = "video" if ingested.format.is_video else "photo"
    first, *more = ingested.pictures
    rows = [whole | {"photo_id": identity, "media": media} | _picture(first, pack)]
    return rows + [whole | _keyframe(identity, picture) | _picture(picture, pack) for picture in more]


def with_places(rows: Sequence[Row]) -> list[Row]:
    """Name the places of the rows that have a position."""
    located = [(index, Position(lat=row["lat"], lon=row["lon"])) for index, row in enumerate(rows) if _has(row, "lat")]
    names = place_names([position for _, position in located])
    places = {index: name for (index, _), name in zip(located, names, strict=True)}
    return [row | {"place": places.get(index)} for index, row in enumerate(rows)]


def outcome_table(rows: Sequence[Row]) -> pa.Table:
    """Return rows as one table of `OUTCOMES`."""
    return pa.Table.from_pylist(list(rows), schema=OUTCOMES)


def photos_of(outcomes: pa.Table) -> pa.Table:
    """Return the rows for the catalogue; of equal photos the first."""
    accepted = outcomes.filter(pc.is_null(outcomes["reason"]))
    ids = accepted["photo_id"].to_pylist()
    first = {identity: index for index, identity in reversed(list(enumerate(ids)))}
    return accepted.take(pa.array(sorted(first.values()), pa.int64())).select(schemas.PHOTOS.names)


def objects_of(outcomes: pa.Table) -> pa.Table:
    """Return which object became which photo."""
    rows = [
        {
            "object_id": object_id(BatchKey(row["batch"]), row["object_key"]),
            "batch": row["batch"],
            "key": row["object_key"],
            "etag": row["object_etag"],
            "photo_id": row["photo_id"],
            "code_version": row["code_version"],
            "run_id": row["run_id"],
        }
        for row in _columns(outcomes, ["object_key", "object_etag", "reason", "media"], schemas.OBJECTS.names)
        if row["reason"] is None and row["media"] != "keyframe"
    ]
    return pa.Table.from_pylist(rows, schema=schemas.OBJECTS)


def rejected_of(outcomes: pa.Table) -> pa.Table:
    """Return the refusals."""
    refused = outcomes.filter(pc.is_valid(outcomes["reason"]))
    rows = [
        {
            "rejection_id": _rejection_id("photos", "", row["batch"], row["object_key"]),
            "stage": "photos",
            "space": "",
            "batch": row["batch"],
            "subject": row["object_key"],
            "owner_id": row["object_owner"],
            "reason": row["reason"],
            "detail": row["detail"],
            "attempts": row["attempts"],
            "code_version": row["code_version"],
            "run_id": row["run_id"],
            "at": row["ingested_at"],
        }
        for row in refused.to_pylist()
    ]
    return pa.Table.from_pylist(rows, schema=schemas.REJECTED)


def _columns(table: pa.Table, names: Sequence[str], more: Sequence[str]) -> list[Mapping[str, Any]]:
    return table.select([name for name in table.column_names if name in (*names, *more)]).to_pylist()


def _object(landed: LandedObject, provenance: Provenance) -> Row:
    return {
        "object_key": landed.key,
        "object_etag": landed.etag,
        "object_owner": landed.owner_id,
        "batch": provenance.batch,
        "source": provenance.source,
        "code_version": provenance.code_version,
        "run_id": provenance.run_id or None,
        # Not the present: the same batch gives the same rows whenever it runs.
        "ingested_at": provenance.sealed_at,
    }


def _facts(landed: LandedObject, ingested: Ingested) -> Row:
    return {
        "owner_id": landed.owner_id,
        "source_key": landed.key,
        "duration_ms": ingested.duration_ms,
        "content_sha256": ingested.content_sha256,
        "format": str(ingested.format),
        "bytes": ingested.bytes,
        "width": ingested.width,
        "height": ingested.height,
        "orientation": ingested.orientation,
        "taken_at": ingested.taken.at,
        "offset_minutes": ingested.taken.offset_minutes,
        "time_source": ingested.taken.source,
        "lat": ingested.position.lat if ingested.position else None,
        "lon": ingested.position.lon if ingested.position else None,
        "camera": ingested.camera,
        "software": ingested.software,
        "burst_id": ingested.burst_id,
        "notes": [str(note) for note in ingested.notes],
    }


def _keyframe(video: PhotoId, picture: Picture) -> Row:
    frame_ms = picture.frame_ms or 0
    return {"photo_id": keyframe_id(video, frame_ms), "media": "keyframe", "video_id": video}


def _picture(picture: Picture, pack: PackWriter) -> Row:
    return {
        "frame_ms": picture.frame_ms,
        "pixel_sha256": picture.pixel_sha256,
        "pdq": picture.pdq,
        "pdq_quality": picture.pdq_quality,
        "pack": pack.key,
        "proxy_offset": pack.add(picture.proxy),
        "proxy_bytes": len(picture.proxy),
        "proxy_width": picture.proxy_width,
        "proxy_height": picture.proxy_height,
        "thumb_offset": pack.add(picture.thumb),
        "thumb_bytes": len(picture.thumb),
    }


def _has(row: Row, name: str) -> bool:
    return row.get(name) is not None


def _rejection_id(stage: str, space: str, batch: str, subject: str) -> str:
    return hashlib.sha256(f"{stage}\0{space}\0{batch}\0{subject}".encode()).hexdigest()[:32]

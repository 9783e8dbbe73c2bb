"""Columns of every table. Times are aware UTC in microseconds; lengths are pixels or bytes as named."""

from __future__ import annotations

import pyarrow as pa

_UTC = pa.timestamp("us", tz="UTC")
#: Without this mark on the key column, concurrent upserts of one key silently store it several times.
_KEY = {b"lance-schema:unenforced-primary-key": b"true"}


def _key(name: str) -> pa.Field:
    return pa.field(name, pa.string(), nullable=False, metadata=_KEY)


#: One row per photo, video or keyframe. Narrow: pictures lie in packs.
PHOTOS = pa.schema(
    [
        _key("photo_id"),
        pa.field("owner_id", pa.string(), nullable=False),
        pa.field("batch", pa.string(), nullable=False),
        pa.field("media", pa.string(), nullable=False),  # photo | video | keyframe
        ("video_id", pa.string()),  # the video that a keyframe belongs to
        ("frame_ms", pa.int64()),
        ("duration_ms", pa.int64()),
        pa.field("source", pa.string(), nullable=False),  # root of the source, as opened
        pa.field("source_key", pa.string(), nullable=False),
        pa.field("content_sha256", pa.string(), nullable=False),
        ("pixel_sha256", pa.string()),  # of the proxy's pixels: equal pictures in different containers
        pa.field("format", pa.string(), nullable=False),  # jpeg png webp heic avif tiff gif mp4 mov
        pa.field("bytes", pa.int64(), nullable=False),
        pa.field("width", pa.int32(), nullable=False),  # upright
        pa.field("height", pa.int32(), nullable=False),
        ("orientation", pa.int8()),
        ("taken_at", _UTC),
        ("offset_minutes", pa.int16()),  # local time = taken_at + offset
        ("time_source", pa.string()),  # exif_offset | gps_zone | exif_assumed_utc | container | modified
        ("lat", pa.float64()),
        ("lon", pa.float64()),
        ("place", pa.string()),  # "Lisbon, PT"; null without GPS
        ("camera", pa.string()),
        ("software", pa.string()),
        ("burst_id", pa.string()),
        ("notes", pa.list_(pa.string())),  # what was dropped or assumed, in words of a closed list
        ("pdq", pa.binary(32)),
        ("pdq_quality", pa.int16()),
        pa.field("pack", pa.string(), nullable=False),
        pa.field("proxy_offset", pa.int64(), nullable=False),
        pa.field("proxy_bytes", pa.int32(), nullable=False),
        pa.field("proxy_width", pa.int32(), nullable=False),
        pa.field("proxy_height", pa.int32(), nullable=False),
        pa.field("thumb_offset", pa.int64(), nullable=False),
        pa.field("thumb_bytes", pa.int32(), nullable=False),
        pa.field("code_version", pa.string(), nullable=False),
        ("run_id", pa.string()),
        pa.field("ingested_at", _UTC, nullable=False),
    ]
)

#: One row per landed object that became a photo: two uploads of the same bytes are two objects and one photo.
OBJECTS = pa.schema(
    [
        _key("object_id"),  # sha256(batch, 0, key)[:32]
        pa.field("batch", pa.string(), nullable=False),
        pa.field("key", pa.string(), nullable=False),
        pa.field("etag", pa.string(), nullable=False),
        pa.field("photo_id", pa.string(), nullable=False),
        pa.field("code_version", pa.string(), nullable=False),
        ("run_id", pa.string()),
    ]
)

#: One row per refusal; `subject` is an object key (photos stage) or a photo_id (later stages).
REJECTED = pa.schema(
    [
        _key("rejection_id"),  # sha256(stage, 0, space, 0, batch, 0, subject)[:32]
        pa.field("stage", pa.string(), nullable=False),
        pa.field("space", pa.string(), nullable=False),
        pa.field("batch", pa.string(), nullable=False),
        pa.field("subject", pa.string(), nullable=False),
        pa.field("owner_id", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("detail", pa.string(), nullable=False),
        pa.field("attempts", pa.int16(), nullable=False),
        pa.field("code_version", pa.string(), nullable=False),
        ("run_id", pa.string()),
        pa.field("at", _UTC, nullable=False),
    ]
)

#: The always-on descriptor of one photo, made without trained weights.
DESCRIPTOR_DIM = 266
DESCRIPTORS = pa.schema(
    [
        _key("photo_id"),
        pa.field("owner_id", pa.string(), nullable=False),
        pa.field("batch", pa.string(), nullable=False),
        pa.field("vector", pa.list_(pa.float16(), DESCRIPTOR_DIM), nullable=False),
        pa.field("code_version", pa.string(), nullable=False),
    ]
)


def vectors(dim: int) -> pa.Schema:
    """Return the columns of one space's vector table: unit rows of `dim` float16 numbers."""
    return pa.schema(
        [
            _key("photo_id"),
            pa.field("owner_id", pa.string(), nullable=False),
            pa.field("batch", pa.string(), nullable=False),
            ("taken_at", _UTC),
            ("place", pa.string()),
            pa.field("media", pa.string(), nullable=False),
            pa.field("vector", pa.list_(pa.float16(), dim), nullable=False),
        ]
    )


#: Membership of photos in groups of equals; a photo is in at most one group of each kind.
DUPLICATES = pa.schema(
    [
        _key("row_id"),  # sha256(kind, 0, photo_id)[:32]
        pa.field("owner_id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),  # exact | near | burst
        pa.field("group_id", pa.string(), nullable=False),  # photo_id of the medoid
        pa.field("photo_id", pa.string(), nullable=False),
        pa.field("is_best", pa.bool_(), nullable=False),  # kept; several where somebody keeps both
        pa.field("distance", pa.float32(), nullable=False),  # to the medoid, in the measure of the kind
        pa.field("reason", pa.string(), nullable=False),
        pa.field("code_version", pa.string(), nullable=False),
    ]
)

#: What people decided about duplicates; no run ever writes here.
VERDICTS = pa.schema(
    [
        _key("verdict_id"),  # sha256(about, 0, photo_ids)[:32]: a later verdict about the same replaces it
        pa.field("owner_id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),  # not_duplicate | keep_both | best
        pa.field("photo_ids", pa.list_(pa.string()), nullable=False),  # sorted; one for best
        pa.field("actor", pa.string(), nullable=False),
        pa.field("at", _UTC, nullable=False),
    ]
)

#: Which photos of large libraries have been compared with all others of their owner, and came close to which.
EDGES = pa.schema(
    [
        _key("photo_id"),
        pa.field("owner_id", pa.string(), nullable=False),
        pa.field("facts", pa.int64(), nullable=False),  # digest of what was compared
        pa.field("projections", pa.int16(), nullable=False),  # of the blocks that were compared within
        pa.field("others", pa.list_(pa.string()), nullable=False),  # with smaller photo_ids
        pa.field("other_facts", pa.list_(pa.int64()), nullable=False),  # an edge counts while both facts hold
        pa.field("code_version", pa.string(), nullable=False),
    ]
)

#: One row per event; `photo_ids` in order of time.
EVENTS = pa.schema(
    [
        _key("event_id"),
        pa.field("owner_id", pa.string(), nullable=False),
        pa.field("starts_at", _UTC, nullable=False),
        pa.field("ends_at", _UTC, nullable=False),
        ("lat", pa.float64()),
        ("lon", pa.float64()),
        ("place", pa.string()),
        ("trip_id", pa.string()),
        pa.field("photo_ids", pa.list_(pa.string()), nullable=False),
        pa.field("representative_id", pa.string(), nullable=False),
        pa.field("code_version", pa.string(), nullable=False),
        ("place_inferred", pa.bool_()),  # no photo of it has GPS: lat, lon, place are those of its neighbours in time
        ("moments", pa.int32()),  # of which it consists
    ]
)

#: What was put right about times and places, and how sure that is. The catalogue keeps what was written.
CORRECTIONS = pa.schema(
    [
        _key("correction_id"),
        pa.field("owner_id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),  # clock | place
        ("camera", pa.string()),  # whose clock was wrong
        ("reference", pa.string()),  # the camera whose clock told
        ("offset_s", pa.float64()),  # by which the clock was ahead
        pa.field("from_at", _UTC, nullable=False),  # written time of the first photo it is about
        pa.field("to_at", _UTC, nullable=False),
        pa.field("confidence", pa.float32(), nullable=False),
        pa.field("pairs", pa.int32(), nullable=False),  # pictures that told; 0: occasions alone
        ("lat", pa.float64()),
        ("lon", pa.float64()),
        ("place", pa.string()),
        pa.field("photo_ids", pa.list_(pa.string()), nullable=False),
        pa.field("code_version", pa.string(), nullable=False),
    ]
)

#: One row per theme of a library, on two levels; `photo_ids` most typical first.
THEMES = pa.schema(
    [
        _key("theme_id"),
        pa.field("owner_id", pa.string(), nullable=False),
        ("parent_id", pa.string()),
        pa.field("label", pa.string(), nullable=False),
        pa.field("photo_ids", pa.list_(pa.string()), nullable=False),
        pa.field("code_version", pa.string(), nullable=False),
    ]
)

#: One row per memory that may be shown.
MEMORIES = pa.schema(
    [
        _key("memory_id"),
        pa.field("owner_id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),  # on_this_day, trip, ...: curation.memory.KINDS
        pa.field("title", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("score", pa.float32(), nullable=False),
        pa.field("rank", pa.int32(), nullable=False),
        pa.field("cover_id", pa.string(), nullable=False),
        pa.field("photo_ids", pa.list_(pa.string()), nullable=False),
        pa.field("starts_at", _UTC, nullable=False),
        pa.field("ends_at", _UTC, nullable=False),
        pa.field("made_for", pa.date32(), nullable=False),
        ("rules_number", pa.int32()),  # version of the owner's exclusion rules that it was made under
        pa.field("code_version", pa.string(), nullable=False),
    ]
)

#: One row per memory and day on which it was shown to its owner; outlives the memory.
SHOWN = pa.schema(
    [
        _key("shown_id"),  # sha256("shown", 0, owner_id, 0, memory_id, 0, day)[:32]
        pa.field("owner_id", pa.string(), nullable=False),
        pa.field("memory_id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("photo_ids", pa.list_(pa.string()), nullable=False),
        pa.field("shown_at", _UTC, nullable=False),
    ]
)

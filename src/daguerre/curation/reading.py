"""One owner's library, read from the tables and the lake into columns."""

from __future__ import annotations

import functools
from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from daguerre.curation.clock_skew import apply_skews, find_skews
from daguerre.curation.clocks import settle_zones
from daguerre.curation.columns import Floats, Ints, PhotoColumns, Words
from daguerre.curation.liking import Liking, counts_of, read_liking
from daguerre.features.concepts import NOT_TO_REMEMBER
from daguerre.features.lake import landing_day, newest, read_partition
from daguerre.features.views import (
    CREATED_TIMESTAMP,
    EVENT_TIMESTAMP,
    PHOTO_AESTHETIC,
    PHOTO_CONCEPTS,
    PHOTO_FACES,
    PHOTO_QUALITY,
    View,
)
from daguerre.ids import BatchKey, OwnerId, parse_batch
from daguerre.tables import catalogue
from daguerre.tables.columns import to_matrix
from daguerre.tables.sql import one_of, quote
from daguerre.workspace import Workspace

_COLUMNS = [
    "photo_id",
    "batch",
    "source_key",
    "media",
    "format",
    "taken_at",
    "offset_minutes",
    "time_source",
    "lat",
    "lon",
    "place",
    "camera",
    "software",
    "burst_id",
    "width",
    "height",
    "bytes",
    "pixel_sha256",
    "pdq",
    "pdq_quality",
]
_SIGNALS = {
    PHOTO_QUALITY.name: ("sharpness", "exposure", "contrast", "noise"),
    PHOTO_FACES.name: ("face_count", "largest_face_area", "face_quality"),
    PHOTO_AESTHETIC.name: ("aesthetic",),
    PHOTO_CONCEPTS.name: ("top_concept",),
}
_HASH_BYTES = 32
#: Lake files kept while one batch's owners are read: their libraries mostly lie in the same ones.
_FILES_KEPT = 48
_LOOKUP = 5000


class LibraryReader:
    """Reads libraries of owners, one after the other."""

    def __init__(self, ws: Workspace) -> None:
        self.ws = ws
        self._signals = functools.lru_cache(maxsize=_FILES_KEPT)(self._read_signals)

    @functools.cached_property
    def _liking(self) -> Liking:
        return read_liking(self.ws)

    def read(self, owner: OwnerId) -> PhotoColumns:
        """Return the owner's photos and videos in order, wrong clocks corrected; keyframes stay with their video.

        Signals that have not been computed yet are NaN, descriptors zero rows.
        """
        where = f"owner_id = {quote(owner)} AND media != 'keyframe'"
        photos = catalogue.photos(self.ws).read(_COLUMNS, where)
        ids, time_source = _words(photos["photo_id"]), _words(photos["time_source"]).astype(str)
        taken_s, offset_s = settle_zones(
            _seconds(photos["taken_at"]), _floats(photos["offset_minutes"]) * 60.0, time_source == "exif_assumed_utc"
        )
        batches = [parse_batch(batch) for batch in pc.unique(photos["batch"]).to_pylist()]
        concept = self._concepts(batches, ids)
        written = PhotoColumns(
            photo_id=ids,
            source_key=_words(photos["source_key"]),
            media=_words(photos["media"]),
            format=_words(photos["format"]),
            taken_s=taken_s,
            offset_s=offset_s,
            trusted=~np.isin(time_source, ("", "modified")),
            lat=_floats(photos["lat"]),
            lon=_floats(photos["lon"]),
            place=_words(photos["place"]),
            camera=_words(photos["camera"]),
            software=_words(photos["software"]),
            burst_id=_words(photos["burst_id"]),
            width=_ints(photos["width"]),
            height=_ints(photos["height"]),
            bytes=_ints(photos["bytes"]),
            uploads=self._uploads(ids),
            pixel_sha256=_words(photos["pixel_sha256"]),
            pdq=_hashes(photos["pdq"]),
            pdq_quality=_ints(pc.if_else(pc.is_null(photos["pdq"]), -1, pc.fill_null(photos["pdq_quality"], -1))),
            descriptor=self._descriptors(owner, ids),
            sharpness=self._signal(PHOTO_QUALITY, "sharpness", batches, ids),
            exposure=self._signal(PHOTO_QUALITY, "exposure", batches, ids),
            contrast=self._signal(PHOTO_QUALITY, "contrast", batches, ids),
            noise=self._signal(PHOTO_QUALITY, "noise", batches, ids),
            aesthetic=self._signal(PHOTO_AESTHETIC, "aesthetic", batches, ids),
            document=np.where(concept == "", np.nan, np.isin(concept.astype(str), sorted(NOT_TO_REMEMBER))),
            concept=concept,
            faces=self._signal(PHOTO_FACES, "face_count", batches, ids),
            face_area=self._signal(PHOTO_FACES, "largest_face_area", batches, ids),
            face_quality=self._signal(PHOTO_FACES, "face_quality", batches, ids),
            people=_nobody(len(ids)),
            views=counts_of(self._liking.views, ids.tolist()),
            favorites=counts_of(self._liking.favorites, ids.tolist()),
            shares=counts_of(self._liking.shares, ids.tolist()),
            skew_s=np.zeros(len(ids)),
        ).in_order()
        return apply_skews(written, find_skews(written))

    def _uploads(self, ids: Words) -> Ints:
        """Return how many landed objects are each photo."""
        objects, times = catalogue.objects(self.ws), Counter[str]()
        for at in range(0, len(ids), _LOOKUP):
            rows = objects.read(["photo_id"], one_of("photo_id", ids[at : at + _LOOKUP].tolist()))
            times.update(rows["photo_id"].to_pylist())
        return np.array([times.get(photo, 1) for photo in ids.tolist()], np.int64)

    def _descriptors(self, owner: OwnerId, ids: Words) -> npt.NDArray[np.float32]:
        table = catalogue.descriptors(self.ws).read(["photo_id", "vector"], f"owner_id = {quote(owner)}")
        vectors = to_matrix(table["vector"])
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)  # float16 costs some length
        return _aligned(ids, _words(table["photo_id"]), vectors, np.float32(0))

    def _signal(self, view: View, column: str, batches: list[BatchKey], ids: Words) -> Floats:
        rows = self._of(view, batches)
        return _aligned(ids, _words(rows["photo_id"]), _floats(rows[column]), np.nan)

    def _concepts(self, batches: list[BatchKey], ids: Words) -> Words:
        rows = self._of(PHOTO_CONCEPTS, batches)
        return _aligned(ids, _words(rows["photo_id"]), _words(rows["top_concept"]), "")

    def _of(self, view: View, batches: list[BatchKey]) -> pa.Table:
        nothing = view.schema.empty_table().select(_names(view))
        return newest(pa.concat_tables([nothing, *(self._signals(view, batch) for batch in batches)]), "photo_id")

    def _read_signals(self, view: View, batch: BatchKey) -> pa.Table:
        return read_partition(self.ws, view, landing_day(batch), batch).select(_names(view))


def _names(view: View) -> list[str]:
    return ["photo_id", *_SIGNALS[view.name], EVENT_TIMESTAMP, CREATED_TIMESTAMP]


def _aligned(ids: Words, known: Words, values: npt.NDArray[Any], missing: Any) -> npt.NDArray[Any]:
    """Return the value of each id, `missing` where it has none."""
    result = np.full((len(ids), *values.shape[1:]), missing, values.dtype)
    place = {photo: row for row, photo in enumerate(known.tolist())}
    rows = np.array([place.get(photo, -1) for photo in ids.tolist()], np.int64)
    result[rows >= 0] = values[rows[rows >= 0]]
    return result


def _nobody(n: int) -> Words:
    """Return n empty tuples."""
    people = np.empty(n, object)
    people[:] = [()] * n
    return people


def _words(column: pa.ChunkedArray) -> Words:
    return pc.fill_null(column, "").to_numpy().astype(object)


def _floats(column: pa.ChunkedArray) -> Floats:
    return pc.fill_null(column.cast(pa.float64()), float("nan")).to_numpy()


def _ints(column: pa.ChunkedArray) -> Ints:
    return column.cast(pa.int64()).to_numpy()


def _seconds(column: pa.ChunkedArray) -> Floats:
    return _floats(column.cast(pa.int64())) / 1e6


def _hashes(column: pa.ChunkedArray) -> npt.NDArray[np.uint8]:
    filled = b"".join(value or bytes(_HASH_BYTES) for value in column.to_pylist())
    return np.frombuffer(filled, np.uint8).reshape(-1, _HASH_BYTES)

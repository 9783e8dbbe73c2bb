"""One owner's library as columns: what every rule of this room reads, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]
#: Strings; an empty one stands for "not known".
Words = npt.NDArray[np.object_]

DAY_S = 86_400.0


@dataclass(frozen=True, kw_only=True, eq=False)
class PhotoColumns:
    """n photos and videos of one owner, row i of every column about the same one. Keyframes stay with their video.

    Attributes:
        photo_id: Identity, unique.
        source_key: Key of the original.
        media: `photo` or `video`.
        format: Container, as sniffed.
        taken_s: Capture time, seconds since 1970 UTC; NaN when unknown.
        offset_s: What to add for the wall clock at the place; 0 when unknown.
        trusted: The time was written by the device that took the picture, and is not just that of a file.
        lat, lon: Degrees; NaN without GPS.
        place: Name of the place, as in `Lisbon, PT`.
        camera, software, burst_id: As written in the file.
        width, height, bytes: Of the original.
        uploads: How many objects hold exactly these bytes.
        pixel_sha256: Of the proxy's pixels.
        pdq: `(n, 32)`, the 256 bits of the perceptual hash.
        pdq_quality: 0..100, -1 without a hash; below 50 the hash says little.
        descriptor: `(n, d)` unit rows; zero rows where there is none.
        sharpness, exposure, contrast, noise, aesthetic: Signals; NaN where they were not measured.
        document: Probability that this is a document, receipt or screenshot; NaN where it was not measured.
        concept: Name of the concept that fits best; empty where it was not measured.
        faces: Faces found; NaN where it was not measured.
        face_area, face_quality: Share of the picture and sharpness of the largest face; NaN where not measured.
        people: Tuples of the people on the photo, as far as anybody named them.
        views, favorites, shares: What people did with the photo in the last 28 days that were counted; 0 when nothing.
        skew_s: How far the camera's clock was ahead, as far as found; `taken_s` has it taken off already. 0 when right.
    """

    photo_id: Words
    source_key: Words
    media: Words
    format: Words
    taken_s: Floats
    offset_s: Floats
    trusted: Bools
    lat: Floats
    lon: Floats
    place: Words
    camera: Words
    software: Words
    burst_id: Words
    width: Ints
    height: Ints
    bytes: Ints
    uploads: Ints
    pixel_sha256: Words
    pdq: Bytes
    pdq_quality: Ints
    descriptor: Vectors
    sharpness: Floats
    exposure: Floats
    contrast: Floats
    noise: Floats
    aesthetic: Floats
    document: Floats
    concept: Words
    faces: Floats
    face_area: Floats
    face_quality: Floats
    people: Words
    views: Floats
    favorites: Floats
    shares: Floats
    skew_s: Floats

    def __len__(self) -> int:
        return len(self.photo_id)

    @property
    def local_s(self) -> Floats:
        """Return what a clock on the wall showed, as seconds; NaN when unknown."""
        return self.taken_s + self.offset_s

    @property
    def local_day(self) -> Floats:
        """Return the calendar day at the place, as days since 1970; NaN when unknown."""
        return np.floor(self.local_s / DAY_S)

    @property
    def pixels(self) -> Ints:
        """Return width x height."""
        return self.width * self.height

    def take(self, rows: Ints | Bools) -> PhotoColumns:
        """Return the given rows, in the given order."""
        return PhotoColumns(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def in_order(self) -> PhotoColumns:
        """Return all rows by time, then identity; photos without a time come last.

        Every rule works on rows in this order, so the order in which a table gave them decides nothing.
        """
        identity = np.argsort(self.photo_id.astype(str), kind="stable")
        return self.take(identity[np.argsort(self.taken_s[identity], kind="stable")])


def timed(columns: PhotoColumns) -> Bools:
    """Return which photos have a time to go by: `(n,) bool`.

    Times of files count only in a library where no device wrote any: otherwise every scan and every saved picture
    would look like an event on the day of the import.
    """
    known = ~np.isnan(columns.taken_s)
    trusted = known & columns.trusted
    return trusted if trusted.any() else known

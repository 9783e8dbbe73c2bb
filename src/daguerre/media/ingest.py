"""Everything that is made of one original, in one pass over its bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from daguerre.media.capture_time import CaptureTime, capture_time, container_time
from daguerre.media.decode import decode, load_formats
from daguerre.media.exif import Position
from daguerre.media.fingerprint import perceptual_hash, pixel_sha256
from daguerre.media.notes import Note
from daguerre.media.proxy import THUMB_SIDE_PX, encode_proxy, encode_thumb, shrink
from daguerre.media.sniff import HEAD_BYTES, Format, sniff
from daguerre.media.video import decode_video

if TYPE_CHECKING:
    from PIL import Image


class Landed(Protocol):
    """What must be known of an object besides its bytes."""

    @property
    def modified(self) -> datetime:
        """Return when the object was last written, aware UTC."""
        ...


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture of a photo or video, as it goes into a pack, and its fingerprints."""

    frame_ms: int | None
    proxy: bytes
    proxy_width: int
    proxy_height: int
    thumb: bytes
    pixel_sha256: str
    pdq: bytes
    pdq_quality: int


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """All that is known of one original.

    Attributes:
        pictures: One for a photo; for a video its representative frame, then further keyframes.
    """

    format: Format
    bytes: int
    content_sha256: str
    width: int
    height: int
    duration_ms: int | None
    orientation: int | None
    taken: CaptureTime
    position: Position | None
    camera: str | None
    software: str | None
    burst_id: str | None
    notes: tuple[Note, ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, kw_only=True)
class Ingest:
    """Makes photos of bytes; travels to worker processes.

    Attributes:
        max_pixels: Pictures that announce more are refused.
        latest: Capture times after this are nonsense.
    """

    max_pixels: int
    latest: datetime

    def prepare(self) -> None:
        """Load what nearly every photo needs."""
        import cv2  # noqa: F401
        import pdqhash  # noqa: F401

        load_formats()

    def __call__(self, landed: Landed, data: bytes) -> Ingested:
        """Read one original. Raises RefusedError, MemoryError."""
        if sniff(data[:HEAD_BYTES]).is_video:
            return self._video(landed, data)
        return self._photo(landed, data)

    def _photo(self, landed: Landed, data: bytes) -> Ingested:
        decoded = decode(data, max_pixels=self.max_pixels)
        written = decoded.written
        taken = capture_time(written.times, written.position, modified=landed.modified, latest=self.latest)
        return Ingested(
            format=decoded.format,
            bytes=len(data),
            content_sha256=hashlib.sha256(data).hexdigest(),
            width=decoded.width,
            height=decoded.height,
            duration_ms=None,
            orientation=written.orientation,
            taken=taken,
            position=written.position,
            camera=written.camera,
            software=written.software,
            burst_id=written.burst_id,
            notes=(*written.notes, *taken.notes, *decoded.notes),
            pictures=(_picture(decoded.image, None),),
        )

    def _video(self, landed: Landed, data: bytes) -> Ingested:
        video = decode_video(data, max_pixels=self.max_pixels)
        taken = container_time(video.created, video.position, modified=landed.modified, latest=self.latest)
        return Ingested(
            format=video.format,
            bytes=len(data),
            content_sha256=hashlib.sha256(data).hexdigest(),
            width=video.width,
            height=video.height,
            duration_ms=video.duration_ms,
            orientation=None,
            taken=taken,
            position=video.position,
            camera=video.camera,
            software=video.software,
            burst_id=None,
            notes=(*taken.notes, *video.notes),
            pictures=tuple(_picture(frame.image, frame.at_ms) for frame in video.frames),
        )


def _picture(image: Image.Image, frame_ms: int | None) -> Picture:
    proxy, thumb = encode_proxy(image), shrink(image, THUMB_SIDE_PX)
    pdq, quality = perceptual_hash(thumb)
    return Picture(
        frame_ms=frame_ms,
        proxy=proxy,
        proxy_width=image.width,
        proxy_height=image.height,
        thumb=encode_thumb(thumb),
        pixel_sha256=pixel_sha256(proxy),
        pdq=pdq,
        pdq_quality=quality,
    )

"""The few frames that stand for a video, and what its container says."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from daguerre.media.boxes import check_complete
from daguerre.media.decode import check_size
from daguerre.media.exif import Position, camera_name, plain, position_of
from daguerre.media.notes import Note
from daguerre.media.proxy import PROXY_SIDE_PX, fit
from daguerre.media.reasons import Reason, RefusedError
from daguerre.media.sniff import HEAD_BYTES, Format, sniff

if TYPE_CHECKING:
    from PIL import Image

#: Frames kept of one video.
MOST_KEYFRAMES = 8
#: Keyframes looked at; a film has thousands.
_MOST_SEEN = 400
#: Histogram intersection below which two keyframes show different things.
_ALIKE = 0.85
_LOCATION = re.compile(r"([+-]\d{1,3}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)")


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One frame: upright, mode RGB, long side at most `PROXY_SIDE_PX`, shown at `at_ms`."""

    at_ms: int
    image: Image.Image


@dataclass(frozen=True, kw_only=True)
class Video:
    """What a video shows and says.

    Attributes:
        frames: The representative frame first, then the others in order of time.
        created: Time of the container as text; None when there is none.
    """

    format: Format
    width: int
    height: int
    duration_ms: int | None
    frames: tuple[Frame, ...]
    created: str | None
    position: Position | None
    camera: str | None
    software: str | None
    notes: tuple[Note, ...] = ()


def decode_video(data: bytes, *, max_pixels: int) -> Video:
    """Decode keyframes alone and keep those that differ (4-12 times cheaper than decoding every frame).

    Raises:
        RefusedError: truncated, corrupt, no_frames, too_many_pixels.
        MemoryError: a frame needs more than this process may take.
    """
    import av

    av.logging.set_level(None)  # decoders talk to standard error about every damaged frame
    form = sniff(data[:HEAD_BYTES])
    check_complete(data)
    try:
        with av.open(io.BytesIO(data)) as container:
            if not container.streams.video:
                raise RefusedError(Reason.NO_FRAMES, "no video stream")
            stream = container.streams.video[0]
            check_size(stream.width or 1, stream.height or 1, max_pixels)
            return _read(form, container, stream)
    except (RefusedError, MemoryError):
        raise
    except Exception as e:  # noqa: BLE001, RUF100 - decoders raise anything on a stranger's bytes
        raise RefusedError(Reason.CORRUPT, f"{type(e).__name__}: {e}") from e


def _read(form: Format, container: Any, stream: Any) -> Video:
    frames = list(_keyframes(container, stream))
    if not frames:
        raise RefusedError(Reason.NO_FRAMES, "no keyframe can be decoded")
    kept = _different(frames)
    notes = [Note.FIRST_KEYFRAMES] if len(kept) > MOST_KEYFRAMES or len(frames) == _MOST_SEEN else []
    kept = kept[:MOST_KEYFRAMES]
    best = max(kept, key=_liveliness)
    first = kept[0].image
    turned = (first.width > first.height) != (stream.width > stream.height) and first.width != first.height
    tags = {**stream.metadata, **container.metadata}
    position, complaint = _position(tags)
    prefix = "com.apple.quicktime."
    return Video(
        format=form,
        width=stream.height if turned else stream.width,
        height=stream.width if turned else stream.height,
        duration_ms=container.duration // 1000 if container.duration else None,
        frames=(best, *(frame for frame in kept if frame is not best)),
        created=plain(tags.get(f"{prefix}creationdate") or tags.get("creation_time")),
        position=position,
        camera=camera_name(
            plain(tags.get(f"{prefix}make") or tags.get("make")), plain(tags.get(f"{prefix}model") or tags.get("model"))
        ),
        software=plain(tags.get(f"{prefix}software") or tags.get("encoder")),
        notes=(*notes, *([complaint] if complaint else [])),
    )


def _keyframes(container: Any, stream: Any) -> Iterator[Frame]:
    import av

    stream.codec_context.skip_frame = "NONKEY"
    stream.thread_count = 1
    try:
        for count, frame in enumerate(container.decode(stream)):
            if count == _MOST_SEEN:
                return
            yield _shown(frame)
    except av.error.InvalidDataError:
        return  # players show what comes before the damage, and so do we


def _shown(frame: Any) -> Frame:
    width, height = fit(frame.width, frame.height, PROXY_SIDE_PX)
    image = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA").to_image()
    turn = round(frame.rotation or 0) % 360  # counterclockwise, as Pillow turns
    at_ms = round(float(frame.time or 0.0) * 1000)
    return Frame(at_ms=at_ms, image=image.rotate(turn, expand=True) if turn else image)


def _different(frames: list[Frame]) -> list[Frame]:
    """Return the frames that show something else than every frame kept before them."""
    kept: list[Frame] = []
    seen: list[npt.NDArray[np.float64]] = []
    for frame in frames:
        histogram = _histogram(frame.image)
        if all(np.minimum(histogram, other).sum() < _ALIKE for other in seen):
            kept.append(frame)
            seen.append(histogram)
    return kept


def _histogram(image: Image.Image) -> npt.NDArray[np.float64]:
    """Return the shares of 512 colours, `(512,) float64`."""
    pixels = np.asarray(image.resize((64, 64))).reshape(-1, 3) >> 5
    colours = (pixels[:, 0].astype(np.int64) << 6) | (pixels[:, 1].astype(np.int64) << 3) | pixels[:, 2]
    return np.bincount(colours, minlength=512) / len(colours)


def _liveliness(frame: Frame) -> float:
    """Score a frame for standing for its video: films begin and end in black."""
    grey = np.asarray(frame.image.convert("L").resize((64, 64)), dtype=np.float64)
    return float(np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean())


def _position(tags: dict[str, str]) -> tuple[Position | None, Note | None]:
    text = tags.get("com.apple.quicktime.location.ISO6709") or tags.get("location") or tags.get("location-eng")
    if not text:
        return None, None
    match = _LOCATION.match(text)
    return position_of(float(match[1]), float(match[2])) if match else (None, Note.BAD_GPS)

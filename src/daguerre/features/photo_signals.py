"""All signals of one photo from one decode of its proxy."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from daguerre.errors import DaguerreError
from daguerre.features.aesthetic import AESTHETIC_MODEL, aesthetic
from daguerre.features.descriptor import DESCRIPTOR_MODEL, describe
from daguerre.features.faces import FACES_MODEL, Faces, find_faces
from daguerre.features.quality_signals import QUALITY_MODEL, Quality, measure, to_luma

#: Changes when any number could change, so that stored rows of older code are computed again.
SIGNALS_VERSION = "+".join((QUALITY_MODEL, AESTHETIC_MODEL, FACES_MODEL, DESCRIPTOR_MODEL))


class UnreadableProxyError(DaguerreError):
    """A proxy cannot be decoded."""


@dataclass(frozen=True, kw_only=True)
class Signals:
    """What the pixels say. `descriptor` is `(266,) float32` of unit length."""

    quality: Quality
    faces: Faces
    aesthetic: float
    descriptor: npt.NDArray[np.float32]


def signals_of(proxy: bytes, *, width: int, height: int) -> Signals:
    """Compute the signals of a proxy whose original measures `width` x `height`. Raises UnreadableProxyError."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(proxy)) as picture:
            rgb = np.asarray(picture.convert("RGB"))
    except (OSError, ValueError, SyntaxError) as e:
        raise UnreadableProxyError(str(e), fix="Run the photos stage of the batch again.") from e
    quality = measure(rgb, width=width, height=height)
    return Signals(
        quality=quality,
        faces=find_faces(to_luma(rgb)),
        aesthetic=aesthetic(quality),
        descriptor=describe(rgb),
    )


def use_one_thread_per_photo() -> None:
    """Keep OpenCV from splitting one photo over all cores: many photos at once fill them better."""
    import cv2

    cv2.setNumThreads(1)

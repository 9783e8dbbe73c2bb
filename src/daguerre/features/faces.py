"""Frontal faces, found by the boosted cascade that ships inside OpenCV.

Viola and Jones, Rapid object detection using a boosted cascade of simple features, CVPR 2001; the `alt2` stumps
tree of Lienhart et al. It sees upright frontal faces of a tenth of the picture's long side and larger. Its rate of
false alarms on people's photos is not known to us: treat the count as a hint, never as a fact about a person.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from daguerre.features.quality_signals import noise, sharpness

FACES_MODEL = "haar-alt2-1"

#: Long side at which faces are looked for: a quarter of the proxy's pixels, a quarter of the time.
_SIDE_PX = 256
_SMALLEST_PX = _SIDE_PX // 10

#: A cascade keeps state while it runs, so each thread has its own.
_own = threading.local()


@dataclass(frozen=True, kw_only=True)
class Faces:
    """Faces of one picture; `quality` is the sharpness inside the largest, None without one."""

    count: int
    largest_area: float
    quality: float | None


def find_faces(luma: npt.NDArray[np.float32]) -> Faces:
    """Look for faces in the `(h, w) float32` luma of a proxy."""
    import cv2

    height, width = luma.shape
    scale = min(1.0, _SIDE_PX / max(height, width))
    small_size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.equalizeHist(cv2.resize(luma, small_size, interpolation=cv2.INTER_AREA).astype(np.uint8))
    if min(small.shape) < _SMALLEST_PX:
        return Faces(count=0, largest_area=0.0, quality=None)
    found = _cascade().detectMultiScale(small, scaleFactor=1.2, minNeighbors=4, minSize=(_SMALLEST_PX, _SMALLEST_PX))
    if len(found) == 0:
        return Faces(count=0, largest_area=0.0, quality=None)
    left, top, wide, tall = max((tuple(int(v) for v in box) for box in found), key=lambda box: (box[2] * box[3], box))
    crop = np.ascontiguousarray(
        luma[int(top / scale) : int((top + tall) / scale), int(left / scale) : int((left + wide) / scale)]
    )
    return Faces(
        count=len(found),
        largest_area=wide * tall / (small_size[0] * small_size[1]),
        quality=sharpness(crop, noise(crop)),
    )


def _cascade() -> Any:
    if not hasattr(_own, "cascade"):
        from importlib.resources import as_file, files

        import cv2

        with as_file(files("cv2") / "data" / "haarcascade_frontalface_alt2.xml") as path:
            _own.cascade = cv2.CascadeClassifier(str(path))
    return _own.cascade

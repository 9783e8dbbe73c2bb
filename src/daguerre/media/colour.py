"""From any pixel mode to plain sRGB."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from daguerre.media.notes import Note

if TYPE_CHECKING:
    from PIL import Image

_SIXTEEN_BIT = ("I;16", "I;16L", "I;16B", "I;16N")


def to_rgb(image: Image.Image) -> tuple[Image.Image, list[Note]]:
    """Return the picture in mode RGB: transparency on white, 16 bits a channel to 8, one channel to three."""
    from PIL import Image as Pillow

    if image.mode == "RGB" and "transparency" not in image.info:
        return image, []
    if image.mode in (*_SIXTEEN_BIT, "I", "F"):
        return Pillow.fromarray(_to_eight_bit(np.asarray(image))).convert("RGB"), []
    if not image.has_transparency_data:
        return image.convert("RGB"), []
    seen = image if image.mode == "RGBA" else image.convert("RGBA")
    white = Pillow.new("RGB", seen.size, (255, 255, 255))
    alpha = seen.getchannel("A")
    white.paste(seen, mask=alpha)
    return white, [] if alpha.getextrema() == (255, 255) else [Note.ALPHA_FLATTENED]


def to_srgb(image: Image.Image, profile: object) -> tuple[Image.Image, list[Note]]:
    """Translate an RGB picture from its embedded ICC profile to sRGB; phones write Display P3."""
    if not isinstance(profile, bytes) or not profile or profile[16:20] != b"RGB ":
        return image, []
    transform = _transform(profile)
    if transform is None:
        return image, [Note.BAD_PROFILE]
    if transform is _NOTHING_TO_DO:
        return image, []
    try:
        from PIL import ImageCms

        return ImageCms.applyTransform(image, transform) or image, []
    except (OSError, ValueError):
        return image, [Note.BAD_PROFILE]


_NOTHING_TO_DO = object()


@functools.lru_cache(maxsize=16)
def _transform(profile: bytes) -> Any:
    """Build the translation, a few milliseconds; photos of one camera share their profile."""
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return _NOTHING_TO_DO
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), "RGB", "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _to_eight_bit(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Map one channel of 16-bit or wider numbers to `(h, w) uint8`."""
    if pixels.dtype == np.uint16:
        return (pixels >> 8).astype(np.uint8)
    values = np.nan_to_num(pixels.astype(np.float32), posinf=0.0, neginf=0.0)
    low, high = (0.0, 65535.0) if pixels.dtype.kind == "i" else (float(values.min()), float(values.max()))
    return np.clip((values - low) * (255.0 / max(high - low, 1e-9)), 0, 255).astype(np.uint8)

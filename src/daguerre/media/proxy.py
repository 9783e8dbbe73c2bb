"""The small JPEGs that everything after ingest reads instead of originals."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

PROXY_SIDE_PX = 512
THUMB_SIDE_PX = 128
_PROXY_QUALITY = 90
_THUMB_QUALITY = 80


def fit(width: int, height: int, side_px: int) -> tuple[int, int]:
    """Return the size with the long side at most `side_px`; never larger than it was, never less than one pixel."""
    scale = min(1.0, side_px / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def shrink(image: Image.Image, side_px: int) -> Image.Image:
    """Return the picture with its long side at most `side_px`, antialiased."""
    from PIL import Image as Pillow

    size = fit(image.width, image.height, side_px)
    # A first pass by whole steps costs a fraction of the filter and stays two times above the size that is wanted.
    return image if size == image.size else image.resize(size, Pillow.Resampling.BICUBIC, reducing_gap=2.0)


def encode_proxy(image: Image.Image) -> bytes:
    """Return an RGB picture as a JPEG of quality 90."""
    return _encode(image, _PROXY_QUALITY)


def encode_thumb(image: Image.Image) -> bytes:
    """Return an RGB picture as a JPEG of quality 80."""
    return _encode(image, _THUMB_QUALITY)


def _encode(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()

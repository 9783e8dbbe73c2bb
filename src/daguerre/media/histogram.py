"""A histogram as a small picture, for places that show pictures but no plots."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt

_INK, _BARS, _GROUND = (60, 64, 72), (74, 124, 198), (255, 255, 255)
_MARGIN_PX, _FOOT_PX = 10, 18


def histogram(
    values: npt.NDArray[np.floating], title: str, *, bins: int = 40, size: tuple[int, int] = (420, 160)
) -> bytes:
    """Draw the distribution of `(n,)` numbers; return a PNG. Values that are not finite are left out."""
    from PIL import Image, ImageDraw

    width, height = size
    picture = Image.new("RGB", size, _GROUND)
    draw = ImageDraw.Draw(picture)
    finite = np.asarray(values, dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    draw.text((_MARGIN_PX, 2), f"{title} (n = {len(finite):,})", fill=_INK)
    if len(finite):
        counts, edges = np.histogram(finite, bins=bins)
        floor, room = height - _FOOT_PX, height - _FOOT_PX - 20
        step = (width - 2 * _MARGIN_PX) / bins
        for i, count in enumerate(counts):
            left = _MARGIN_PX + i * step
            top = floor - room * count / counts.max()
            draw.rectangle((left, top, left + step - 1, floor), fill=_BARS)
        draw.text((_MARGIN_PX, floor + 2), f"{edges[0]:.3g}", fill=_INK)
        draw.text((width - _MARGIN_PX - 48, floor + 2), f"{edges[-1]:.3g}", fill=_INK)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()

"""Technical quality of a picture: six numbers, each from a published formula, measured on the proxy.

What a 512-px proxy cannot show (a focus error of a few pixels at 12 megapixels) these numbers cannot tell.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

QUALITY_MODEL = "formulas-1"

#: Tiles per side for the two local measures.
_TILES = 8
#: Immerkaer's operator: the difference of two Laplacians, blind to planes and to straight edges.
_IMMERKAER = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Units and ranges as in `views.PHOTO_QUALITY`."""

    sharpness: float
    exposure: float
    contrast: float
    colorfulness: float
    noise: float
    megapixels: float


def measure(rgb: npt.NDArray[np.uint8], *, width: int, height: int) -> Quality:
    """Measure an upright `(h, w, 3) uint8` RGB proxy of an original of `width` x `height` pixels."""
    luma = to_luma(rgb)
    grain = noise(luma)
    return Quality(
        sharpness=sharpness(luma, grain),
        exposure=float(luma.mean()) / 255,
        contrast=float(luma.std()) / 255,
        colorfulness=colorfulness(rgb),
        noise=grain,
        megapixels=width * height / 1e6,
    )


def to_luma(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the Rec. 601 luma, `(h, w) float32` in 0..255."""
    import cv2

    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32)


def sharpness(luma: npt.NDArray[np.float32], grain: float) -> float:
    """Return ln(1 + variance of the Laplacian) over the sharpest quarter of the picture.

    Variance of the Laplacian: Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000. Taken
    per tile, so that a sharp subject before a blurred background counts as sharp. White noise of `grain` grey levels
    adds (1 + 1 + 1 + 1 + 16) grain^2 by itself, and a quarter more in the tiles that chance puts highest; that much is
    taken off, or grain would pass for detail.
    """
    import cv2

    variances = np.sort(_by_tile(np.asarray(cv2.Laplacian(luma, cv2.CV_32F, ksize=1), np.float32), np.var))
    sharpest = float(variances[-max(1, len(variances) // 4) :].mean())
    return math.log1p(max(0.0, sharpest - 25 * grain**2))


def colorfulness(rgb: npt.NDArray[np.uint8]) -> float:
    """Return M3 of Hasler and Suesstrunk, Measuring colourfulness in natural images, SPIE 5007, 2003."""
    red, green, blue = (rgb[..., c].astype(np.float32) for c in range(3))
    red_green = red - green
    yellow_blue = (red + green) / 2 - blue
    spread = math.hypot(float(red_green.std()), float(yellow_blue.std()))
    return spread + 0.3 * math.hypot(float(red_green.mean()), float(yellow_blue.mean()))


def noise(luma: npt.NDArray[np.float32]) -> float:
    """Return the standard deviation of the noise in grey levels.

    Immerkaer, Fast noise variance estimation, CVIU 64(2), 1996, taken per tile; the lower quartile of the tiles, since
    texture can only add to the estimate.
    """
    import cv2

    second = np.asarray(cv2.filter2D(luma, cv2.CV_32F, _IMMERKAER, borderType=cv2.BORDER_REFLECT), np.float32)
    return math.sqrt(math.pi / 2) / 6 * float(np.quantile(_by_tile(np.abs(second), np.mean), 0.25))


def _by_tile(values: npt.NDArray[np.float32], reduce: Callable[..., Any]) -> npt.NDArray[np.float64]:
    """Apply `reduce` to each of at most 8 x 8 tiles; the remainder at the right and lower edge is left out."""
    height, width = values.shape
    rows, columns = min(_TILES, height), min(_TILES, width)
    tall, wide = height // rows, width // columns
    tiles = values[: rows * tall, : columns * wide].reshape(rows, tall, columns, wide).swapaxes(1, 2)
    return np.asarray(reduce(tiles.reshape(rows * columns, -1), axis=1), np.float64)

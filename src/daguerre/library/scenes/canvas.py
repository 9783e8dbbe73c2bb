"""A picture that is painted in shares of its short side, so that any size shows the same picture."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from daguerre.library.scenes.palette import Colour

Point = tuple[float, float]
#: OpenCV takes coordinates in fixed point; four bits place an edge to a sixteenth of a pixel.
_SHIFT = 4
_FIXED = 1 << _SHIFT
#: Textures are made at most this large and stretched: they are soft, and 12 megapixels of noise are slow.
_TEXTURE_PX = 320


class Canvas:
    """An RGB picture with drawing in units of its short side: x from 0 to `wide`, y (downwards) from 0 to `high`.

    Attributes:
        pixels: `(h, w, 3) uint8`, RGB.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        """Start a black picture of `(width, height)` pixels."""
        width, height = size
        self.unit = float(min(width, height))
        self.wide = width / self.unit
        self.high = height / self.unit
        self.pixels: npt.NDArray[np.uint8] = np.zeros((height, width, 3), np.uint8)

    def ellipse(
        self, center: Point, axes: Point, colour: Colour, *, angle: float = 0.0, arc: tuple[float, float] = (0, 360)
    ) -> None:
        """Fill an ellipse, or the slice of it between two angles in degrees (clockwise from the right)."""
        radii = (max(1, int(axes[0] * self.unit * _FIXED)), max(1, int(axes[1] * self.unit * _FIXED)))
        cv2.ellipse(self.pixels, self._fixed(center), radii, angle, arc[0], arc[1], colour, -1, cv2.LINE_AA, _SHIFT)

    def arc(
        self, center: Point, axes: Point, colour: Colour, width: float, *, angle: float = 0.0, arc: tuple[float, float]
    ) -> None:
        """Draw a piece of an ellipse's outline."""
        radii = (max(1, int(axes[0] * self.unit * _FIXED)), max(1, int(axes[1] * self.unit * _FIXED)))
        cv2.ellipse(
            self.pixels,
            self._fixed(center),
            radii,
            angle,
            arc[0],
            arc[1],
            colour,
            self._thickness(width),
            cv2.LINE_AA,
            _SHIFT,
        )

    def polygon(self, points: Sequence[Point] | npt.NDArray[np.float64], colour: Colour) -> None:
        """Fill a polygon."""
        cv2.fillPoly(self.pixels, [self._fixed_all(points)], colour, cv2.LINE_AA, _SHIFT)

    def rectangle(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Fill an upright rectangle, given its top left corner."""
        self.polygon(((x, y), (x + width, y), (x + width, y + height), (x, y + height)), colour)

    def line(self, start: Point, end: Point, colour: Colour, width: float) -> None:
        """Draw a straight stroke."""
        cv2.line(
            self.pixels,
            self._fixed(start),
            self._fixed(end),
            colour,
            self._thickness(width),
            cv2.LINE_AA,
            _SHIFT,
        )

    def curve(self, points: Sequence[Point] | npt.NDArray[np.float64], colour: Colour, width: float) -> None:
        """Draw a stroke through the points."""
        cv2.polylines(
            self.pixels, [self._fixed_all(points)], False, colour, self._thickness(width), cv2.LINE_AA, _SHIFT
        )

    def gradient(self, top: Colour, bottom: Colour) -> None:
        """Fill the whole picture from one colour at the top to another at the bottom."""
        share = np.linspace(0.0, 1.0, self.pixels.shape[0], dtype=np.float32)[:, None]
        rows = np.array(top, np.float32) * (1 - share) + np.array(bottom, np.float32) * share
        self.pixels[:] = rows.astype(np.uint8)[:, None]

    def textured(
        self,
        rng: np.random.Generator,
        points: Sequence[Point] | npt.NDArray[np.float64],
        colours: tuple[Colour, Colour],
        *,
        rough: float,
        cells: tuple[float, float] = (14, 14),
    ) -> None:
        """Fill a polygon with a soft texture that runs from the first colour (top) to the second (bottom).

        Args:
            rng: Draws the texture.
            points: Corners of the polygon.
            colours: At the top and at the bottom of the polygon's bounding box.
            rough: Standard deviation of the texture in levels of a byte.
            cells: How many blotches the coarsest layer has per unit, across and down.
        """
        fixed = self._fixed_all(points)
        height, width = self.pixels.shape[:2]
        corners = fixed.reshape(-1, 2)
        left, top = np.maximum(corners.min(axis=0) // _FIXED, 0).tolist()
        right, bottom = np.minimum(corners.max(axis=0) // _FIXED + 2, (width, height)).tolist()
        noise_seed = rng.integers(2**63)
        if right <= left or bottom <= top:
            return
        shape = (bottom - top, right - left)
        grid = (cells[1] * shape[0] / self.unit, cells[0] * shape[1] / self.unit)
        layer = noise(np.random.default_rng(noise_seed), shape, grid)[..., None] * np.float32(rough)
        share = np.linspace(0.0, 1.0, shape[0], dtype=np.float32)[:, None, None]
        layer = layer + (np.array(colours[0], np.float32) * (1 - share) + np.array(colours[1], np.float32) * share)
        filled = np.clip(layer, 0, 255).astype(np.uint8)
        mask = np.zeros(shape, np.uint8)
        offset = (-left * _FIXED, -top * _FIXED)
        cv2.fillPoly(mask, [fixed + np.array(offset, np.int32)], 255, cv2.LINE_AA, _SHIFT)
        self.blend(filled, mask, (left, top))

    def blend(self, layer: npt.NDArray[np.uint8], mask: npt.NDArray[np.uint8], corner: tuple[int, int]) -> None:
        """Lay `(h, w, 3) uint8` over the picture at a pixel, as strongly as `(h, w) uint8` says."""
        left, top = corner
        region = self.pixels[top : top + mask.shape[0], left : left + mask.shape[1]]
        edge = (mask > 0) & (mask < 255)
        weight = mask[edge, None].astype(np.float32) / 255
        softened = region[edge] * (1 - weight) + layer[edge] * weight
        np.copyto(region, layer, where=(mask == 255)[..., None])
        region[edge] = softened.astype(np.uint8)

    def glow(self, center: Point, radius: float, colour: Colour, strength: float) -> None:
        """Add light that fades from a centre (strength up to 1), or take it away (below 0)."""
        reach = 2.4 * radius
        x, y = center
        height, width = self.pixels.shape[:2]
        left, right = max(0, int((x - reach) * self.unit)), min(width, int((x + reach) * self.unit) + 1)
        top, bottom = max(0, int((y - reach) * self.unit)), min(height, int((y + reach) * self.unit) + 1)
        if right <= left or bottom <= top:
            return
        across = np.exp(-((((np.arange(left, right) + 0.5) / self.unit - x) / radius) ** 2)).astype(np.float32)
        down = np.exp(-((((np.arange(top, bottom) + 0.5) / self.unit - y) / radius) ** 2)).astype(np.float32)
        light = (down[:, None] * across)[..., None] * (np.array(colour, np.float32) * np.float32(strength))
        region = self.pixels[top:bottom, left:right]
        region[:] = np.clip(region + light, 0, 255).astype(np.uint8)

    def shadow(self, center: Point, axes: Point, strength: float) -> None:
        """Darken an ellipse with a soft rim, as under things that stand on the ground."""
        height, width = self.pixels.shape[:2]
        x, y = center
        left, right = max(0, int((x - axes[0]) * self.unit)), min(width, int((x + axes[0]) * self.unit) + 1)
        top, bottom = max(0, int((y - axes[1]) * self.unit)), min(height, int((y + axes[1]) * self.unit) + 1)
        if right <= left or bottom <= top:
            return
        across = (((np.arange(left, right) + 0.5) / self.unit - x) / axes[0]) ** 2
        down = (((np.arange(top, bottom) + 0.5) / self.unit - y) / axes[1]) ** 2
        dark = np.clip(1.0 - (down[:, None] + across), 0, 1).astype(np.float32)[..., None]
        region = self.pixels[top:bottom, left:right]
        region[:] = (region * (1 - np.float32(strength) * dark)).astype(np.uint8)

    def _fixed(self, point: Point) -> tuple[int, int]:
        return (
            int(point[0] * self.unit * _FIXED) - _FIXED // 2,
            int(point[1] * self.unit * _FIXED) - _FIXED // 2,
        )

    def _fixed_all(self, points: Sequence[Point] | npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
        scaled = np.asarray(points, np.float64) * (self.unit * _FIXED) - _FIXED / 2
        return scaled.astype(np.int32).reshape(-1, 1, 2)

    def _thickness(self, width: float) -> int:
        return max(1, round(width * self.unit))


def noise(
    rng: np.random.Generator, shape: tuple[int, int], grid: tuple[float, float], octaves: int = 3
) -> npt.NDArray[np.float32]:
    """Return soft noise `shape` float32 of about unit variance; `grid` blotches down and across in the coarsest octave.

    The drawn numbers depend on the grid alone, so the same generator gives the same texture at every size.
    """
    shrink = min(1.0, _TEXTURE_PX / max(shape))
    small = (max(2, round(shape[0] * shrink)), max(2, round(shape[1] * shrink)))
    total = np.zeros(small, np.float32)
    for octave in range(octaves):
        rows, columns = max(2, round(grid[0] * 2**octave)), max(2, round(grid[1] * 2**octave))
        coarse = rng.standard_normal((rows, columns), dtype=np.float32)
        coarse *= np.float32(0.5**octave)
        total += cv2.resize(coarse, (small[1], small[0]), interpolation=cv2.INTER_LINEAR)
    if small != shape:
        total = np.asarray(cv2.resize(total, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)
    return total

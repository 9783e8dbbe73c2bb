"""From a truth row to the upright picture that its file holds."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from daguerre.library.scenes.degrade import Camera, degrade
from daguerre.library.scenes.rendering import render
from daguerre.library.scenes.scene import choose
from daguerre.library.seeding import rng
from daguerre.library.truth import TruthRow, View

Picture = npt.NDArray[np.uint8]
#: Scenes are painted at most this long and then enlarged: from two megapixels on painting costs more than it shows.
_PAINTED_PX = 1280
#: Filters that leave every colour its name: a red car stays one, or the truth about it would be wrong.
_FILTERS = ("warm", "cold", "vivid")


def picture_of(row: TruthRow, original: TruthRow | None) -> Picture:
    """Return the upright picture of a row, `(height, width, 3) uint8` RGB.

    `original` is the row of which this file is a copy; None for files that are none.
    """
    if original is None:
        return _photo(row)
    return _TRANSFORMS[row.transform](_photo(original), row)


def _photo(row: TruthRow) -> Picture:
    """Paint the scene, move the frame, and let the camera do its worst."""
    size = _painted_size(row.width, row.height)
    painted = render(np.random.default_rng(row.scene_seed), row.scene, size)
    framed = _framed(painted, row.view, (row.width, row.height))
    # the same frame gets the same grain, whichever of its copies is asked for
    r = rng("camera", row.scene_seed, row.view, row.quality)
    return degrade(r, framed, _camera(row))


def _painted_size(width: int, height: int) -> tuple[int, int]:
    shrink = min(1.0, _PAINTED_PX / max(width, height))
    return round(width * shrink), round(height * shrink)


def _camera(row: TruthRow) -> Camera:
    quality = row.quality
    warmth = rng("warmth", row.scene_seed).uniform(-0.25, 0.25) if row.camera else 0.0
    return Camera(blur=quality.blur, exposure=quality.exposure, noise=quality.noise, warmth=float(warmth))


def _framed(painted: Picture, view: View, size: tuple[int, int]) -> Picture:
    """Cut the frame of a view out of the painted scene, and bring it to `size` (width, height)."""
    height, width = painted.shape[:2]
    if view == View() and size == (width, height):
        return painted
    scale = size[0] / width
    zoom = view.zoom * scale
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), view.roll_deg, zoom)
    matrix[:, 2] += (
        size[0] / 2 - width / 2 - view.shift_x * size[0] * view.zoom,
        size[1] / 2 - height / 2 - view.shift_y * size[1] * view.zoom,
    )
    warped = cv2.warpAffine(painted, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(warped, np.uint8)


def _same(picture: Picture, _: TruthRow) -> Picture:
    return picture


def _resized(picture: Picture, row: TruthRow) -> Picture:
    return np.asarray(cv2.resize(picture, (row.width, row.height), interpolation=cv2.INTER_AREA), np.uint8)


def _cropped(picture: Picture, row: TruthRow) -> Picture:
    height, width = picture.shape[:2]
    r = rng("crop", row.scene_seed, row.view)
    x = int(r.integers(0, width - row.width + 1))
    y = int(r.integers(0, height - row.height + 1))
    return np.ascontiguousarray(picture[y : y + row.height, x : x + row.width])


def _filtered(picture: Picture, row: TruthRow) -> Picture:
    kind = choose(rng("filter", row.scene_seed, row.view), _FILTERS)
    if kind == "vivid":
        grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        return np.asarray(cv2.addWeighted(picture, 1.5, grey, -0.5, 0), np.uint8)
    gains = (1.14, 1.02, 0.84) if kind == "warm" else (0.86, 1.0, 1.14)
    table = np.clip(np.arange(256)[:, None] * gains, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(picture, table[None]), np.uint8)


def _on_screen(picture: Picture, row: TruthRow) -> Picture:
    """Show the picture on a phone: dark above and below, with the buttons of a gallery."""
    screen = np.full((row.height, row.width, 3), 18, np.uint8)
    height, width = picture.shape[:2]
    scale = min(row.width / width, 0.86 * row.height / height)
    small = cv2.resize(picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    top, left = (row.height - small.shape[0]) // 2, (row.width - small.shape[1]) // 2
    screen[top : top + small.shape[0], left : left + small.shape[1]] = small
    dot = max(2, row.width // 60)
    for part in range(4):
        center = (round(row.width * (part + 0.5) / 4), row.height - math.ceil(0.035 * row.height))
        cv2.circle(screen, center, dot, (205, 205, 210), -1, cv2.LINE_AA)
    return screen


_TRANSFORMS = {
    "exact": _same,
    "shared": _same,
    "reencode": _same,
    "resize": _resized,
    "messenger": _resized,
    "crop": _cropped,
    "filter": _filtered,
    "screenshot": _on_screen,
}

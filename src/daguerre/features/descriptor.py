"""The always-on descriptor: 266 numbers about colour and shape, made without trained weights.

It answers "is this the same picture, re-encoded, resized, cropped a little?" for any photo. Of what is in the picture
it knows nothing. Three parts, each of unit length, side by side:

- 54: mean and spread of L, a, b in a 3 x 3 grid (colour layout);
- 84: hue-saturation histogram, 9 hues x 3 saturations and one bin of greys, in three horizontal bands (Swain and
  Ballard, Color indexing, IJCV 1991), square-rooted as in Arandjelovic and Zisserman, CVPR 2012;
- 128: histograms of oriented gradients, 8 orientations in a 4 x 4 grid (Dalal and Triggs, CVPR 2005), square-rooted.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from daguerre.tables.schemas import DESCRIPTOR_DIM

DESCRIPTOR_MODEL = "grid-hs-hog-1"

#: Every picture is squashed to this square first: a multiple of both grids.
_SIDE_PX = 96
_LAYOUT, _BANDS, _CELLS = 3, 3, 4
_HUES, _SATURATIONS, _ORIENTATIONS = 9, 3, 8
#: Below this saturation or value (of 255) a hue is an accident.
_GREY_SATURATION, _GREY_VALUE = 32, 24


def describe(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the descriptor of an `(h, w, 3) uint8` RGB picture: `(266,) float32` of unit length."""
    import cv2

    square = cv2.resize(rgb, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
    lab = np.asarray(cv2.cvtColor(square.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
    hsv = np.asarray(cv2.cvtColor(square, cv2.COLOR_RGB2HSV), np.uint8)
    parts = (_layout(lab), _hue_saturation(hsv), _gradients(lab[..., 0]))
    vector = np.concatenate([_unit(part) for part in parts]) / np.sqrt(len(parts))
    assert vector.shape == (DESCRIPTOR_DIM,)
    return vector.astype(np.float32)


def _layout(lab: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return means (lightness about its own mean, so that brightening changes little) and spreads per cell."""
    cell = _SIDE_PX // _LAYOUT
    cells = lab.reshape(_LAYOUT, cell, _LAYOUT, cell, 3).swapaxes(1, 2).reshape(_LAYOUT * _LAYOUT, cell * cell, 3)
    means, spreads = cells.mean(axis=1), cells.std(axis=1)
    means[:, 0] -= means[:, 0].mean()
    return np.concatenate([means.ravel(), spreads.ravel()])


def _hue_saturation(hsv: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return one histogram per horizontal band, every pixel shared between its two nearest hues."""
    hue = hsv[..., 0].astype(np.float32) / 180 * _HUES - 0.5  # OpenCV's hue runs to 180
    saturation, value = hsv[..., 1].astype(np.int32), hsv[..., 2]
    grey = (saturation < _GREY_SATURATION) | (value < _GREY_VALUE)
    level = np.minimum((saturation - _GREY_SATURATION) * _SATURATIONS // (256 - _GREY_SATURATION), _SATURATIONS - 1)
    level = np.maximum(level, 0)
    low = np.floor(hue).astype(np.int64)
    share = hue - low
    bins = _HUES * _SATURATIONS + 1
    band = np.repeat(np.arange(_BANDS), _SIDE_PX // _BANDS)[:, None] * bins
    at_low = np.where(grey, bins - 1, (low % _HUES) * _SATURATIONS + level) + band
    at_high = np.where(grey, bins - 1, ((low + 1) % _HUES) * _SATURATIONS + level) + band
    size = _BANDS * bins
    counts = np.bincount(at_low.ravel(), (1 - share).ravel(), size) + np.bincount(at_high.ravel(), share.ravel(), size)
    return np.sqrt(counts).astype(np.float32)


def _gradients(lightness: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return gradient energy by unsigned orientation and cell; each gradient votes for two angles and four cells."""
    dy, dx = np.gradient(lightness)
    magnitude = np.hypot(dx, dy)
    angle = np.arctan2(dy, dx) % np.pi / np.pi * _ORIENTATIONS - 0.5
    low = np.floor(angle).astype(np.int64)
    share = (angle - low).astype(np.float32)
    votes = np.zeros((_ORIENTATIONS, _SIDE_PX, _SIDE_PX), np.float32)
    rows, columns = np.indices(magnitude.shape)
    votes[low % _ORIENTATIONS, rows, columns] = magnitude * (1 - share)
    votes[(low + 1) % _ORIENTATIONS, rows, columns] += magnitude * share
    tent = _tent()
    return np.sqrt(np.einsum("cy,oyx,dx->cdo", tent, votes, tent, optimize=True)).ravel()


def _tent() -> npt.NDArray[np.float32]:
    """Return `(4, 96)` weights that fall linearly from each cell's centre to its neighbours' centres."""
    cell = _SIDE_PX / _CELLS
    centres = (np.arange(_CELLS) + 0.5) * cell
    distance = np.abs(np.arange(_SIDE_PX) + 0.5 - centres[:, None]) / cell
    return np.clip(1 - distance, 0, None).astype(np.float32)


def _unit(part: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the part with length 1; a part of nothing (a plain grey picture) becomes its even mixture."""
    length = float(np.linalg.norm(part))
    if length < 1e-6:
        return np.full_like(part, 1 / np.sqrt(part.size))
    return part / np.float32(length)

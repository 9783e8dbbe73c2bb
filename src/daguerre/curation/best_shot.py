"""Which of several equals to keep or to show, and why, in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daguerre.curation.columns import Bools, Floats, Ints, PhotoColumns

#: What sharpness and taste weigh inside a burst, in standard deviations of the group.
_SHARPNESS_WEIGHT, _AESTHETIC_WEIGHT = 1.0, 0.5
#: Pictures whose pixel counts differ by less than a twentieth are equally large.
_SAME_SIZE = 1.05


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The row to keep, and why."""

    row: int
    reason: str


def best_frame(columns: PhotoColumns, rows: Ints) -> Choice:
    """Choose among frames of one moment: the sharpest and most pleasing, each measured against its group.

    Without signals, the file with most bytes per pixel wins: at one setting of one camera, detail is what costs bytes.
    """
    many = len(rows)
    sharpness, aesthetic = columns.sharpness[rows], columns.aesthetic[rows]
    if np.isnan(sharpness).all() and np.isnan(aesthetic).all():
        detail = columns.bytes[rows] / np.maximum(columns.pixels[rows], 1)
        return Choice(row=int(rows[detail.argmax()]), reason=f"most detail in the file, of {many}")
    score = _SHARPNESS_WEIGHT * _in_group(sharpness) + _AESTHETIC_WEIGHT * _in_group(aesthetic)
    best = int(score.argmax())
    sharpest = not np.isnan(sharpness).all() and np.nanargmax(sharpness) == best
    reason = f"sharpest of {many}" if sharpest else f"best sharpness and look of {many}"
    return Choice(row=int(rows[best]), reason=reason)


def best_copy(columns: PhotoColumns, rows: Ints) -> Choice:
    """Choose among copies of one picture: the largest, then the one that the camera wrote, then the most bytes."""
    many = len(rows)
    pixels = columns.pixels[rows]
    large = pixels * _SAME_SIZE >= pixels.max()
    original = large & untouched(columns)[rows]
    pool = original if original.any() else large
    best = int(np.flatnonzero(pool)[columns.bytes[rows][pool].argmax()])
    row = int(rows[best])
    if not large.all():
        reason = f"largest of {many}: {columns.width[row]} x {columns.height[row]}"
    elif original.any() and not original.all():
        reason = f"as the camera wrote it, of {many}"
    elif len(np.unique(columns.bytes[rows])) > 1:
        reason = f"least compressed of {many}"
    else:
        reason = f"first of {many}"
    return Choice(row=row, reason=reason)


def untouched(columns: PhotoColumns) -> Bools:
    """Return which photos carry the data of the camera that took them: `(n,) bool`."""
    return columns.trusted & (columns.camera != "")


def appeal(columns: PhotoColumns) -> Floats:
    """Return how good each photo is among all of its owner's: `(n,) float64` in 0..1, .5 where nothing is known.

    The mean rank of the signals that were measured, so that no signal's scale decides.
    """
    ranks = np.stack([_rank(columns.sharpness), _rank(columns.aesthetic)])
    known = ~np.isnan(ranks)
    total = np.where(known, ranks, 0).sum(0)
    return np.where(known.any(0), total / np.maximum(known.sum(0), 1), 0.5)


def _in_group(values: Floats) -> Floats:
    """Return z-scores inside the group; 0 where a value is missing or all are equal."""
    if np.isnan(values).all():
        return np.zeros(len(values))
    spread = np.nanstd(values)
    return np.nan_to_num((values - np.nanmean(values)) / spread) if spread > 0 else np.zeros(len(values))


def _rank(values: Floats) -> Floats:
    """Return the share of measured values below each one (ties get their middle); NaN where it was not measured."""
    known = np.sort(values[~np.isnan(values)])
    if not len(known):
        return np.full(len(values), np.nan)
    low, high = np.searchsorted(known, values, "left"), np.searchsorted(known, values, "right")
    return np.where(np.isnan(values), np.nan, (low + high) / (2 * len(known)))

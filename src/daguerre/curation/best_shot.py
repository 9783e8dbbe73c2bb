"""Which of several equals to keep or to show, and why, in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daguerre.curation.columns import Bools, Floats, Ints, PhotoColumns
from daguerre.curation.frame_features import frame_features
from daguerre.curation.preference import Preference

#: Printed by benchmarks.learn_best_shot: 400 bursts of painted scenes, measured by the real extractor.
LEARNT = Preference(
    weight={
        "sharpness": 0.76,
        "light": -0.44,
        "contrast": -0.19,
        "typical": 0.09,
        "calm": 1.61,
        "grain": -0.81,
        "aesthetic": 0.57,
        "views": 0.23,
    },
    unit={
        "sharpness": 0.957,
        "light": 0.355,
        "contrast": 0.222,
        "typical": 0.227,
        "calm": 0.468,
        "grain": 1.373,
        "aesthetic": 0.076,
        "views": 0.434,
    },
)
#: Nothing to learn these from. Painted faces are hardly ever found; one that is turned away or smeared is not found
#: either, so more faces and a sharper one are better. Simulated owners like subjects, not frames; whoever marks one
#: frame of a burst has made the choice, and pixels must not overrule it easily.
SET_BY_HAND = Preference(
    weight={"faces": 0.5, "face_quality": 0.4, "favorites": 6.0, "shares": 4.0},
    unit={"faces": 0.5, "face_quality": 0.6, "favorites": 1.0, "shares": 1.0},
)
MODEL = Preference(weight=LEARNT.weight | SET_BY_HAND.weight, unit=LEARNT.unit | SET_BY_HAND.unit)

#: Reasons in words, and the features that count for each: light and contrast only correct what sharpness says.
_REASONS: dict[str, tuple[str, ...]] = {
    "you liked it": ("favorites",),
    "you shared it": ("shares",),
    "you looked at it most": ("views",),
    "sharpest": ("sharpness", "light", "contrast"),
    "faces best": ("faces", "face_quality"),
    "best exposed": ("typical",),
    "least noisy": ("calm", "grain"),
    "best look": ("aesthetic",),
}
_OF_PEOPLE = 3
#: Pictures whose pixel counts differ by less than a twentieth are equally large.
_SAME_SIZE = 1.05


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The row to keep, and why."""

    row: int
    reason: str


def best_frame(columns: PhotoColumns, rows: Ints) -> Choice:
    """Choose among frames of one moment, by what was learnt from people's choices; each is measured against its group.

    Without signals, the file with most bytes per pixel wins: at one setting of one camera, detail is what costs bytes.
    """
    many, features = len(rows), frame_features(columns, rows)
    told = any(np.ptp(features[name]) > 0 for name in ("views", "favorites", "shares"))
    if not told and np.isnan(features["sharpness"]).all() and np.isnan(features["aesthetic"]).all():
        detail = columns.bytes[rows] / np.maximum(columns.pixels[rows], 1)
        return Choice(row=int(rows[detail.argmax()]), reason=f"most detail in the file, of {many}")
    parts = MODEL.parts(features)
    best = int(np.sum(list(parts.values()), axis=0).argmax())
    return Choice(row=int(rows[best]), reason=_why(parts, best))


def _why(parts: dict[str, Floats], best: int) -> str:
    """Say the one or two things that speak most for a frame, if they are true of no other frame."""
    many = len(parts["sharpness"])
    by_reason = {reason: np.sum([parts[name] for name in names], axis=0) for reason, names in _REASONS.items()}
    true = {
        reason: float(values[best])
        for reason, values in by_reason.items()
        if values[best] > 0 and values[best] > np.delete(values, best).max(initial=-np.inf)
    }
    first, *others = sorted(true, key=lambda reason: -true[reason]) or [""]
    if not first:
        return f"best sharpness, light and look together, of {many}" if _differ(parts) else f"first of {many}"
    if first in tuple(_REASONS)[:_OF_PEOPLE]:
        return first
    second = next((reason for reason in others if true[reason] > true[first] / 2), "")
    return f"{first} and {second} of {many}" if second and not second.startswith("you") else f"{first} of {many}"


def _differ(parts: dict[str, Floats]) -> bool:
    return any(np.ptp(values) > 0 for values in parts.values())


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
    return mean_rank(columns.sharpness, columns.aesthetic)


def mean_rank(*signals: Floats) -> Floats:
    """Return the mean rank of each photo over the signals that it has: `(n,)` in 0..1, .5 where it has none."""
    ranks = np.stack([_rank(signal) for signal in signals])
    known = ~np.isnan(ranks)
    total = np.where(known, ranks, 0).sum(0)
    return np.where(known.any(0), total / np.maximum(known.sum(0), 1), 0.5)


def _rank(values: Floats) -> Floats:
    """Return the share of measured values below each one (ties get their middle); NaN where it was not measured."""
    known = np.sort(values[~np.isnan(values)])
    if not len(known):
        return np.full(len(values), np.nan)
    low, high = np.searchsorted(known, values, "left"), np.searchsorted(known, values, "right")
    return np.where(np.isnan(values), np.nan, (low + high) / (2 * len(known)))

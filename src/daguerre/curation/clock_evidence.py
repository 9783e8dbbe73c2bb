"""What speaks for each way in which a camera's clock may be wrong, as log likelihood ratios on a grid of offsets.

Two witnesses. Looks: people photograph one subject with two cameras within a minute, so the pairs that look alike pile
up at the true offset, on top of what chance gives. Occasions: at the true offset the camera's photos lie where the
other photos lie, and not in the nights and pauses between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daguerre.curation.columns import DAY_S, Bools, Floats, Ints, PhotoColumns
from daguerre.curation.groups import Edges
from daguerre.curation.places import distance_km

#: One cell of the grid of offsets.
STEP_S = 60.0
#: Offsets reach so far to either side: every time zone, and a date that is a day off.
REACH_S = 26 * 3600.0
CELLS = 2 * int(REACH_S / STEP_S) + 1
OFFSETS_S = STEP_S * (np.arange(CELLS) - CELLS // 2)
_MINUTES = np.arange(CELLS) - CELLS // 2
_DAY_CELLS = int(DAY_S / STEP_S)

#: What one camera took within this is one picture of one thing: a burst is one witness, not ten.
_ONE_LOOK_S = 20.0
#: A longer pause of the camera begins another sitting; within a sitting nobody sets a clock.
_SITTING_S = 6 * 3600.0
#: A sitting is heard through this many pictures, and compared with at most so many pictures around it.
_HEARD, _COMPARED = 40, 1500
#: Of a camera's sittings so many are heard, evenly spread; the others go with those before and after them.
_MOST_SITTINGS = 800
#: Of each picture, the others that look most alike.
_ALIKE = 4
#: Looks: how fast belief falls with the cosine distance, and the distance at which a pair says as much as no pair.
_LOOK_SCALE, _LOOK_NONE = 0.04, 0.25
#: Share of pictures of which the other camera took the same subject within a minute or so.
_SHARED = 0.3
#: Positions farther apart than this are not of one subject.
_APART_KM = 0.5
#: Two shots of one subject lie about this far apart, and chance is looked at this widely around an offset.
_NEAR_CELLS, _AROUND_CELLS = 1.0, 45
#: Occasions are seen through windows of so many minutes; believed this much; a picture each so many minutes counts.
_WINDOWS_CELLS, _BELIEF, _EACH_CELLS = (15, 60), 0.9, 20
#: How often both cameras are at an occasion at all, and the pause (cells) that begins another one.
_BOTH_THERE, _PAUSE_CELLS = 0.6, 90


def _window() -> np.ndarray:
    """Return the mean of triangles of all widths, of sum 1."""
    reach = np.abs(np.arange(-max(_WINDOWS_CELLS), max(_WINDOWS_CELLS) + 1))
    triangles = [np.maximum(width - reach, 0) / width**2 for width in _WINDOWS_CELLS]
    return np.mean(triangles, axis=0).astype(np.float32)


_WINDOW = _window()


@dataclass(frozen=True, kw_only=True, eq=False)
class Sittings:
    """A camera's photos in s sittings, by written time.

    Attributes:
        starts_s, ends_s: `(s,)` written times of the first and the last photo.
        score: `(s, CELLS) float32` log likelihood ratio of each offset against chance.
        sitting: `(p,)` of each pair that looks alike.
        apart_s: `(p,)` written time of the camera's picture minus that of the other.
        picture: `(p,)` which of the camera's pictures it is.
        belief: `(p,)` 0..1, from the looks alone.
    """

    starts_s: Floats
    ends_s: Floats
    score: np.ndarray
    sitting: Ints
    apart_s: Floats
    picture: Ints
    belief: Floats


def listen(columns: PhotoColumns, mine: Ints, others: Ints, near: Edges | None = None) -> Sittings:
    """Return what the photos of one camera say about its clock, beside photos whose times are right.

    Args:
        columns: The library.
        mine, others: Rows by time; all of them have one.
        near: Pairs of rows that show one picture; they count as looking alike, whatever their descriptors.
    """
    mine, others = _pictures(columns.taken_s, mine), _pictures(columns.taken_s, others)
    taken, known = columns.taken_s[mine], columns.taken_s[others]
    begins = np.concatenate([[0], np.flatnonzero(np.diff(taken) > _SITTING_S) + 1])
    ends = np.append(begins[1:], len(mine))
    score = np.zeros((len(begins), CELLS), np.float32)
    awake = _awake(columns.local_s[others])
    found: list[tuple[Ints, Ints, Floats]] = []
    for number in np.unique(np.linspace(0, len(begins) - 1, _MOST_SITTINGS).astype(np.int64)):
        begin, end = begins[number], ends[number]
        heard = np.unique(np.linspace(begin, end - 1, min(end - begin, _HEARD)).astype(np.int64))
        low, high = np.searchsorted(known, [taken[begin] - REACH_S, taken[end - 1] + REACH_S])
        if high == low:
            continue
        score[number] = _occasions(taken[heard], float(columns.offset_s[mine[begin]]), known[low:high], awake)
        around = np.unique(np.linspace(low, high - 1, min(high - low, _COMPARED)).astype(np.int64))
        a, b, belief = _alike(columns, mine[heard], others[around])
        found.append((heard[a], around[b], belief))
    picture, other, belief = _with_near(found, mine, others, near)
    apart = taken[picture] - known[other]
    inside = np.abs(apart) <= REACH_S
    picture, apart, belief = picture[inside], apart[inside], belief[inside]
    sitting = np.searchsorted(begins, picture, side="right") - 1
    _add_looks(score, sitting, picture, apart, belief)
    return Sittings(
        starts_s=taken[begins],
        ends_s=taken[ends - 1],
        score=score,
        sitting=sitting,
        apart_s=apart,
        picture=picture,
        belief=belief,
    )


def _pictures(taken_s: Floats, rows: Ints) -> Ints:
    """Return the first row of everything that was taken in one go."""
    first = np.ones(len(rows), bool)
    first[1:] = np.diff(taken_s[rows]) > _ONE_LOOK_S
    return rows[first]


def _alike(columns: PhotoColumns, mine: Ints, others: Ints) -> tuple[Ints, Ints, Floats]:
    """Return pairs (places in the two arrays) that look alike, and how much each is believed, at most 1 per picture."""
    distance = 1 - columns.descriptor[mine] @ columns.descriptor[others].T
    distance[:, ~columns.descriptor[others].any(1)] = 1
    if not (np.isnan(columns.lat[mine]).all() or np.isnan(columns.lat[others]).all()):
        way = distance_km(
            columns.lat[mine][:, None], columns.lon[mine][:, None], columns.lat[others], columns.lon[others]
        )
        distance[np.nan_to_num(way, nan=0.0) > _APART_KM] = 1
    k = min(_ALIKE, len(others))
    near = np.argpartition(distance, k - 1, axis=1)[:, :k]
    strength = np.exp(-np.take_along_axis(distance, near, 1).astype(np.float64) / _LOOK_SCALE)
    belief = strength / (strength.sum(1, keepdims=True) + np.exp(-_LOOK_NONE / _LOOK_SCALE))
    row = np.repeat(np.arange(len(mine)), k)
    told = belief.ravel() > 0.05
    return row[told], near.ravel()[told], belief.ravel()[told]


def _with_near(
    found: list[tuple[Ints, Ints, Floats]], mine: Ints, others: Ints, near: Edges | None
) -> tuple[Ints, Ints, Floats]:
    empty = np.zeros(0, np.int64)
    a, b = (np.concatenate([empty, *(each[i] for each in found)]) for i in (0, 1))
    belief = np.concatenate([np.zeros(0), *(each[2] for each in found)])
    if near is None or not len(near):
        return a, b, belief
    rows, partners = np.concatenate([near.a, near.b]), np.concatenate([near.b, near.a])
    known = _member(mine, rows) & _member(others, partners)
    order = np.argsort(mine), np.argsort(others)
    i = order[0][np.searchsorted(mine, rows[known], sorter=order[0])]
    j = order[1][np.searchsorted(others, partners[known], sorter=order[1])]
    fresh = ~np.isin(i * len(others) + j, a * len(others) + b)
    return np.append(a, i[fresh]), np.append(b, j[fresh]), np.append(belief, np.ones(int(fresh.sum())))


def _member(rows: Ints, wanted: Ints) -> Bools:
    return np.isin(wanted, rows)


def _occasions(taken: Floats, zone_s: float, known: Floats, awake: np.ndarray) -> np.ndarray:
    """Return how much better each offset puts a sitting's pictures among the others than chance: `(CELLS,)`.

    A camera may have an occasion to itself; then all that is asked for is a time at which this owner takes pictures.
    """
    half = CELLS // 2
    start = np.floor(taken[0] / STEP_S) * STEP_S - REACH_S
    length = int((taken[-1] - start + REACH_S) / STEP_S) + 2
    first_minute = int(np.mod(start + zone_s, DAY_S) / STEP_S)
    cell = ((known - start) / STEP_S).astype(np.int64)
    count = np.bincount(cell[(cell >= 0) & (cell < length)], minlength=length).astype(np.float32)
    busy = np.minimum(count, 2.0)
    density = np.convolve(busy, _WINDOW, "same")
    at = ((taken - start) / STEP_S).astype(np.int64)
    _, first = np.unique(at // _EACH_CELLS, return_index=True)
    at = at[first]
    score = np.zeros(CELLS, np.float32)
    for occasion in np.split(at, np.flatnonzero(np.diff(at) > _PAUSE_CELLS) + 1):
        told, alone = np.zeros(CELLS, np.float32), np.zeros(CELLS, np.float32)
        for place in occasion:
            # offset o reads the density at the time minus o, so the slice runs backwards
            there = density[place - half : place + half + 1][::-1]
            usual = there.mean()
            if usual > 0:
                told += np.log(1 - _BELIEF + _BELIEF * np.minimum(there / usual, 20.0))
            alone += awake[(place + first_minute - _MINUTES) % _DAY_CELLS]
        # pictures of one occasion are in the right place together, or not at all: ten say less than ten times one
        told /= np.sqrt(len(occasion))
        score += np.log((1 - _BOTH_THERE) * np.exp(alone / len(occasion)) + _BOTH_THERE * np.exp(told))
    return score


def _awake(local_s: Floats) -> np.ndarray:
    """Return how much more or less likely than chance pictures are at each minute of the day, in logs: `(1440,)`."""
    minute = (np.mod(local_s, DAY_S) / STEP_S).astype(np.int64)
    _, first = np.unique(np.floor(local_s / (_EACH_CELLS * STEP_S)), return_index=True)
    count = np.bincount(minute[first], minlength=_DAY_CELLS).astype(np.float64)
    reach = np.minimum(np.arange(_DAY_CELLS), _DAY_CELLS - np.arange(_DAY_CELLS))
    window = np.maximum(0, 1 - reach / 90)
    smooth = np.fft.irfft(np.fft.rfft(count) * np.fft.rfft(window), _DAY_CELLS)
    return np.log(0.03 + 0.97 * np.maximum(smooth, 0) / smooth.mean()).astype(np.float32)


def _add_looks(score: np.ndarray, sitting: Ints, picture: Ints, apart: Floats, belief: Floats) -> None:
    """Add to the score of each sitting what its pairs of like looks say: a mixture of shared subjects and chance."""
    if not len(picture):
        return
    cell = np.rint(apart / STEP_S).astype(np.int64) + CELLS // 2
    pooled = np.bincount(cell, belief, minlength=CELLS)
    box = np.ones(2 * _AROUND_CELLS + 1)
    chance = np.convolve(pooled, box, "same") / np.convolve(np.ones(CELLS), box, "same") / pooled.sum()
    chance = 0.5 * chance + 0.5 / CELLS
    reach = np.arange(-5, 6)
    shape = np.exp(-np.abs(reach) / _NEAR_CELLS)
    shape /= shape.sum()
    spread = (cell[:, None] + reach).ravel()
    inside = (spread >= 0) & (spread < CELLS)
    told = ((belief / chance[cell])[:, None] * shape).ravel()[inside]
    flat = (picture[:, None] * CELLS + (cell[:, None] + reach)).ravel()[inside]
    places, index = np.unique(flat, return_inverse=True)
    ratio = np.bincount(index, told)
    of = np.zeros(int(picture.max()) + 1, np.int64)
    of[picture] = sitting
    np.add.at(
        score, (of[places // CELLS], places % CELLS), np.log1p(_SHARED / (1 - _SHARED) * ratio).astype(np.float32)
    )

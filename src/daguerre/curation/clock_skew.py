"""A second camera's wrong clock: by how much, in which span of time, and how sure that is.

Originals and the catalogue keep what was written; the corrected times exist in the columns alone, with what was taken
off beside them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from daguerre.curation.clock_evidence import CELLS, OFFSETS_S, STEP_S, Sittings, listen
from daguerre.curation.columns import DAY_S, Bools, Floats, Ints, PhotoColumns
from daguerre.curation.exclusions import screenshots
from daguerre.curation.groups import Edges

_HALF_HOUR_S = 1800.0


@dataclass(frozen=True, kw_only=True)
class SkewRules:
    """When a clock is believed to be wrong.

    Attributes:
        wrong: How likely a clock is wrong at all, before anything was seen.
        set_again: How likely a clock is set between two sittings of a camera.
        set_after_s, set_then: After so long a pause it is this likely: people set clocks when they pack.
        sure: Corrections of less confidence are not made.
        sure_alone: The same where no pair of pictures shows one subject: a camera may have occasions to itself.
        photos: A camera with fewer photos says too little.
        exact_s: Pairs this close to the offset tell its seconds.
        pairs: Fewest of them that do; with less, the offset is told to the minute.
    """

    wrong: float = 0.05
    set_again: float = 0.01
    set_after_s: float = 3 * DAY_S
    set_then: float = 0.2
    sure: float = 0.9
    sure_alone: float = 0.95
    photos: int = 5
    exact_s: float = 150.0
    pairs: int = 4


RULES = SkewRules()


@dataclass(frozen=True, kw_only=True)
class Skew:
    """One camera's clock was `offset_s` ahead in a span of its own written time, both ends included.

    Attributes:
        camera: As written in the files.
        reference: The camera that most of the photos compared with came from.
        confidence: 0..1: against every other offset, and against a right clock.
        pairs: Pictures that look like one of the others at just this offset; 0: occasions alone say so.
    """

    camera: str
    reference: str
    offset_s: float
    from_s: float
    to_s: float
    confidence: float
    pairs: int


def find_skews(columns: PhotoColumns, near_pairs: Edges | None = None, rules: SkewRules = RULES) -> tuple[Skew, ...]:
    """Return the wrong clocks of a library, by camera and time.

    The camera that says most about place and was used on most days is right; every other is compared with it and with
    the cameras before it, corrected.

    Args:
        columns: As written, whatever the order.
        near_pairs: Pairs of rows that show one picture, as far as somebody knows them.
        rules: Thresholds.
    """
    usable = columns.trusted & ~np.isnan(columns.taken_s) & (columns.camera != "") & ~screenshots(columns)
    cameras = _by_trust(columns, usable)
    right, found = np.zeros(len(columns), bool), list[Skew]()
    for camera in cameras:
        mine = np.flatnonzero(usable & (columns.camera == camera))
        if right.any() and len(mine) >= rules.photos:
            skews = _skews_of(columns, camera, mine, np.flatnonzero(right), near_pairs, rules)
            columns = replace(columns, taken_s=columns.taken_s - _taken_off(columns, skews))
            found += skews
        right[mine] = True
    return tuple(found)


def apply_skews(columns: PhotoColumns, skews: tuple[Skew, ...]) -> PhotoColumns:
    """Return the library in order of corrected times, `skew_s` saying what was taken off."""
    if not skews:
        return columns
    off = _taken_off(columns, skews)
    return replace(columns, taken_s=columns.taken_s - off, skew_s=columns.skew_s + off).in_order()


def as_written(columns: PhotoColumns) -> PhotoColumns:
    """Return the library in order of the times that its cameras wrote."""
    if not columns.skew_s.any():
        return columns
    return replace(columns, taken_s=columns.taken_s + columns.skew_s, skew_s=np.zeros(len(columns))).in_order()


def corrected_by(columns: PhotoColumns, skew: Skew) -> Bools:
    """Return which photos of a library as written the correction is about: `(n,) bool`."""
    inside = (columns.taken_s >= skew.from_s) & (columns.taken_s <= skew.to_s)
    return inside & columns.trusted & (columns.camera == skew.camera)


def _taken_off(columns: PhotoColumns, skews: tuple[Skew, ...] | list[Skew]) -> Floats:
    off = np.zeros(len(columns))
    for skew in skews:
        off[corrected_by(columns, skew)] = skew.offset_s
    return off


def _by_trust(columns: PhotoColumns, usable: Bools) -> list[str]:
    """Return the cameras, the most trusted first: what knows its place had its clock set by a network or satellites."""
    rank = {}
    for camera in np.unique(columns.camera[usable].astype(str)):
        rows = np.flatnonzero(usable & (columns.camera == camera))
        days = len(np.unique(np.floor(columns.taken_s[rows] / DAY_S)))
        placed = float((~np.isnan(columns.lat[rows])).mean())
        rank[str(camera)] = (-(days * (0.2 + placed)), str(camera))
    return sorted(rank, key=lambda camera: rank[camera])


def _skews_of(
    columns: PhotoColumns, camera: str, mine: Ints, others: Ints, near: Edges | None, rules: SkewRules
) -> list[Skew]:
    mine, others = (rows[np.argsort(columns.taken_s[rows], kind="stable")] for rows in (mine, others))
    heard = listen(columns, mine, others, near)
    priors = _priors(columns, mine, others, heard, rules)
    pause = heard.starts_s[1:] - heard.ends_s[:-1]
    change = np.log(np.where(pause > rules.set_after_s, rules.set_then, rules.set_again))
    states = _most_likely(heard.score, priors, change)
    skews = []
    for first, last in _spans(states):
        together = heard.score[first : last + 1].sum(0) + priors[first]
        state = max(set(states[first : last + 1].tolist()), key=lambda cell: together[cell])
        if OFFSETS_S[state] == 0:
            continue
        confidence = _confidence(together, state)
        offset, pairs = _to_the_second(heard, first, last, float(OFFSETS_S[state]), rules)
        if confidence < (rules.sure if pairs else rules.sure_alone):
            continue
        names, counts = np.unique(columns.camera[others].astype(str), return_counts=True)
        skews.append(
            Skew(
                camera=camera,
                reference=str(names[counts.argmax()]),
                offset_s=offset,
                from_s=float(heard.starts_s[first]),
                to_s=_end(columns.taken_s[mine], heard, last),
                confidence=confidence,
                pairs=pairs,
            )
        )
    return skews


def _end(taken: Floats, heard: Sittings, last: int) -> float:
    """Return the written time of the last photo of a sitting."""
    if last + 1 == len(heard.starts_s):
        return float(taken[-1])
    return float(taken[np.searchsorted(taken, heard.starts_s[last + 1]) - 1])


def _priors(columns: PhotoColumns, mine: Ints, others: Ints, heard: Sittings, rules: SkewRules) -> list[np.ndarray]:
    """Return `_prior` for each sitting: in another time zone, clocks that show that of home are common."""
    values, counts = np.unique(columns.offset_s[others], return_counts=True)
    home = values[counts.argmax()]
    here = columns.offset_s[mine[np.searchsorted(columns.taken_s[mine], heard.starts_s)]]
    known = {shift: _prior(rules, float(shift)) for shift in np.unique(home - here)}
    return [known[shift] for shift in home - here]


def _prior(rules: SkewRules, zone_s: float) -> np.ndarray:
    """Return how likely each offset is before anything was seen, in logs: clocks are mostly right, or hours wrong.

    `zone_s` is what a clock that was never set on the journey is ahead.
    """
    share = np.full(CELLS, 0.3 / CELLS)
    minutes = np.rint(OFFSETS_S / STEP_S).astype(np.int64)
    for step, most, mass in ((60, 26 * 60, 0.45), (30, 26 * 60, 0.1), (1, 15, 0.15)):
        chosen = (minutes % step == 0) & (np.abs(minutes) <= most) & (minutes != 0)
        share[chosen] += mass / chosen.sum()
    share *= rules.wrong
    share[CELLS // 2] = 1 - rules.wrong
    if zone_s:
        share /= 2
        for ahead, mass in ((0.0, 0.3), (3600.0, 0.1), (-3600.0, 0.1)):
            share[np.abs(OFFSETS_S - zone_s - ahead).argmin()] += mass
    return np.log(share)


def _most_likely(score: np.ndarray, priors: list[np.ndarray], change: Floats) -> Ints:
    """Return the offset (its cell) of each sitting: the most likely path, in which a change has its price (Viterbi)."""
    best = score[0] + priors[0]
    came = np.empty((len(score), CELLS), np.int16)
    for i in range(1, len(score)):
        other = int(best.argmax())
        jump = best[other] + change[i - 1] + priors[i]
        stays = best >= jump
        came[i] = np.where(stays, np.arange(CELLS), other)
        best = np.where(stays, best, jump) + score[i]
    states = np.empty(len(score), np.int64)
    states[-1] = best.argmax()
    for i in range(len(score) - 1, 0, -1):
        states[i - 1] = came[i, states[i]]
    return states


def _spans(states: Ints) -> list[tuple[int, int]]:
    """Return the first and the last sitting of each offset; a minute more or less is no other offset."""
    cuts = np.concatenate([[0], np.flatnonzero(np.abs(np.diff(states)) > 2) + 1, [len(states)]])
    return [(int(a), int(b) - 1) for a, b in pairwise(cuts)]


def _confidence(score: np.ndarray, state: int) -> float:
    """Return the share of belief that lies within a few minutes of the chosen offset."""
    belief = np.exp(score - score.max())
    near = np.abs(np.arange(CELLS) - state) <= 3
    near &= np.arange(CELLS) != CELLS // 2
    return float(belief[near].sum() / belief.sum())


def _to_the_second(heard: Sittings, first: int, last: int, offset: float, rules: SkewRules) -> tuple[float, int]:
    """Return the offset by the pairs near it, and how many pictures they are."""
    close = (heard.sitting >= first) & (heard.sitting <= last)
    for within in (rules.exact_s, rules.exact_s / 2):
        near = close & (np.abs(heard.apart_s - offset) <= within)
        pairs = len(np.unique(heard.picture[near]))
        if pairs < rules.pairs:
            return offset, 0
        order = np.argsort(heard.apart_s[near])
        weight = np.cumsum(heard.belief[near][order])
        offset = float(heard.apart_s[near][order][np.searchsorted(weight, weight[-1] / 2)])
    # Summer time and time zones are why clocks are wrong: few pairs do not tell an hour and a minute from an hour.
    whole = _HALF_HOUR_S * round(offset / _HALF_HOUR_S)
    unsure_s = 3 * rules.exact_s / np.sqrt(3 * pairs)
    return (whole if whole and abs(offset - whole) <= unsure_s else offset), pairs

"""Events: photos that belong together because little time, or little way, lies between them.

Measured on generated lives with walks, lunch gaps, parties over midnight and a second camera an hour off: the rule of
time and place reaches boundary F1 .87 where positions are known, the log-gap rule of PhotoTOC .79 where they are not,
a new event per calendar day .52.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daguerre.curation.columns import Bools, Floats, Ints
from daguerre.curation.places import distance_km, filled_positions


@dataclass(frozen=True, kw_only=True)
class EventRules:
    """When one event ends and the next begins.

    Attributes:
        long_gap_s: So long a pause always ends an event (where positions are known).
        short_gap_s, far_km: So long a pause ends it when the next photo is so far away.
        fill_s: A photo without GPS was where the nearest photo was taken, if that is no longer away than this.
        known_share: Time and place decide where at least this share of the neighbourhood has GPS of its own.
        neighbours: Photos before and after that make a neighbourhood.
        log_ratio: PhotoTOC's K: a gap ends an event when it is this much (in logs) above the local mean.
        log_neighbours: PhotoTOC's d, gaps before and after.
    """

    long_gap_s: float = 3 * 3600.0
    short_gap_s: float = 40 * 60.0
    far_km: float = 2.0
    fill_s: float = 30 * 60.0
    known_share: float = 0.5
    neighbours: int = 20
    log_ratio: float = float(np.log(17.0))
    log_neighbours: int = 10


RULES = EventRules()


def event_labels(taken_s: Floats, lat: Floats, lon: Floats, rules: EventRules = RULES) -> Ints:
    """Return the number of the event of each photo, counting from 0 in time: `(n,) int64`.

    Args:
        taken_s: `(n,)` ascending, without NaN.
        lat, lon: Degrees, NaN without GPS.
    """
    ends = boundaries(taken_s, lat, lon, rules)
    return np.concatenate([np.zeros(min(len(taken_s), 1), np.int64), np.cumsum(ends)])


def boundaries(taken_s: Floats, lat: Floats, lon: Floats, rules: EventRules = RULES) -> Bools:
    """Return after which photos an event ends: `(n - 1,) bool`."""
    if len(taken_s) < 2:
        return np.zeros(0, bool)
    placed = _share_around(~np.isnan(lat), rules.neighbours) >= rules.known_share
    return np.where(placed[1:] & placed[:-1], time_and_place(taken_s, lat, lon, rules), log_gap(taken_s, rules))


def time_and_place(taken_s: Floats, lat: Floats, lon: Floats, rules: EventRules = RULES) -> Bools:
    """Return where a long pause lies, or a short one with a way behind it: `(n - 1,) bool`."""
    gap = np.diff(taken_s)
    lat, lon = filled_positions(taken_s, lat, lon, within_s=rules.fill_s)
    # A missing position gives NaN, and NaN is not farther than anything.
    far = distance_km(lat[:-1], lon[:-1], lat[1:], lon[1:]) > rules.far_km
    return (gap > rules.long_gap_s) | ((gap > rules.short_gap_s) & far)


def log_gap(taken_s: Floats, rules: EventRules = RULES) -> Bools:
    """Return where a pause is long for its neighbourhood: `(n - 1,) bool` (Platt et al., PhotoTOC, 2003)."""
    gap = np.log(np.maximum(np.diff(taken_s), 1.0))
    return gap >= rules.log_ratio + _mean_around(gap, rules.log_neighbours)


def _mean_around(values: Floats, reach: int) -> Floats:
    total = np.concatenate([[0.0], np.cumsum(values)])
    low = np.maximum(np.arange(len(values)) - reach, 0)
    high = np.minimum(np.arange(len(values)) + reach + 1, len(values))
    return (total[high] - total[low]) / (high - low)


def _share_around(known: Bools, reach: int) -> Floats:
    return _mean_around(known.astype(np.float64), reach)

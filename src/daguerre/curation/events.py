"""Events: photos that belong together because little time, or little way, lies between them.

Two rules, one for each pause: where positions tell how far it was across the pause, time and place decide; where they
do not, a pause must be long for its neighbourhood. Boundary F1 on generated lives with walks, lunch gaps, parties over
midnight and a second camera an hour off, by share of photos with GPS; in brackets with that camera's clock put right:

| GPS  | this        | time and place alone | log-gap alone | calendar day |
|------|-------------|----------------------|---------------|--------------|
| 70 % | .89 (.95)   | .89 (.95)            | .81 (.86)     | .54 (.57)    |
| 30 % | .88 (.93)   | .88 (.93)            | .81 (.86)     | .54 (.57)    |
| 10 % | .84 (.90)   | .83 (.89)            | .81 (.86)     | .54 (.57)    |
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daguerre.curation.columns import Bools, Floats, Ints
from daguerre.curation.places import distance_km, filled_in_stays


@dataclass(frozen=True, kw_only=True)
class EventRules:
    """When one event ends and the next begins.

    Attributes:
        long_gap_s: So long a pause always ends an event where positions are known.
        short_gap_s, far_km: So long a pause ends it when the next photo is so far away. No shorter pause ever does.
        log_ratio: PhotoTOC's K: a gap ends an event when it is this much (in logs) above the local mean.
        log_neighbours: PhotoTOC's d, gaps before and after.
        longest_gap_s: So long a pause ends an event anywhere: one photo a day would be one event for ever.
    """

    long_gap_s: float = 3.5 * 3600.0
    short_gap_s: float = 40 * 60.0
    far_km: float = 1.5
    log_ratio: float = float(np.log(17.0))
    log_neighbours: int = 10
    longest_gap_s: float = 6 * 3600.0


RULES = EventRules()


def event_labels(taken_s: Floats, lat: Floats, lon: Floats, rules: EventRules = RULES) -> Ints:
    """Return the number of the event of each photo, counting from 0 in time: `(n,) int64`.

    Args:
        taken_s: `(n,)` ascending, without NaN.
        lat, lon: Degrees, NaN without GPS.
        rules: Thresholds.
    """
    ends = boundaries(taken_s, lat, lon, rules)
    return np.concatenate([np.zeros(min(len(taken_s), 1), np.int64), np.cumsum(ends)])


def boundaries(taken_s: Floats, lat: Floats, lon: Floats, rules: EventRules = RULES) -> Bools:
    """Return after which photos an event ends: `(n - 1,) bool`. Arguments as for `event_labels`."""
    if len(taken_s) < 2:
        return np.zeros(0, bool)
    gap = np.diff(taken_s)
    way = way_km(taken_s, lat, lon, rules)
    with_place = (gap > rules.long_gap_s) | ((gap > rules.short_gap_s) & (way > rules.far_km))
    without = ((gap > rules.short_gap_s) & log_gap(taken_s, rules)) | (gap > rules.longest_gap_s)
    return np.where(np.isnan(way), without, with_place)


def way_km(taken_s: Floats, lat: Floats, lon: Floats, rules: EventRules = RULES) -> Floats:
    """Return how far it was from each photo to the next: `(n - 1,)` km, NaN where nothing tells.

    A photo without GPS was where the nearest one was taken that no pause parts it from.
    """
    lat, lon = filled_in_stays(taken_s, lat, lon, pause_s=rules.short_gap_s)
    return distance_km(lat[:-1], lon[:-1], lat[1:], lon[1:])


def log_gap(taken_s: Floats, rules: EventRules = RULES) -> Bools:
    """Return where a pause is long for its neighbourhood: `(n - 1,) bool` (Platt et al., PhotoTOC, 2003)."""
    gap = np.log(np.maximum(np.diff(taken_s), 1.0))
    total = np.concatenate([[0.0], np.cumsum(gap)])
    low = np.maximum(np.arange(len(gap)) - rules.log_neighbours, 0)
    high = np.minimum(np.arange(len(gap)) + rules.log_neighbours + 1, len(gap))
    return gap >= rules.log_ratio + (total[high] - total[low]) / (high - low)

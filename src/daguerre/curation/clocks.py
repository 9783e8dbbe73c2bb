"""What clocks meant: a camera that writes no time zone is read with the zone of the photos around it."""

from __future__ import annotations

import numpy as np

from daguerre.curation.columns import DAY_S, Bools, Floats

#: Photos farther apart than this say nothing of each other's time zone; the owner's most usual one does then.
_SAME_STAY_S = 3 * DAY_S


def settle_zones(taken_s: Floats, offset_s: Floats, assumed: Bools) -> tuple[Floats, Floats]:
    """Return capture times and offsets with assumed time zones replaced by those that other photos know.

    A photo without offset and position is stored as if its clock had shown UTC. Beside photos of the same day that do
    know their zone it would lie hours away, and tear its event apart.

    Args:
        taken_s: `(n,)` seconds since 1970 UTC, NaN when unknown; the wall clock where the zone was assumed.
        offset_s: `(n,)` wall clock minus UTC, NaN when unknown.
        assumed: `(n,)` where the zone was assumed to be UTC.
    """
    known = np.flatnonzero(~np.isnan(offset_s) & ~np.isnan(taken_s) & ~assumed)
    lost = np.flatnonzero(assumed & ~np.isnan(taken_s))
    if not len(known) or not len(lost):
        return taken_s.copy(), np.nan_to_num(offset_s)
    wall = taken_s[known] + offset_s[known]
    order = np.lexsort((offset_s[known], wall))
    wall, offsets = wall[order], offset_s[known][order]
    after = np.clip(np.searchsorted(wall, taken_s[lost]), 0, len(wall) - 1)
    before = np.clip(after - 1, 0, len(wall) - 1)
    nearest = np.where(np.abs(wall[after] - taken_s[lost]) < np.abs(wall[before] - taken_s[lost]), after, before)
    values, counts = np.unique(offsets, return_counts=True)
    usual = values[counts.argmax()]
    close = np.abs(wall[nearest] - taken_s[lost]) <= _SAME_STAY_S
    settled, offset = taken_s.copy(), np.nan_to_num(offset_s)
    offset[lost] = np.where(close, offsets[nearest], usual)
    settled[lost] -= offset[lost]
    return settled, offset

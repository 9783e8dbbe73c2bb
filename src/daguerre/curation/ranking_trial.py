"""How well an order of photos agrees with what owners then cared about."""

from __future__ import annotations

import numpy as np

from daguerre.curation.columns import Bools, Floats


def pairwise_accuracy(score: Floats, liked: Bools) -> float:
    """Return the share of pairs (liked, not liked) that the score puts in order, ties half; this is the area under ROC.

    NaN when all or none were liked.
    """
    good, bad = score[liked], np.sort(score[~liked])
    if not len(good) or not len(bad):
        return float("nan")
    below = np.searchsorted(bad, good, "left") + np.searchsorted(bad, good, "right")
    return float(below.sum() / (2 * len(good) * len(bad)))

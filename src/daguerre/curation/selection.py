"""Choosing a few photos of many: of each moment, good ones, unlike each other, in order of time.

Covering every moment and showing only good pictures contradict each other where a moment has no good picture: with
the moments known from the truth, covering all of them leaves a share of .74 good ones of 8, and covering nine in ten
.83. So a moment whose best picture is poor is passed over, and its place goes to another good picture of a long one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daguerre.curation.columns import Bools, Floats, Ints, Vectors
from daguerre.curation.groups import components, edges, runs

#: Of more candidates the best by quality are compared: memory grows with the square.
_MOST_COMPARED = 1500


@dataclass(frozen=True, kw_only=True)
class SelectionRules:
    """How a selection is made.

    Attributes:
        moment_s: Photos this close in time may be one moment.
        moment_look: Cosine distance of descriptors up to which such photos are one moment.
        second_from: A moment of so many photos (duplicates counted once) may propose a second one, of twice as many a
            third.
        floor: A moment whose best photo is of lower quality than this is passed over.
        fewest: Unless fewer photos than this would be left.
        quality_weight: MMR's lambda: 1 asks for quality alone, 0 for difference alone.
        quality_growth: By how much the logarithm of a photo's weight in the determinant grows from quality 0 to 1.
    """

    moment_s: float = 120.0
    moment_look: float = 0.2
    second_from: int = 3
    floor: float = 0.43
    fewest: int = 4
    quality_weight: float = 0.65
    quality_growth: float = 4.0


RULES = SelectionRules()


def moment_labels(taken_s: Floats, descriptor: Vectors, equals: Ints, rules: SelectionRules = RULES) -> Ints:
    """Return the moment of each photo, named by its first row: `(n,) int64`.

    A photo joins the moment of the one before it when it follows within a minute and looks alike, and the moments of
    all its duplicates.

    Args:
        taken_s: `(n,)` ascending.
        descriptor: `(n, d)` unit rows.
        equals: `(n,)` group of duplicates of each photo; photos that are alone have a number of their own.
        rules: Thresholds.
    """
    n = len(taken_s)
    follows = np.flatnonzero(np.diff(taken_s) <= rules.moment_s)
    look = 1 - np.einsum("ij,ij->i", descriptor[follows], descriptor[follows + 1])
    follows = follows[look <= rules.moment_look]
    groups = [rows for rows in runs(equals) if len(rows) > 1]
    a = np.concatenate([follows, *(np.full(len(rows) - 1, rows[0]) for rows in groups)])
    b = np.concatenate([follows + 1, *(rows[1:] for rows in groups)])
    return components(n, edges(a, b, np.zeros(len(a))))


def best_of_each(group: Ints, quality: Floats) -> Ints:
    """Return the row with the highest quality of each group, ascending; the first one wins a tie."""
    order = np.lexsort((np.arange(len(group)), -quality, group))
    return np.sort(order[_starts(group[order])])


def proposals(moment: Ints, equals: Ints, quality: Floats, rules: SelectionRules = RULES) -> Ints:
    """Return the rows that may be chosen, ascending: the best of each moment, and some more of long ones.

    Of duplicates only the best is ever proposed, and of a moment whose best is poor nothing, unless that would leave
    fewer than `rules.fewest` rows.
    """
    row, place, size = _by_place(moment, equals, quality)
    good = quality[row] >= rules.floor
    few = row[(place == 0) & ~good]
    # A poor moment's others are no better than its best: what remains above the floor comes from good moments.
    kept = row[good & (place < 1 + np.minimum(size // rules.second_from, 2))]
    missing = max(0, rules.fewest - len(kept))
    return np.sort(np.concatenate([kept, few[np.argsort(-quality[few], kind="stable")][:missing]]))


def _by_place(moment: Ints, equals: Ints, quality: Floats) -> tuple[Ints, Ints, Ints]:
    """Return rows, the best of each group of duplicates; their place in their moment, from 0; the moment's size."""
    alone = best_of_each(equals, quality)
    row = alone[np.lexsort((alone, -quality[alone], moment[alone]))]
    first = np.flatnonzero(_starts(moment[row]))
    size = np.diff(np.append(first, len(row)))
    return row, np.arange(len(row)) - np.repeat(first, size), np.repeat(size, size)


def _starts(label: Ints) -> Bools:
    """Return where a run of equal labels begins."""
    return np.concatenate([np.ones(min(len(label), 1), bool), label[1:] != label[:-1]])


def diverse(quality: Floats, look: Vectors, most: int, rules: SelectionRules = RULES) -> Ints:
    """Return up to `most` rows, good and unlike each other, in order of choice: `(k,) int64`.

    Maximal marginal relevance (Carbonell and Goldstein, 1998), greedily. Cosines are measured from the median pair
    up, because hand-made descriptors have a common part that says nothing.

    Args:
        quality: `(n,)` in 0..1.
        look: `(n, d)` unit rows.
        most: How many.
        rules: Weights.
    """
    if not len(quality):
        return np.zeros(0, np.int64)
    if len(quality) > _MOST_COMPARED:
        best = np.sort(np.argsort(-quality, kind="stable")[:_MOST_COMPARED])
        return best[diverse(quality[best], look[best], most, rules)]
    alike = _alike(look)
    picks = [int(quality.argmax())]
    nearest = alike[picks[0]].copy()
    while len(picks) < min(most, len(quality)):
        worth = rules.quality_weight * quality - (1 - rules.quality_weight) * nearest
        worth[picks] = -np.inf
        picks.append(int(worth.argmax()))
        nearest = np.maximum(nearest, alike[picks[-1]])
    return np.array(picks, np.int64)


def spread(quality: Floats, look: Vectors, most: int, rules: SelectionRules = RULES) -> Ints:
    """Return up to `most` rows whose looks and qualities span the largest volume, in order of choice: `(k,) int64`.

    A determinantal point process, its most probable set found greedily by growing a Cholesky factor row by row (Chen,
    Zhang and Zhou, Fast greedy MAP inference for determinantal point process, NeurIPS 2018). Unlike `diverse` it sees
    when a picture repeats two others together. Arguments as for `diverse`.
    """
    if len(quality) > _MOST_COMPARED:
        best = np.sort(np.argsort(-quality, kind="stable")[:_MOST_COMPARED])
        return best[spread(quality[best], look[best], most, rules)]
    weight = np.exp(rules.quality_growth * quality)
    kernel = weight[:, None] * _alike(look) * weight
    left, factor, picks = np.diag(kernel).copy(), np.zeros((len(quality), 0)), list[int]()
    while len(picks) < min(most, len(quality)):
        pick = int(left.argmax())
        # Cosines cut off at the usual one are no Gram matrix any more: what is left may fall to 0 or below.
        row = (kernel[pick] - factor @ factor[pick]) / np.sqrt(max(left[pick], 1e-9))
        factor, left = np.column_stack([factor, row]), left - row**2
        picks.append(pick)
        left[picks] = -np.inf
    return np.array(picks, np.int64)


def _alike(look: Vectors) -> Floats:
    """Return how alike the looks are: `(n, n) float64` in 0..1, 0 for the median pair, 1 on the diagonal."""
    cosine = (look @ look.T).astype(np.float64)
    usual = float(np.median(cosine[np.triu_indices(len(look), 1)])) if len(look) > 1 else 0.0
    alike = np.clip((cosine - usual) / max(1 - usual, 1e-6), 0, 1)
    np.fill_diagonal(alike, 1.0)
    return alike


def choose(
    moment: Ints, quality: Floats, descriptor: Vectors, equals: Ints, *, most: int, rules: SelectionRules = RULES
) -> Ints:
    """Return up to `most` rows in order of time: the best of the moments first, spread over looks, then others of them.

    Args:
        moment: `(n,)` as from `moment_labels`.
        quality, descriptor, equals, most, rules: As for `select`.
    """
    proposed = proposals(moment, equals, quality, rules)
    first = np.isin(proposed, best_of_each(moment, quality))
    best, others = proposed[first], proposed[~first]
    picks = best[spread(quality[best], descriptor[best], most, rules)]
    more = others[np.argsort(-quality[others], kind="stable")][: most - len(picks)]
    return np.sort(np.concatenate([picks, more]))


def select(
    taken_s: Floats,
    quality: Floats,
    descriptor: Vectors,
    equals: Ints,
    *,
    most: int,
    rules: SelectionRules = RULES,
) -> Ints:
    """Return up to `most` rows in order of time, good ones of as many moments as have any.

    Args:
        taken_s: `(n,)` ascending.
        quality: `(n,)` in 0..1.
        descriptor: `(n, d)` unit rows.
        equals: As for `moment_labels`.
        most: How many.
        rules: Thresholds and weights.
    """
    moment = moment_labels(taken_s, descriptor, equals, rules)
    return choose(moment, quality, descriptor, equals, most=most, rules=rules)


def cover(quality: Floats, descriptor: Vectors) -> int:
    """Return which of a selection's photos stands for it: good, and like the others rather than an exception.

    Args:
        quality: `(k,)` in 0..1.
        descriptor: `(k, d)` unit rows.
    """
    central = (descriptor @ descriptor.mean(0)).astype(np.float64)
    spread = np.ptp(central)
    return int((quality + 0.25 * ((central - central.min()) / spread if spread > 0 else 0)).argmax())

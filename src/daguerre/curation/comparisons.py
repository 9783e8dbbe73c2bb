"""Which photos have been compared with each other and came close, kept so that a batch costs what it adds.

Whether two photos come close depends on their hashes and descriptors alone. So what was found stays true until one of
the two changes, and comparing what is new with everything gives what comparing everything would give.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from daguerre.curation.blocks import choose_projections, still_fine
from daguerre.curation.columns import Bytes, Ints, Vectors, Words
from daguerre.curation.duplicate_rules import DuplicateRules
from daguerre.curation.pairs import hash_distance, hash_pairs, look_pairs


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparisons:
    """n photos of which every two have been compared.

    Attributes:
        photo_id: `(n,)`, unique.
        facts: `(n,)`: digest of what was compared of each.
        a, b: `(m,)` places in `photo_id` of pairs that came close, a < b, each pair once, in order.
        projections: Of the blocks that were compared within; 0 when all were.
        fresh: How many of the n were compared with all the others this time.
    """

    photo_id: Words
    facts: Ints
    a: Ints
    b: Ints
    projections: int
    fresh: int


def compare(
    photo_id: Words, pdq: Bytes, descriptor: Vectors, before: Comparisons | None, rules: DuplicateRules
) -> Comparisons:
    """Compare every two photos by hash and by look, or only those that are new or changed when `before` is known.

    Args:
        photo_id: `(n,)`, unique.
        pdq: `(n, 32)`.
        descriptor: `(n, d)` unit rows, none of them zero.
        before: What was compared the last time; photos that are gone are forgotten.
        rules: How close is close.
    """
    n, facts = len(photo_id), _facts(pdq, descriptor)
    if before is None or not still_fine(descriptor, rules.crop_look, before.projections):
        projections = choose_projections(descriptor, rules.crop_look)
        fresh = None
    else:
        projections = before.projections
        place = places(before.photo_id, photo_id)
        same = place >= 0
        same[same] = before.facts[same] == facts[place[same]]
        fresh = np.ones(n, bool)
        fresh[place[same]] = False
    by_hash = hash_pairs(pdq, rules.bits, fresh)
    by_look = look_pairs(
        descriptor,
        rules.crop_look,
        projections=projections,
        fresh=fresh,
        agree=lambda a, b: hash_distance(pdq, a, b) <= rules.crop_bits,
    )
    codes = [_codes(n, by_hash.a, by_hash.b), _codes(n, by_look.a, by_look.b)]
    if before is not None and fresh is not None:
        kept = same[before.a] & same[before.b]
        codes.append(_codes(n, place[before.a[kept]], place[before.b[kept]]))
    pairs = np.unique(np.concatenate(codes))
    return Comparisons(
        photo_id=photo_id,
        facts=facts,
        a=pairs // max(n, 1),
        b=pairs % max(n, 1),
        projections=projections,
        fresh=n if fresh is None else int(fresh.sum()),
    )


def _codes(n: int, a: Ints, b: Ints) -> Ints:
    return np.minimum(a, b) * n + np.maximum(a, b)


def places(some: Words, among: Words) -> Ints:
    """Return where each of `some` stands in `among`; -1 where it does not."""
    found = pc.index_in(pa.array(some, pa.string()), value_set=pa.array(among, pa.string()))
    return pc.fill_null(found, -1).to_numpy().astype(np.int64)


def _facts(pdq: Bytes, descriptor: Vectors) -> Ints:
    """Return 64 bits that change with a row's hash or descriptor: sums of its words, each times an odd number.

    It tells changes apart, not attackers: whoever forges one gains that their own photo is not compared.
    """
    words = np.ascontiguousarray(descriptor, np.float32).view(np.uint32)
    odd = np.random.default_rng(11).integers(0, 1 << 63, words.shape[1] + 32, dtype=np.uint64) * 2 + 1
    total = np.zeros(len(pdq), np.uint64)
    for source, factors in ((words, odd[32:]), (pdq, odd[:32])):
        for column, factor in zip(source.T, factors, strict=True):
            # the shift brings high bits down, so that equal steps of two columns do not cancel
            mixed = (column.astype(np.uint64) + np.uint64(1)) * factor
            total += mixed ^ (mixed >> np.uint64(29))
    return total.view(np.int64)

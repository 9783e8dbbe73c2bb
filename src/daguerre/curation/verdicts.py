"""What people decided about duplicates, applied to whatever groups a rule or a model makes.

A verdict names photos, never groups: groups come and go with every photo, threshold and model, a verdict stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np

from daguerre.curation.columns import Floats, Ints, PhotoColumns
from daguerre.curation.groups import Cluster
from daguerre.curation.pairs import HASH_BITS, hash_distance, look_distance
from daguerre.ids import OwnerId, PhotoId

Decision = Literal["not_duplicate", "keep_both", "best"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One decision of a person about photos of one owner.

    Attributes:
        kind: not_duplicate: these two never stand in one group. keep_both: duplicates, and neither goes. best: of any
            group that it stands in, this one.
        photo_ids: Two, sorted; one for `best`.
        at: When; of verdicts that contradict each other, the last holds.
    """

    owner_id: OwnerId
    kind: Decision
    photo_ids: tuple[PhotoId, ...]
    actor: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Decided:
    """Verdicts as rows of one library; those about photos that are not there decide nothing.

    Attributes:
        parted: Pairs of rows that never stand in one group.
        together: Pairs of rows that are both kept.
        best: Rows to prefer, the last one said last.
    """

    parted: tuple[tuple[int, ...], ...] = ()
    together: tuple[tuple[int, ...], ...] = ()
    best: tuple[int, ...] = ()

    @classmethod
    def of(cls, verdicts: Sequence[Verdict], columns: PhotoColumns) -> Decided:
        """Return what verdicts, in any order, mean for the rows of a library."""
        if not verdicts:
            return cls()
        place = {photo: row for row, photo in enumerate(columns.photo_id.tolist())}
        told = sorted(verdicts, key=lambda v: (v.at, v.kind, v.photo_ids))
        rows = [(v.kind, tuple(place[p] for p in v.photo_ids)) for v in told if all(p in place for p in v.photo_ids)]
        return cls(
            parted=tuple(sorted(pair for kind, pair in rows if kind == "not_duplicate")),
            together=tuple(sorted(pair for kind, pair in rows if kind == "keep_both")),
            best=tuple(pair[0] for kind, pair in rows if kind == "best"),
        )

    def choice(self, rows: Sequence[int]) -> int | None:
        """Return which of these rows somebody chose, the last choice when there were several."""
        return next((row for row in reversed(self.best) if row in rows), None)

    def kept(self, rows: Sequence[int], best: int) -> tuple[int, ...]:
        """Return which of these rows stay beside the best."""
        wanted = {row for pair in self.together if set(pair) <= set(rows) for row in pair}
        return tuple(sorted(wanted - {best}))

    def part(self, clusters: Sequence[Cluster], columns: PhotoColumns) -> list[Cluster]:
        """Cut clusters until no two that were told apart stand in one; what is left alone is no cluster."""
        if not self.parted:
            return list(clusters)
        return sorted((piece for cluster in clusters for piece in self._pieces(cluster, columns)), key=lambda c: c.rows)

    def _pieces(self, cluster: Cluster, columns: PhotoColumns) -> list[Cluster]:
        members = set(cluster.rows)
        pair = next((pair for pair in self.parted if members.issuperset(pair)), None)
        if pair is None:
            return [cluster]
        one, two = pair
        rows = np.array(cluster.rows)
        first = _nearness(rows, one, columns) <= _nearness(rows, two, columns)
        first[rows == one], first[rows == two] = True, False
        halves = ((rows[first], one), (rows[~first], two))
        return [
            piece
            for half, named in halves
            if len(half) > 1
            for piece in self._pieces(_around(cluster, half, named, columns), columns)
        ]


def _around(cluster: Cluster, rows: Ints, named: int, columns: PhotoColumns) -> Cluster:
    """Return a part of a cluster, around its medoid or, without it, around the photo that somebody named."""
    if cluster.medoid in rows:
        known = dict(zip(cluster.rows, cluster.distances, strict=True))
        return Cluster(
            medoid=cluster.medoid, rows=tuple(rows.tolist()), distances=tuple(known[r] for r in rows.tolist())
        )
    far = look_distance(columns.descriptor, rows, np.full(len(rows), named))
    far[rows == named] = 0.0
    return Cluster(medoid=named, rows=tuple(rows.tolist()), distances=tuple(far.tolist()))


def _nearness(rows: Ints, to: int, columns: PhotoColumns) -> Floats:
    other = np.full(len(rows), to)
    return look_distance(columns.descriptor, rows, other) + hash_distance(columns.pdq, rows, other) / HASH_BITS

"""What embedding every photo will take, from what a sample took. Numbers in, numbers out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from daguerre.lifecycle.interval import Interval, bootstrap
from daguerre.lifecycle.pace import Step

#: What no interval includes.
EXCLUDES = (
    "starting the server and the run of each batch",
    "other work on the machine that the sample did not meet, and a machine of another kind",
    "reading order: a sample reads scattered proxies, a backfill whole packs, which is cheaper from an object store",
    "photos that land meanwhile",
    "training an approximate index, and merging files while the table grows",
)
#: Rows of one commit of the embeddings stage; the last of a batch has fewer.
_COMMIT_ROWS = 4096
#: Bytes of a row in the scalar indexes, found with 1,164 and with 30,000 rows: identity, owner, time, place, medium.
_SCALAR_INDEX_BYTES = 80.0
#: The approximate index keeps 5 bits of each dimension and a few numbers for each row.
_ANN_BITS, _ANN_BYTES = 5, 16
#: Old and new versions of a table lie side by side until the old one is cleaned away after a day.
_VERSIONS = 2.0


@dataclass(frozen=True, kw_only=True)
class WriteCost:
    """What writing vectors costs, found in a scratch table in the same store: each commit, and each row beyond."""

    commit_s: float
    row_s: float
    commit_bytes: float
    row_bytes: float


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The price of embedding `photos` photos; intervals are of 95 % unless said otherwise.

    Attributes:
        photos_per_s: Reading, decoding, inference and writing, the last as if it overlapped with nothing.
        hours: Of one run at a time on a machine like this one.
        core_hours: Processor time; without the server's when that runs elsewhere.
        stored_bytes: Vectors and index. Bounds, not 95 %: from bare rows to two versions of everything.
        refused_share: Share of the sample that got no vector.
        groups: How many groups the intervals rest on.
    """

    photos: int
    photos_per_s: Interval
    hours: Interval
    core_hours: Interval
    stored_bytes: Interval
    refused_share: float
    groups: int

    def to_row(self) -> dict[str, Any]:
        """Return the estimate as plain data."""
        intervals = ("photos_per_s", "hours", "core_hours", "stored_bytes")
        rest = {"photos": self.photos, "refused_share": self.refused_share, "groups": self.groups}
        return rest | {name: getattr(self, name).to_row() for name in intervals}

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Estimate:
        """Read what `to_row` gave."""
        fields: dict[str, Any] = {n: Interval(**v) if isinstance(v, dict) else v for n, v in row.items()}
        return cls(**fields)


def estimate(
    steps: Sequence[Step],
    write: WriteCost,
    *,
    photos: int,
    batches: int,
    refused: int,
    dim: int,
    ann: bool,
    seed: int,
) -> Estimate:
    """Extrapolate from the groups of a sample to `photos` photos in `batches` batches.

    Groups are what is resampled: within one, photos are decoded and inferred together. Those that wait for the
    feed to fill stay in, as every batch of a backfill waits for it once.
    """
    table = np.array([(s.photos, s.wall_s, s.cpu_s) for s in steps])
    commits = batches + photos // _COMMIT_ROWS
    written_s = write.row_s + write.commit_s * commits / photos
    wall = bootstrap(table, _per_photo(1), seed=seed).plus(written_s)
    cpu = bootstrap(table, _per_photo(2), seed=seed).plus(written_s)
    taken = int(table[:, 0].sum())
    return Estimate(
        photos=photos,
        photos_per_s=wall.into(1.0),
        hours=wall.times(photos / 3600),
        core_hours=cpu.times(photos / 3600),
        stored_bytes=_stored(photos * (1 - refused / taken), commits, write, dim=dim, ann=ann),
        refused_share=refused / taken,
        groups=len(steps),
    )


def _per_photo(column: int) -> Any:
    return lambda drawn: drawn[..., column].sum(axis=1) / drawn[..., 0].sum(axis=1)


def _stored(rows: float, commits: int, write: WriteCost, *, dim: int, ann: bool) -> Interval:
    index = _SCALAR_INDEX_BYTES + (dim * _ANN_BITS / 8 + _ANN_BYTES if ann else 0.0)
    bare = rows * write.row_bytes
    whole = bare + rows * index + commits * write.commit_bytes
    return Interval(low=bare, value=whole, high=_VERSIONS * whole)

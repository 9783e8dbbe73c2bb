"""Whether the vectors of one batch are what they must be, read back from the table and not from the run's memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daguerre.ids import BatchKey, SpaceName
from daguerre.tables import catalogue
from daguerre.tables.columns import to_matrix
from daguerre.tables.sql import quote
from daguerre.workspace import Workspace

#: float16 holds a unit vector of 128 to 1024 dimensions to about 5e-4 in its length.
NORM_TOLERANCE = 2e-3


@dataclass(frozen=True, kw_only=True)
class Soundness:
    """Counts of rows of one (batch, space) that break an invariant; all zero when it is sound."""

    rows: int
    not_finite: int
    off_norm: int
    foreign_owner: int
    without_photo: int
    without_vector: int

    @property
    def sound(self) -> bool:
        """Say whether nothing is broken."""
        return not (self.not_finite or self.off_norm or self.foreign_owner or self.without_photo)


def check_vectors(ws: Workspace, batch: BatchKey, space: SpaceName, dim: int) -> Soundness:
    """Compare the vectors of a batch with its photos.

    `without_vector` counts photos that have neither a vector nor a refusal in the embeddings stage.
    """
    here = f"batch = {quote(batch)}"
    photos = catalogue.photos(ws).read(["photo_id", "owner_id"], here)
    rows = catalogue.vectors(ws, space, dim).read(["photo_id", "owner_id", "vector"], here)
    refused = catalogue.rejected(ws).read(["subject"], f"{here} AND stage = 'embeddings' AND space = {quote(space)}")[
        "subject"
    ]
    owner_of = dict(zip(photos["photo_id"].to_pylist(), photos["owner_id"].to_pylist(), strict=True))
    owners = [owner_of.get(photo) for photo in rows["photo_id"].to_pylist()]
    foreign = sum(a is not None and a != b for a, b in zip(owners, rows["owner_id"].to_pylist(), strict=True))
    answered = {*rows["photo_id"].to_pylist(), *refused.to_pylist()}
    matrix = to_matrix(rows["vector"])
    finite = np.isfinite(matrix).all(axis=1)
    norms = np.linalg.norm(np.where(np.isfinite(matrix), matrix, 0), axis=1)
    return Soundness(
        rows=len(matrix),
        not_finite=int((~finite).sum()),
        off_norm=int((np.abs(norms[finite] - 1) > NORM_TOLERANCE).sum()),
        foreign_owner=foreign,
        without_photo=sum(owner is None for owner in owners),
        without_vector=len(owner_of.keys() - answered),
    )

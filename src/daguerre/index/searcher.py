"""Nearest photos in one snapshot: exact inside an owner, planned over the whole corpus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from daguerre.index.filters import Filters
from daguerre.index.planner import Plan, plan
from daguerre.index.query import QueryVector
from daguerre.index.resident import ResidentOwner, ResidentOwners
from daguerre.index.snapshot import Snapshot, VectorIndexError, open_snapshot
from daguerre.tables.columns import to_matrix
from daguerre.tables.sql import quote
from daguerre.workspace import Workspace

Vector = npt.NDArray[np.float32]

#: Memory for resident owners: half a million photos of 512 numbers.
RESIDENT_BYTES = 512 << 20
#: Rows beyond k that are compared again in full precision, because Lance rounds the query to float16.
_SPARE = 10
_EVERYTHING = Filters()


class ForeignOwnerError(VectorIndexError):
    """An answer for one owner contained a photo of another."""


class BadQueryError(VectorIndexError):
    """The query is not a vector of this space."""

    exit_code = 2


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """One photo near a query. `score` is the cosine, from -1 to 1."""

    photo_id: str
    owner_id: str
    score: float


class Searcher:
    """Answers queries from one snapshot, however often the space is written meanwhile. Safe to use from threads."""

    def __init__(self, ws: Workspace, snapshot: Snapshot, *, resident_bytes: int = RESIDENT_BYTES) -> None:
        self.snapshot = snapshot
        self._dataset = open_snapshot(ws, snapshot)
        self._residents = ResidentOwners(self._load_owner, self._owner_bytes, max_bytes=resident_bytes)

    def nearest(
        self, query: QueryVector, *, k: int, owner: str | None = None, where: Filters | None = None
    ) -> list[Neighbour]:
        """Return up to k photos, best first: exact inside an owner, by the planner's choice over the whole corpus.

        Raises:
            SpaceMismatchError: the query is of another space.
            BadQueryError: wrong dimension, or not finite, or zero.
        """
        unit = self._unit(query)
        condition = (where or _EVERYTHING).to_sql()
        if owner is None:
            return self._from_disk(unit, k, condition, self._plan(condition), None)
        resident = None if condition else self._residents.get(owner)
        if resident is None:
            return self._from_disk(unit, k, _both(f"owner_id = {quote(owner)}", condition), Plan(ann=False), owner)
        return [Neighbour(photo_id=i, owner_id=owner, score=s) for i, s in resident.nearest(unit, k)]

    def exact(
        self, query: QueryVector, *, k: int, owner: str | None = None, where: Filters | None = None
    ) -> list[Neighbour]:
        """Return the k nearest photos by comparing every one that may be shown. Raises as `nearest` does."""
        mine = f"owner_id = {quote(owner)}" if owner is not None else ""
        condition = _both(mine, (where or _EVERYTHING).to_sql())
        return self._from_disk(self._unit(query), k, condition, Plan(ann=False), owner)

    def vector(self, photo_id: str) -> tuple[str, QueryVector] | None:
        """Return the owner and the vector of a photo, or None when the snapshot has none."""
        rows = self._dataset.to_table(columns=["owner_id", "vector"], filter=f"photo_id = {quote(photo_id)}", limit=1)
        if not rows.num_rows:
            return None
        return rows["owner_id"][0].as_py(), QueryVector(space=self.snapshot.space, values=to_matrix(rows["vector"])[0])

    def residents(self) -> list[str]:
        """Return the owners that lie in memory, the one asked last at the end."""
        return self._residents.names()

    def warm(self, owner: str) -> None:
        """Bring an owner into memory before it asks, unless it is too large for that."""
        self._residents.bring(owner)

    def explain(self, query: QueryVector) -> str:
        """Return Lance's plan for an unfiltered corpus-wide query, as it would be run."""
        return str(self._scanner(self._unit(query), 10, "", self._plan("")).explain_plan())

    def _plan(self, condition: str) -> Plan:
        matching = self._dataset.count_rows(filter=condition) if condition else self.snapshot.rows
        return plan(self.snapshot, matching=matching, filtered=bool(condition))

    def _scanner(self, unit: Vector, k: int, condition: str, way: Plan) -> Any:
        nearest: dict[str, Any] = {"column": "vector", "q": unit, "k": k, "metric": "dot", "use_index": way.ann}
        if way.ann:
            nearest |= {"nprobes": way.nprobes, "refine_factor": way.refine}
        return self._dataset.scanner(
            columns=["photo_id", "owner_id", "vector", "_distance"],
            filter=condition or None,
            prefilter=True,
            nearest=nearest,
        )

    def _from_disk(self, unit: Vector, k: int, condition: str, way: Plan, owner: str | None) -> list[Neighbour]:
        rows = self._scanner(unit, k + _SPARE, condition, way).to_table()
        owner_ids = rows["owner_id"].to_pylist()
        if owner is not None and any(found != owner for found in owner_ids):
            raise ForeignOwnerError(f"owner {owner!r}, space {self.snapshot.space}")
        scores = to_matrix(rows["vector"]) @ unit
        best = np.argsort(-scores, kind="stable")[:k]
        photo_ids = rows["photo_id"].to_pylist()
        return [
            Neighbour(photo_id=photo_ids[at], owner_id=owner_ids[at], score=float(scores[at])) for at in best.tolist()
        ]

    def _owner_bytes(self, owner: str) -> int:
        return int(self._dataset.count_rows(filter=f"owner_id = {quote(owner)}")) * (2 * self.snapshot.dim + 32)

    def _load_owner(self, owner: str) -> ResidentOwner:
        import faiss

        index = faiss.IndexScalarQuantizer(self.snapshot.dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        photo_ids = [np.empty(0, "S32")]
        for rows in self._dataset.to_batches(
            columns=["photo_id", "owner_id", "vector"], filter=f"owner_id = {quote(owner)}", batch_size=8192
        ):
            if rows.num_rows:
                if any(found != owner for found in rows["owner_id"].unique().to_pylist()):
                    raise ForeignOwnerError(f"owner {owner!r}, space {self.snapshot.space}")
                index.add(to_matrix(rows["vector"]))
                photo_ids.append(np.array(rows["photo_id"].to_pylist(), "S32"))
        return ResidentOwner(index=index, photo_ids=np.concatenate(photo_ids))

    def _unit(self, query: QueryVector) -> Vector:
        vector = np.asarray(query.within(self.snapshot.space), np.float32)
        length = float(np.linalg.norm(vector)) if vector.shape == (self.snapshot.dim,) else float("nan")
        if not np.isfinite(length) or length == 0.0:
            raise BadQueryError(f"shape {vector.shape}, length {length}, space {self.snapshot.space}")
        return vector / np.float32(length)


def _both(first: str, second: str) -> str:
    return " AND ".join(part for part in (first, second) if part)

"""Which version of a space's vectors readers read. The record is one object, replaced in one write."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from daguerre import layout
from daguerre.errors import DaguerreError
from daguerre.ids import SpaceName
from daguerre.storage.ports import ObjectNotFoundError
from daguerre.tables import catalogue
from daguerre.workspace import Workspace


class VectorIndexError(DaguerreError):
    """The vector index cannot be used."""


class SnapshotNotFoundError(VectorIndexError):
    """The space has no index yet."""

    exit_code = 3


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A readable version of one space's vector table with its indexes.

    Attributes:
        version: Version of the table; `tag` keeps it from being cleaned away.
        rows: Vectors in this version.
        ann: Whether corpus-wide queries may use the approximate index; otherwise they are exact.
        partitions: Lists of the approximate index; 0 without one.
        nprobes: Lists that an unfiltered query visits.
        refine: How many times k candidates are compared in full precision.
        built_at: Aware UTC.
    """

    space: SpaceName
    dim: int
    version: int
    tag: str
    rows: int
    ann: bool
    partitions: int = 0
    nprobes: int = 0
    refine: int = 0
    built_at: datetime

    def to_json(self) -> bytes:
        """Encode the record."""
        return json.dumps({**asdict(self), "built_at": self.built_at.isoformat()}, indent=1, sort_keys=True).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Snapshot:
        """Decode a record."""
        fields = json.loads(data)
        return cls(**{**fields, "built_at": datetime.fromisoformat(fields["built_at"])})


def find_snapshot(ws: Workspace, space: SpaceName) -> Snapshot | None:
    """Return the snapshot that readers of the space read now, or None before the first."""
    try:
        return Snapshot.from_json(ws.store.get(layout.snapshot(space)))
    except ObjectNotFoundError:
        return None


def read_snapshot(ws: Workspace, space: SpaceName) -> Snapshot:
    """Return the snapshot that readers of the space read now.

    Raises:
        SnapshotNotFoundError: the index of the space was never built.
    """
    snapshot = find_snapshot(ws, space)
    if snapshot is None:
        raise SnapshotNotFoundError(space, fix="Materialise search_index for this space, or run `daguerre run`.")
    return snapshot


def open_snapshot(ws: Workspace, snapshot: Snapshot) -> Any:
    """Return the `LanceDataset` at exactly the version that the snapshot names."""
    return catalogue.vectors(ws, snapshot.space, snapshot.dim).open(snapshot.version)

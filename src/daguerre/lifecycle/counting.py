"""Adding up, chunk by chunk, which photos of the catalogue a space holds."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from daguerre.ids import BatchKey, SpaceName, batch_number
from daguerre.index.snapshot import Snapshot, open_snapshot
from daguerre.lifecycle.photo_set import PhotoSet
from daguerre.tables import catalogue
from daguerre.tables.sql import quote
from daguerre.workspace import Workspace

CHUNK_ROWS = 1 << 16
#: Photos that are named as examples of what is missing.
_EXAMPLES = 10


class Counting:
    """Counts photos against the published index of one space, its refusals, and what production shows.

    Attributes:
        photos: Photos that count; vectors + rejected + missing.
        vectors: How many of them the published index holds.
        rejected: Refusals by reason.
        missing: The rest, by batch; `examples` names some, `unpublished` of them have a vector.
        landing: Photos that do not count yet.
        batches: Batches of the photos that count.
    """

    def __init__(self, ws: Workspace, space: SpaceName, snapshot: Snapshot | None, *, shown: Snapshot | None) -> None:
        self._ws, self._space, self._snapshot = ws, space, snapshot
        self._shown, self._newest = shown, _newest_batch(ws, shown)
        self.published = _published(ws, snapshot)
        self._stored: PhotoSet | None = None
        self._production: PhotoSet | None = None
        self._refusals = _refusals(ws, space)
        self.photos = self.vectors = self.landing = self.unpublished = 0
        self.batches: set[str] = set()
        self.rejected: Counter[str] = Counter()
        self.missing: Counter[str] = Counter()
        self.examples: list[str] = []

    def counts(self, batch: str) -> bool:
        """Say whether all photos of a batch count."""
        return self._newest is None or batch_number(BatchKey(batch)) <= self._newest

    def add(self, chunk: pa.RecordBatch) -> None:
        """Count one chunk with the columns photo_id and batch."""
        chunk = self._due(chunk)
        self.batches.update(pc.unique(chunk["batch"]).to_pylist())
        self.photos += chunk.num_rows
        held = self.published.holds(chunk["photo_id"])
        self.vectors += int(held.sum())
        absent = chunk.filter(pa.array(~held))
        refused = [self._refusals.get(photo) for photo in absent["photo_id"].to_pylist()]
        self.rejected.update(reason for reason in refused if reason is not None)
        lost = absent.filter(pa.array([reason is None for reason in refused], pa.bool_()))
        if lost.num_rows:
            self._lose(lost)

    def _due(self, chunk: pa.RecordBatch) -> pa.RecordBatch:
        """Return the photos that count; of a batch that is landing, those that production shows all the same."""
        batches = pc.unique(chunk["batch"]).to_pylist()
        landing = [batch for batch in batches if not self.counts(batch)]
        if not landing:
            return chunk
        if self._production is None:
            self._production = _published(self._ws, self._shown)
        due = ~np.asarray(pc.is_in(chunk["batch"], pa.array(landing, pa.string())))
        due |= self._production.holds(chunk["photo_id"])
        self.landing += int((~due).sum())
        return chunk.filter(pa.array(due))

    def _lose(self, lost: pa.RecordBatch) -> None:
        self.missing.update(lost["batch"].to_pylist())
        self.examples += lost["photo_id"].to_pylist()[: _EXAMPLES - len(self.examples)]
        if self._stored is None:
            self._stored = _stored(self._ws, self._space, self._snapshot)
        self.unpublished += int(np.count_nonzero(self._stored.holds(lost["photo_id"])))


def _published(ws: Workspace, snapshot: Snapshot | None) -> PhotoSet:
    if snapshot is None:
        return PhotoSet([], rows=0)
    dataset = open_snapshot(ws, snapshot)
    chunks = dataset.to_batches(columns=["photo_id"], batch_size=CHUNK_ROWS)
    return PhotoSet((chunk["photo_id"] for chunk in chunks), rows=dataset.count_rows())


def _stored(ws: Workspace, space: SpaceName, snapshot: Snapshot | None) -> PhotoSet:
    """Return every vector that there is; of a table that has not changed since it was published, nothing more."""
    table = catalogue.stored_vectors(ws, space)
    dataset = table.open() if table else None
    if dataset is None or (snapshot and snapshot.version == dataset.version):
        return PhotoSet([], rows=0)
    chunks = dataset.to_batches(columns=["photo_id"], batch_size=CHUNK_ROWS)
    return PhotoSet((chunk["photo_id"] for chunk in chunks), rows=dataset.count_rows())


def _refusals(ws: Workspace, space: SpaceName) -> dict[str, str]:
    rows = catalogue.rejected(ws).read(["subject", "reason"], f"stage = 'embeddings' AND space = {quote(space)}")
    return dict(zip(rows["subject"].to_pylist(), rows["reason"].to_pylist(), strict=True))


def _newest_batch(ws: Workspace, shown: Snapshot | None) -> int | None:
    if shown is None:
        return None
    chunks = open_snapshot(ws, shown).to_batches(columns=["batch"], batch_size=CHUNK_ROWS)
    batches = {batch for chunk in chunks for batch in pc.unique(chunk["batch"]).to_pylist()}
    return max((batch_number(BatchKey(batch)) for batch in batches), default=None)

"""Units: the checkpoints inside a batch of the photos stage. A killed run loses the unit it was at, no more."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from daguerre import layout
from daguerre.ids import BatchKey
from daguerre.landing.manifest import LandedObject, Manifest
from daguerre.media.packs import PackWriter
from daguerre.media.reasons import Reason
from daguerre.stages.photo_rows import OUTCOMES, Row, outcome_table
from daguerre.storage.ports import ObjectNotFoundError, Store

_VERSION, _PACK_BYTES = b"daguerre.version", b"daguerre.pack_bytes"


@dataclass(frozen=True, kw_only=True)
class Unit:
    """Consecutive objects of one manifest.

    Attributes:
        version: Of the objects and the code; another version is another unit.
    """

    batch: BatchKey
    number: int
    objects: tuple[LandedObject, ...]
    version: str

    @property
    def pack(self) -> str:
        """Return the key of the unit's pack."""
        return layout.pack(self.batch, self.number, self.version)

    @property
    def rows(self) -> str:
        """Return the key of the unit's checkpoint."""
        return layout.unit_rows(self.batch, self.number)


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """What is stored of a unit: its outcomes, and how many bytes of its pack they refer to."""

    outcomes: pa.Table
    pack_bytes: int


@dataclass(frozen=True, kw_only=True)
class UnitWork:
    """What a unit still needs.

    Attributes:
        kept: Outcomes that stand; None when the unit begins from nothing.
        objects: To be read, in the order of the manifest.
        attempts: Tries of these objects so far, by key.
    """

    unit: Unit
    kept: Checkpoint | None
    objects: tuple[LandedObject, ...]
    attempts: dict[str, int]


def plan_units(manifest: Manifest, *, size: int, code_version: str) -> Iterator[Unit]:
    """Cut a manifest into units of `size` objects."""
    for number, start in enumerate(range(0, len(manifest.objects), size)):
        objects = manifest.objects[start : start + size]
        digest = hashlib.sha256(code_version.encode())
        for landed in objects:
            digest.update(f"\0{landed.key}\0{landed.size}\0{landed.etag}\0{landed.owner_id}".encode())
        yield Unit(batch=manifest.batch, number=number, objects=objects, version=digest.hexdigest()[:12])


def read_checkpoint(store: Store, unit: Unit) -> Checkpoint | None:
    """Return what is stored of this version of the unit; None when that is nothing or not whole."""
    import pyarrow.parquet as pq

    try:
        # One thread: a process that ends soon after a threaded read may abort at exit (pyarrow 25 and 26).
        table = pq.read_table(io.BytesIO(store.get(unit.rows)), use_threads=False)
        metadata = table.schema.metadata or {}
        if metadata.get(_VERSION) != unit.version.encode():
            return None
        pack_bytes = int(metadata[_PACK_BYTES])
        if pack_bytes and store.stat(unit.pack).size < pack_bytes:
            return None
    except (ObjectNotFoundError, pa.ArrowException):
        return None
    return Checkpoint(outcomes=table.replace_schema_metadata(None).cast(OUTCOMES), pack_bytes=pack_bytes)


def write_checkpoint(store: Store, unit: Unit, outcomes: pa.Table, pack: PackWriter) -> None:
    """Store the pack, then the rows that point into it. Raises StoreFullError, StoreUnavailableError."""
    import pyarrow.parquet as pq

    out = io.BytesIO()
    metadata = {_VERSION: unit.version.encode(), _PACK_BYTES: str(len(pack)).encode()}
    pq.write_table(outcomes.replace_schema_metadata(metadata), out, compression="zstd")
    if len(pack):
        store.put(pack.key, pack.to_bytes())
    store.put(unit.rows, out.getvalue())


def work_of(unit: Unit, kept: Checkpoint | None, *, retry_rejected: bool) -> UnitWork:
    """Return what a unit still needs: everything, what was refused for a passing reason, or on demand all refused."""
    if kept is None:
        return UnitWork(unit=unit, kept=None, objects=unit.objects, attempts={})
    refused = kept.outcomes.filter(pc.is_valid(kept.outcomes["reason"])).select(["object_key", "reason", "attempts"])
    again = {
        row["object_key"]: int(row["attempts"])
        for row in refused.to_pylist()
        if retry_rejected or Reason(row["reason"]).transient
    }
    objects = tuple(landed for landed in unit.objects if landed.key in again)
    return UnitWork(unit=unit, kept=kept, objects=objects, attempts=again)


def begun_pack(store: Store, work: UnitWork) -> PackWriter:
    """Return the pack to which the pictures of this work are added: offsets that stand stay true."""
    if work.kept is None or not work.kept.pack_bytes:
        return PackWriter(work.unit.pack)
    return PackWriter(work.unit.pack, store.get_range(work.unit.pack, 0, work.kept.pack_bytes))


def merged(work: UnitWork, rows: Sequence[Row]) -> pa.Table:
    """Return the outcomes that stand together with new ones, in the order of the manifest."""
    if work.kept is None:
        return outcome_table(rows)
    again = {landed.key for landed in work.objects}
    standing = [row for row in work.kept.outcomes.to_pylist() if row["object_key"] not in again]
    order = {landed.key: index for index, landed in enumerate(work.unit.objects)}
    return outcome_table(sorted([*standing, *rows], key=lambda row: order[row["object_key"]]))


def sweep(store: Store, batch: BatchKey, units: Sequence[Unit]) -> None:
    """Delete packs and checkpoints of this batch that no unit has any more."""
    current = {unit.pack for unit in units} | {unit.rows for unit in units}
    for folder in (layout.packs(batch), layout.photo_units(batch)):
        for info in list(store.list(folder)):
            if info.key not in current:
                store.delete(info.key)

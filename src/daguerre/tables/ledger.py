"""The ledger: for each batch, stage and space, total = done + rejected + pending. Counted from what is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from daguerre.ids import BatchKey, SpaceName, batch_number
from daguerre.landing.manifest import count_objects, read_manifest
from daguerre.tables import catalogue
from daguerre.tables.sql import quote
from daguerre.tables.table import Table
from daguerre.workspace import Workspace

Stage = Literal["photos", "embeddings", "signals"]

_Rejections = dict[tuple[str, str, str], dict[str, int]]


@dataclass(frozen=True, kw_only=True)
class LedgerRow:
    """Counts of one (batch, stage, space).

    Attributes:
        total: Objects of the manifest (stage `photos`) or photo rows of the batch (later stages).
        done: How many have a result.
        rejected: How many were refused, by reason.
    """

    batch: BatchKey
    stage: Stage
    space: str = ""
    total: int
    done: int
    rejected: Mapping[str, int] = field(default_factory=dict)

    @property
    def pending(self) -> int:
        """Return what has neither a result nor a reason."""
        return self.total - self.done - sum(self.rejected.values())

    @property
    def closed(self) -> bool:
        """Say whether total = done + rejected."""
        return self.pending == 0


def count_stage(ws: Workspace, batch: BatchKey, stage: Stage, space: str = "") -> LedgerRow:
    """Count one stage of one batch."""
    mine = f"batch = {quote(batch)}"
    refusals = catalogue.rejected(ws).read(["reason"], f"{mine} AND stage = {quote(stage)} AND space = {quote(space)}")
    objects = len(read_manifest(ws.store, batch).objects) if stage == "photos" else catalogue.photos(ws).count(mine)
    results = _results(ws, stage, space)
    return LedgerRow(
        batch=batch,
        stage=stage,
        space=space,
        total=objects,
        done=results.count(mine) if results else 0,
        rejected=dict(sorted(Counter(refusals["reason"].to_pylist()).items())),
    )


def ledger(ws: Workspace) -> list[LedgerRow]:
    """Count every stage of every batch in every space that is known; one pass per table, however many batches."""
    objects = count_objects(ws.store)
    refusals = _rejections(ws)
    photos = _per_batch(catalogue.photos(ws))
    spaces = sorted({*catalogue.spaces(ws), *(space for _, stage, space in refusals if stage == "embeddings")})
    columns: list[tuple[Stage, str, Mapping[BatchKey, int]]] = [("photos", "", objects), ("signals", "", photos)]
    columns += [("embeddings", space, photos) for space in spaces]
    return sorted(
        (
            LedgerRow(
                batch=batch,
                stage=stage,
                space=space,
                total=total.get(batch, 0),
                done=done.get(batch, 0),
                rejected=refusals.get((batch, stage, space), {}),
            )
            for stage, space, total in columns
            for done in [_per_batch(_results(ws, stage, space))]
            for batch in objects
        ),
        key=lambda row: (batch_number(row.batch), row.stage, row.space),
    )


def _results(ws: Workspace, stage: Stage, space: str) -> Table | None:
    if stage == "photos":
        return catalogue.objects(ws)
    if stage == "signals":
        return catalogue.descriptors(ws)
    return catalogue.stored_vectors(ws, SpaceName(space))


def _values(table: Table, columns: Sequence[str]) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield distinct combinations of `columns` with how often they occur, some of them several times."""
    import pyarrow as pa

    for chunk in table.scan(columns, batch_rows=1 << 16):
        counts = pa.Table.from_batches([chunk]).group_by(list(columns)).aggregate([([], "count_all")])
        *keys, numbers = (counts[name].to_pylist() for name in [*columns, "count_all"])
        yield from zip(zip(*keys, strict=True), numbers, strict=True)


def _per_batch(table: Table | None) -> Mapping[BatchKey, int]:
    counts: Counter[BatchKey] = Counter()
    for (batch,), number in _values(table, ["batch"]) if table else ():
        counts[BatchKey(batch)] += number
    return counts


def _rejections(ws: Workspace) -> _Rejections:
    counts: Counter[tuple[str, ...]] = Counter()
    for key, number in _values(catalogue.rejected(ws), ["batch", "stage", "space", "reason"]):
        counts[key] += number
    by_stage: _Rejections = {}
    for (batch, stage, space, reason), number in sorted(counts.items()):
        by_stage.setdefault((batch, stage, space), {})[reason] = number
    return by_stage

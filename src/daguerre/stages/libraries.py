"""The loop of every curation stage: whole libraries of the owners that a batch touches, results replaced per owner."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from daguerre.curation.columns import PhotoColumns
from daguerre.curation.reading import LibraryReader
from daguerre.ids import BatchKey, OwnerId
from daguerre.stages.owners import touched_owners
from daguerre.stages.report import StageReport
from daguerre.tables.sql import one_of
from daguerre.tables.table import Table
from daguerre.telemetry import Progress, ProgressSink, no_progress
from daguerre.workspace import Workspace

#: Owners whose results are replaced in one commit: a commit costs more than most owners' rows.
_OWNERS_PER_COMMIT = 100

Row = dict[str, Any]
#: Makes the rows of one owner from the whole library.
Curator = Callable[[OwnerId, PhotoColumns], list[Row]]


@dataclass(frozen=True, kw_only=True)
class Curation:
    """One stage over libraries: where its rows go, and how those of one owner are made.

    The rows of an owner are a function of that owner's library and the code version: running it again, or for another
    batch of the same owner, gives the same rows. A kill leaves some owners with their old rows and some with new.
    `beside` are further tables with what each is made from; the figures count none of their rows.
    """

    stage: str
    table: Table
    curator: Curator
    code_version: str
    beside: tuple[tuple[Table, Curator], ...] = ()


def curate(ws: Workspace, batch: BatchKey, curation: Curation, *, progress: ProgressSink = no_progress) -> StageReport:
    """Make the results of every owner that the batch touches; counts photos and, as figures, owners and rows."""
    started = time.monotonic()
    reader, owners = LibraryReader(ws), touched_owners(ws, batch)
    photos, kinds = 0, dict.fromkeys(["rows"], 0)
    for at in range(0, len(owners), _OWNERS_PER_COMMIT):
        part, rows = owners[at : at + _OWNERS_PER_COMMIT], []
        further: list[list[Row]] = [[] for _ in curation.beside]
        for owner in part:
            library = reader.read(owner)
            photos += len(library)
            rows += curation.curator(owner, library)
            for more, (_, curator) in zip(further, curation.beside, strict=True):
                more.extend(curator(owner, library))
        for row in rows:
            row["code_version"] = curation.code_version
            if "kind" in row:
                kinds[row["kind"]] = kinds.get(row["kind"], 0) + 1
        kinds["rows"] += len(rows)
        for more, (table, _) in zip(further, curation.beside, strict=True):
            stamped = [row | {"code_version": curation.code_version} for row in more]
            table.replace(one_of("owner_id", part), pa.Table.from_pylist(stamped, table.schema))
        curation.table.replace(one_of("owner_id", part), pa.Table.from_pylist(rows, curation.table.schema))
        done = at + len(part)
        progress(Progress(stage=curation.stage, batch=batch, done=done, total=len(owners)))
    return StageReport(
        stage=curation.stage,
        batch=batch,
        total=photos,
        done=photos,
        fresh=photos,
        seconds=time.monotonic() - started,
        figures={"owners": float(len(owners)), **{name: float(count) for name, count in kinds.items()}},
    )


def row_id(*parts: str) -> str:
    """Return the identity of a row from what it is about."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]

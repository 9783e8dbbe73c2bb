"""The duplicates stage: groups of exact copies, near-duplicates and bursts of the owners that a batch touches."""

from __future__ import annotations

from functools import partial

import pyarrow as pa

from daguerre.curation.columns import PhotoColumns
from daguerre.curation.comparison_log import read_comparisons, write_comparisons
from daguerre.curation.duplicates import find_again
from daguerre.curation.equals import Group
from daguerre.curation.reading import LibraryReader
from daguerre.curation.verdict_log import read_verdicts
from daguerre.ids import BatchKey, OwnerId
from daguerre.stages.libraries import Curation, Row, curate, row_id
from daguerre.stages.report import StageReport
from daguerre.tables import catalogue
from daguerre.tables.sql import quote
from daguerre.telemetry import ProgressSink, no_progress
from daguerre.workspace import Workspace

CODE_VERSION = "duplicates-2"


def run_duplicates(ws: Workspace, batch: BatchKey, *, progress: ProgressSink = no_progress) -> StageReport:
    """Group the duplicates of every owner that the batch touches; figures count rows of each kind."""
    curation = Curation(
        stage="duplicates",
        table=catalogue.duplicates(ws),
        curator=partial(duplicate_rows, ws),
        code_version=CODE_VERSION,
    )
    return curate(ws, batch, curation, progress=progress)


def group_again(ws: Workspace, owner: OwnerId) -> int:
    """Make the groups of one owner anew, as a verdict asks for; return how many rows there are."""
    table = catalogue.duplicates(ws)
    rows = duplicate_rows(ws, owner, LibraryReader(ws).read(owner))
    stamped = [row | {"code_version": CODE_VERSION} for row in rows]
    table.replace(f"owner_id = {quote(owner)}", pa.Table.from_pylist(stamped, table.schema))
    return len(rows)


def duplicate_rows(ws: Workspace, owner: OwnerId, library: PhotoColumns) -> list[Row]:
    """Return the membership rows of one owner, without code version.

    What was compared is kept before the groups are: it is true of the photos, whatever becomes of the groups.
    """
    before = read_comparisons(ws, owner)
    groups, compared = find_again(library, before, verdicts=tuple(read_verdicts(ws, owner).values()))
    write_comparisons(ws, owner, before, compared)
    return [row for group in groups for row in _rows(owner, group, library)]


def _rows(owner: OwnerId, group: Group, library: PhotoColumns) -> list[Row]:
    ids = library.photo_id
    return [
        {
            "row_id": row_id(group.kind, ids[row]),
            "owner_id": owner,
            "kind": group.kind,
            "group_id": ids[group.medoid],
            "photo_id": ids[row],
            "is_best": row == group.best or row in group.also_kept,
            "distance": distance,
            "reason": reason,
        }
        for row, distance, reason in zip(group.rows, group.distances, group.reasons, strict=True)
    ]

"""The duplicates stage: groups of exact copies, near-duplicates and bursts of the owners that a batch touches."""

from __future__ import annotations

from daguerre.curation.columns import PhotoColumns
from daguerre.curation.duplicates import find_duplicates
from daguerre.ids import BatchKey, OwnerId
from daguerre.stages.libraries import Curation, Row, curate, row_id
from daguerre.stages.report import StageReport
from daguerre.tables import catalogue
from daguerre.telemetry import ProgressSink, no_progress
from daguerre.workspace import Workspace

CODE_VERSION = "duplicates-1"


def run_duplicates(ws: Workspace, batch: BatchKey, *, progress: ProgressSink = no_progress) -> StageReport:
    """Group the duplicates of every owner that the batch touches; figures count rows of each kind."""
    curation = Curation(
        stage="duplicates", table=catalogue.duplicates(ws), curator=duplicate_rows, code_version=CODE_VERSION
    )
    return curate(ws, batch, curation, progress=progress)


def duplicate_rows(owner: OwnerId, library: PhotoColumns) -> list[Row]:
    """Return the membership rows of one owner, without code version."""
    ids = library.photo_id
    return [
        {
            "row_id": row_id(group.kind, ids[row]),
            "owner_id": owner,
            "kind": group.kind,
            "group_id": ids[group.medoid],
            "photo_id": ids[row],
            "is_best": row == group.best,
            "distance": distance,
            "reason": reason,
        }
        for group in find_duplicates(library)
        for row, distance, reason in zip(group.rows, group.distances, group.reasons, strict=True)
    ]

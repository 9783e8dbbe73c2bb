"""The themes stage: what the libraries of the owners that a batch touches are about, for browsing."""

from __future__ import annotations

import numpy as np

from daguerre.curation.columns import PhotoColumns, Vectors
from daguerre.curation.exploration import Theme, explore
from daguerre.ids import BatchKey, OwnerId
from daguerre.registry.log import aliases
from daguerre.registry.releases import load_release
from daguerre.registry.state import PRODUCTION
from daguerre.stages.libraries import Curation, Row, curate
from daguerre.stages.report import StageReport
from daguerre.tables import catalogue
from daguerre.tables.columns import to_matrix
from daguerre.tables.sql import quote
from daguerre.telemetry import ProgressSink, no_progress
from daguerre.workspace import Workspace

CODE_VERSION = "themes-1"


def run_themes(ws: Workspace, batch: BatchKey, *, progress: ProgressSink = no_progress) -> StageReport:
    """Cut the libraries of every owner that the batch touches into themes, going on from those that are stored."""

    def curator(owner: OwnerId, library: PhotoColumns) -> list[Row]:
        vectors = _vectors(ws, owner, library)
        known = np.linalg.norm(vectors, axis=1) > 0
        ids, concept = library.photo_id[known], library.concept[known]
        return theme_rows(owner, explore(ids, vectors[known], concept, read_themes(ws, owner)))

    curation = Curation(stage="themes", table=catalogue.themes(ws), curator=curator, code_version=CODE_VERSION)
    return curate(ws, batch, curation, progress=progress)


def theme_rows(owner: OwnerId, themes: list[Theme]) -> list[Row]:
    """Return the rows of an owner's themes, without code version."""
    return [
        {
            "theme_id": theme.key,
            "owner_id": owner,
            "parent_id": theme.parent or None,
            "label": theme.label,
            "photo_ids": list(theme.photo_ids),
        }
        for theme in themes
    ]


def read_themes(ws: Workspace, owner: OwnerId) -> list[Theme]:
    """Return the themes of an owner that are stored, larger ones first."""
    rows = catalogue.themes(ws).read(where=f"owner_id = {quote(owner)}").to_pylist()
    return [
        Theme(key=row["theme_id"], parent=row["parent_id"] or "", label=row["label"], photo_ids=tuple(row["photo_ids"]))
        for row in sorted(rows, key=lambda row: (-len(row["photo_ids"]), row["theme_id"]))
    ]


def _vectors(ws: Workspace, owner: OwnerId, library: PhotoColumns) -> Vectors:
    """Return `(n, d)` vectors in production's space, zero rows for those without; descriptors before any promotion."""
    production = aliases(ws, ws.settings.product).get(PRODUCTION)
    table = catalogue.stored_vectors(ws, load_release(ws, production).spec.space) if production else None
    if table is None:
        return library.descriptor
    rows = table.read(["photo_id", "vector"], f"owner_id = {quote(owner)}")
    found = to_matrix(rows["vector"])
    row_of = {photo: row for row, photo in enumerate(rows["photo_id"].to_pylist())}
    at = np.array([row_of.get(photo, -1) for photo in library.photo_id.tolist()], np.int64)
    result = np.zeros((len(library), found.shape[1]), np.float32)
    result[at >= 0] = found[at[at >= 0]]
    return result

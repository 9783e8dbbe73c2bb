"""The stage that makes one space searchable."""

from __future__ import annotations

import time
from collections import Counter

from daguerre.ids import SpaceName
from daguerre.index.build import NoVectorsError, prepare, publish
from daguerre.index.snapshot import find_snapshot
from daguerre.index.tuning import tune
from daguerre.stages.report import StageReport
from daguerre.tables import catalogue
from daguerre.tables.sql import quote
from daguerre.workspace import Workspace

CODE_VERSION = "1"


def run_index(ws: Workspace, space: SpaceName) -> StageReport:
    """Index all vectors of a space, audit the index, and publish it when it is good.

    Photos that other batches have yet to embed are reported as pending and do not hold the index back: while photos
    keep landing there is always an open batch. An index that fails its audit is not published; its vectors are, and
    are searched exactly.

    Raises:
        NoVectorsError: the space has no vectors.
    """
    start = time.perf_counter()
    table = catalogue.stored_vectors(ws, space)
    if table is None:
        raise NoVectorsError(space, fix="Materialise embeddings for this space first.")
    before = find_snapshot(ws, space)
    snapshot, audit = tune(ws, prepare(ws, space, table.schema.field("vector").type.list_size))
    publish(ws, snapshot)
    refusals = catalogue.rejected(ws).read(["reason"], f"stage = 'embeddings' AND space = {quote(space)}")
    seconds = time.perf_counter() - start
    return StageReport(
        stage="search_index",
        space=space,
        total=catalogue.photos(ws).count(),
        done=snapshot.rows,
        rejected=dict(Counter(refusals["reason"].to_pylist())),
        fresh=max(0, snapshot.rows - (before.rows if before else 0)),
        seconds=seconds,
        figures={
            "recall_at_10": audit.recall_at_10,
            "recall_at_10_shifted": audit.recall_at_10_shifted,
            "audit_passed": float(audit.passed),
            "index_used": float(audit.index_used),
            "ann": float(snapshot.ann),
            "nprobes": float(snapshot.nprobes),
            "refine": float(snapshot.refine),
            "rows": float(snapshot.rows),
            "version": float(snapshot.version),
            "search_ms": audit.search_ms,
            "seconds": seconds,
        },
    )

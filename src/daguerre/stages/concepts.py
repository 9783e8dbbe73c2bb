"""Zero-shot concepts of the photos of one batch, from the vectors of one space."""

from __future__ import annotations

import time

import pyarrow as pa

from daguerre.encoders.spec import Encoder
from daguerre.features.concepts import Vocabulary, embed_vocabulary, score, shipped_vocabulary
from daguerre.features.lake import landing_day, read_partition, write_partition
from daguerre.features.views import EVENT_TIMESTAMP, PHOTO_CONCEPTS
from daguerre.ids import BatchKey, SpaceName
from daguerre.landing.manifest import list_batches, read_manifest
from daguerre.registry.log import aliases
from daguerre.registry.releases import load_release
from daguerre.registry.state import PRODUCTION
from daguerre.stages.report import StageReport, UpstreamOpenError
from daguerre.tables import catalogue
from daguerre.tables.columns import to_matrix
from daguerre.tables.ledger import count_stage
from daguerre.tables.sql import quote
from daguerre.workspace import Workspace

STAGE = "concepts"


def run_concepts(ws: Workspace, batch: BatchKey, encoder: Encoder, vocabulary: Vocabulary | None = None) -> StageReport:
    """Write the batch's file of the concepts view; photos without a vector in the space get no row.

    The view holds one space, the one in production: what readers see must not change because a candidate is embedded.
    Another space is left out, and says so with a total of 0. After a promotion `stale_concepts` names the batches for
    which this stage has to run again; each file is replaced whole, so no reader sees two spaces in one batch.

    Raises:
        UpstreamOpenError: the embeddings stage has not dealt with every photo of the batch in the encoder's space.
    """
    started = time.monotonic()
    space = encoder.spec.space
    upstream = count_stage(ws, batch, "embeddings", space)
    if upstream.pending:
        fix = f"Run its embeddings stage in {space} first."
        raise UpstreamOpenError(f"{upstream.pending} photos of batch {batch}", fix=fix)
    left = StageReport(stage=STAGE, batch=batch, space=space, total=0, done=0, figures={"left_to_production": 1.0})
    if not _serves(ws, encoder):
        return left
    vocabulary = vocabulary or shipped_vocabulary()
    rows = catalogue.vectors(ws, space, encoder.spec.dim).read(
        ["photo_id", "owner_id", "vector"], f"batch = {quote(batch)}"
    )
    scores = score(to_matrix(rows["vector"]), embed_vocabulary(vocabulary, encoder), vocabulary.scale)
    best = scores.argmax(axis=1)
    table = pa.table(
        {
            "photo_id": rows["photo_id"],
            "owner_id": rows["owner_id"],
            EVENT_TIMESTAMP: pa.array(
                [read_manifest(ws.store, batch).sealed_at] * rows.num_rows, pa.timestamp("us", tz="UTC")
            ),
            "concept_scores": pa.FixedSizeListArray.from_arrays(pa.array(scores.ravel()), len(vocabulary.names)),
            "top_concept": pa.array([vocabulary.names[i] for i in best], pa.string()),
            "top_concept_score": pa.array(scores.max(axis=1, initial=0.0), pa.float32()),
            "concept_space": pa.array([space] * rows.num_rows, pa.string()),
            "concept_vocabulary": pa.array([vocabulary.version] * rows.num_rows, pa.string()),
        }
    )
    if not _serves(ws, encoder):  # somebody promoted another one meanwhile
        return left
    written = write_partition(ws, PHOTO_CONCEPTS, landing_day(batch), batch, table)
    return StageReport(
        stage=STAGE,
        batch=batch,
        space=space,
        total=upstream.total,
        done=written.rows,
        rejected=upstream.rejected,
        fresh=written.rows if written.written else 0,
        seconds=time.monotonic() - started,
        figures={"concepts": len(vocabulary.names), "mean_top_score": float(scores.max(axis=1).mean())}
        if rows.num_rows
        else {},
    )


def stale_concepts(ws: Workspace) -> list[BatchKey]:
    """Return, in order, the batches whose concepts were not made in production's space and can be now.

    A batch with photos that production has yet to embed is left out: embedding it makes its concepts as well.
    """
    production = aliases(ws, ws.settings.product).get(PRODUCTION)
    if production is None:
        return []
    space = load_release(ws, production).spec.space
    return [batch for batch in list_batches(ws.store) if _spaces(ws, batch) != {space} and _embedded(ws, batch, space)]


def _spaces(ws: Workspace, batch: BatchKey) -> set[str]:
    rows = read_partition(ws, PHOTO_CONCEPTS, landing_day(batch), batch)
    return set(rows["concept_space"].unique().to_pylist())


def _embedded(ws: Workspace, batch: BatchKey, space: SpaceName) -> bool:
    counted = count_stage(ws, batch, "embeddings", space)
    return counted.closed and counted.done > 0


def _serves(ws: Workspace, encoder: Encoder) -> bool:
    production = aliases(ws, ws.settings.product).get(PRODUCTION)
    return production in {None, encoder.spec.digest}

"""Generated libraries that can be searched without having been files: painted, embedded, indexed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from daguerre.encoders.preprocess import to_input
from daguerre.encoders.spec import Encoder, EncoderSpec
from daguerre.ids import OwnerId, batch_key, photo_id
from daguerre.index.build import build_index
from daguerre.landing.manifest import object_id
from daguerre.library.difficulty import Difficulty
from daguerre.library.pixels import picture_of
from daguerre.library.plan import LibraryPlan, plan_library
from daguerre.library.queries import Query
from daguerre.library.spec import SMALL, LibrarySpec
from daguerre.library.truth import TruthRow
from daguerre.quality.queries import QUERIES
from daguerre.tables import catalogue, schemas
from daguerre.tables.columns import to_column
from daguerre.workspace import Workspace

_BATCH = batch_key("2026-05-01", 1)
_AT = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Painted:
    """A library and what an encoder is shown of it.

    Attributes:
        rows: The readable files.
        inputs: `(rows, side_px, side_px, 3) uint8`, in the order of `rows`.
    """

    plan: LibraryPlan
    rows: tuple[TruthRow, ...]
    inputs: npt.NDArray[np.uint8]


def paint(difficulty: Difficulty, seed: int, photos: int, spec: EncoderSpec) -> Painted:
    """Paint three owners' photos at 320 pixels and scale them for an encoder; no videos."""
    plan = plan_library(
        LibrarySpec(owners=("alice", "bob", "carol"), photos=photos, seed=seed, difficulty=difficulty, sizes=SMALL,
                    videos=0.0)
    )  # fmt: skip
    rows = tuple(row for row in plan.rows if row.readable)
    inputs = np.stack([to_input(picture_of(row, plan.original(row)), spec) for row in rows])
    return Painted(plan=plan, rows=rows, inputs=inputs)


def make_searchable(ws: Workspace, painted: Painted, encoder: Encoder) -> None:
    """Write photos, objects and vectors, and build the index; exact copies are one photo, as everywhere."""
    ids = [photo_id(OwnerId(row.owner_id), _content(row)) for row in painted.rows]
    first = {name: place for place, name in reversed(list(enumerate(ids)))}
    photos = [_photo(painted.rows[place], name) for name, place in first.items()]
    objects = [
        {
            "object_id": object_id(_BATCH, row.key), "batch": _BATCH, "key": row.key, "etag": "e", "photo_id": name,
            "code_version": "1",
        }
        for row, name in zip(painted.rows, ids, strict=True)
    ]  # fmt: skip
    catalogue.photos(ws).upsert(pa.Table.from_pylist(photos, schema=schemas.PHOTOS))
    catalogue.objects(ws).upsert(pa.Table.from_pylist(objects, schema=schemas.OBJECTS))
    spec = encoder.spec
    table = pa.table(
        {
            **{name: [photo[name] for photo in photos] for name in ("photo_id", "owner_id", "batch", "media")},
            "taken_at": pa.array([_AT] * len(photos), pa.timestamp("us", tz="UTC")),
            "place": pa.nulls(len(photos), pa.string()),
            "vector": to_column(encoder.embed_images(painted.inputs[list(first.values())]).astype(np.float16)),
        }
    )
    schema = schemas.vectors(spec.dim)
    catalogue.vectors(ws, spec.space, spec.dim).upsert(table.select(schema.names).cast(schema))
    build_index(ws, spec.space, spec.dim)


def keep_queries(ws: Workspace, asked: Sequence[Query]) -> None:
    """Make these the golden queries of the installation."""
    ws.store.put(QUERIES, "\n".join(json.dumps(query.to_json()) for query in asked).encode())


def _content(row: TruthRow) -> str:
    return row.duplicate_of or row.key if row.transform == "exact" else row.key


def _photo(row: TruthRow, name: str) -> dict[str, object]:
    return {
        "photo_id": name, "owner_id": row.owner_id, "batch": _BATCH, "media": "photo", "source": "/bench",
        "source_key": row.key, "content_sha256": name * 2, "format": "jpeg", "bytes": 1, "width": row.width,
        "height": row.height, "taken_at": _AT, "pack": "none", "proxy_offset": 0, "proxy_bytes": 0, "proxy_width": 1,
        "proxy_height": 1, "thumb_offset": 0, "thumb_bytes": 0, "code_version": "1", "ingested_at": _AT,
    }  # fmt: skip

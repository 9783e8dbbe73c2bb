"""A workspace whose tables hold the libraries of two owners, written as the stages before would write them."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from daguerre.clock import frozen_clock
from daguerre.curation.columns import PhotoColumns
from daguerre.features.lake import landing_day, write_partition
from daguerre.features.views import EVENT_TIMESTAMP, PHOTO_CONCEPTS, PHOTO_QUALITY
from daguerre.ids import parse_batch
from daguerre.settings import Settings
from daguerre.storage.opening import open_store
from daguerre.tables import catalogue, schemas
from daguerre.workspace import Workspace
from tests.fakes.lives import columns, journeys, unit

BATCHES = (parse_batch("2026-05-01.0001"), parse_batch("2026-05-02.0002"))
NOON = datetime(2026, 5, 2, 12, tzinfo=UTC)


def library(owner: str, seed: int) -> PhotoColumns:
    """Return half a year of journeys with a burst, a copy and a screenshot in it."""
    lived = journeys(seed, years=1)
    keep = slice(0, 400)
    n, rng = len(lived.taken_s[keep]), np.random.default_rng(seed)
    look = unit(rng.normal(size=(n, schemas.DESCRIPTOR_DIM)))
    taken = lived.taken_s[keep].copy()
    taken[11:14] = taken[10] + np.array([0.5, 1.0, 1.5])
    look[11:14] = look[10]
    pixels = np.array([f"{owner}-{i}" for i in range(n)], object)
    pixels[21] = pixels[20]
    names = np.array([f"{owner}/{i:05d}.jpg" for i in range(n)], object)
    names[30] = f"{owner}/Screenshot 30.png"
    return columns(
        n,
        photo_id=np.array([f"{owner[:1].encode().hex()}{seed:02d}{i:028x}" for i in range(n)], object),
        source_key=names,
        taken_s=taken,
        lat=lived.lat[keep],
        lon=lived.lon[keep],
        place=np.where(lived.trip[keep] > 0, "Lisbon, PT", "Munich, DE").astype(object),
        pixel_sha256=pixels,
        descriptor=look.astype(np.float32),
        sharpness=rng.normal(6, 1, n),
    )


def photo_rows(owner: str, photos: PhotoColumns, batch_of: np.ndarray) -> pa.Table:
    n = len(photos)
    known: dict[str, Any] = {
        "photo_id": photos.photo_id,
        "owner_id": [owner] * n,
        "batch": [BATCHES[b] for b in batch_of],
        "media": photos.media,
        "source": ["/photos"] * n,
        "source_key": photos.source_key,
        "content_sha256": photos.photo_id,
        "pixel_sha256": photos.pixel_sha256,
        "format": photos.format,
        "bytes": photos.bytes,
        "width": photos.width,
        "height": photos.height,
        "taken_at": [datetime.fromtimestamp(t, UTC) for t in photos.taken_s],
        "offset_minutes": [60] * n,
        "time_source": ["exif_offset"] * n,
        "lat": [None if np.isnan(v) else v for v in photos.lat],
        "lon": [None if np.isnan(v) else v for v in photos.lon],
        "place": photos.place,
        "camera": photos.camera,
        "pdq": [row.tobytes() for row in photos.pdq],
        "pdq_quality": photos.pdq_quality,
        "code_version": ["test"] * n,
        "ingested_at": [NOON] * n,
        "pack": ["proxies/test.pack"] * n,
    }
    zeros = ("proxy_offset", "proxy_bytes", "proxy_width", "proxy_height", "thumb_offset", "thumb_bytes")
    known |= {name: [0] * n for name in zeros}
    arrays = [pa.array(known.get(field.name, [None] * n), field.type) for field in schemas.PHOTOS]
    return pa.table(arrays, schema=schemas.PHOTOS)


def descriptor_rows(owner: str, photos: PhotoColumns, batch_of: np.ndarray) -> pa.Table:
    flat = pa.array(photos.descriptor.astype(np.float16).ravel())
    return pa.table(
        {
            "photo_id": photos.photo_id,
            "owner_id": [owner] * len(photos),
            "batch": [BATCHES[b] for b in batch_of],
            "vector": pa.FixedSizeListArray.from_arrays(flat, schemas.DESCRIPTOR_DIM),
            "code_version": ["test"] * len(photos),
        }
    )


def object_rows(photos: PhotoColumns, batch_of: np.ndarray, times: int) -> pa.Table:
    return pa.table(
        {
            "object_id": [f"{photo}{times}" for photo in photos.photo_id],
            "batch": [BATCHES[b] for b in batch_of],
            "key": [f"{key}.{times}" for key in photos.source_key],
            "etag": ["e"] * len(photos),
            "photo_id": photos.photo_id,
            "code_version": ["test"] * len(photos),
            "run_id": pa.nulls(len(photos), pa.string()),
        }
    )


def write_signals(ws: Workspace, owner: str, photos: PhotoColumns) -> None:
    n, batch = len(photos), BATCHES[0]
    base = {"photo_id": photos.photo_id, "owner_id": [owner] * n, EVENT_TIMESTAMP: [NOON] * n}
    quality = pa.table(base | {"sharpness": photos.sharpness})
    for name in ("exposure", "contrast", "colorfulness", "noise", "megapixels"):
        quality = quality.append_column(name, pa.array(np.zeros(n), pa.float32()))
    quality = quality.append_column("quality_model", pa.array(["test"] * n))
    write_partition(ws, PHOTO_QUALITY, landing_day(batch), batch, quality)
    top = ["receipt" if i == 40 else "beach" for i in range(n)]
    concepts = pa.table(base | {"concept_scores": [[1.0]] * n, "top_concept": top, "top_concept_score": np.ones(n)})
    for name in ("concept_space", "concept_vocabulary"):
        concepts = concepts.append_column(name, pa.array(["test"] * n))
    write_partition(ws, PHOTO_CONCEPTS, landing_day(batch), batch, concepts)


@pytest.fixture
def libraries() -> dict[str, PhotoColumns]:
    return {"alice": library("alice", 3), "o'brien": library("o'brien", 4)}


@pytest.fixture
def ws(tmp_path: Path, libraries: dict[str, PhotoColumns]) -> Workspace:
    settings = Settings(root=str(tmp_path / "data"), cache=tmp_path / "cache")
    made = Workspace(settings=settings, store=open_store(settings.root, create=True), clock=frozen_clock(NOON))
    for owner, photos in libraries.items():
        batch_of = np.zeros(len(photos), int)
        if owner == "o'brien":
            batch_of[-5:] = 1
        catalogue.photos(made).upsert(photo_rows(owner, photos, batch_of))
        catalogue.descriptors(made).upsert(descriptor_rows(owner, photos, batch_of))
        catalogue.objects(made).upsert(object_rows(photos, batch_of, 1))
        catalogue.objects(made).upsert(object_rows(photos.take(np.array([50])), batch_of[:1], 2))
    write_signals(made, "alice", libraries["alice"])
    return made


def with_pictures(ws: Workspace) -> None:
    """Give every photo the same green picture."""
    out = io.BytesIO()
    Image.new("RGB", (400, 300), (90, 140, 60)).save(out, "JPEG")
    ws.store.put("proxies/test.pack", out.getvalue())
    rows = catalogue.photos(ws).read()
    size = pa.array([len(out.getvalue())] * rows.num_rows, rows.schema.field("proxy_bytes").type)
    catalogue.photos(ws).upsert(rows.set_column(rows.schema.get_field_index("proxy_bytes"), "proxy_bytes", size))

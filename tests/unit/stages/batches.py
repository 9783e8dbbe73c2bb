"""A batch whose photos stage is done, made by code: manifest, packs, rows."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from PIL import Image

from daguerre import layout
from daguerre.ids import BatchKey, OwnerId, batch_key, photo_id
from daguerre.landing.manifest import LandedObject, Manifest, object_id
from daguerre.tables import catalogue, schemas
from daguerre.workspace import Workspace
from tests.fakes.encoders import COLOURS, flat_picture

SEALED = datetime(2026, 5, 1, 12, tzinfo=UTC)


def pack_key(batch: BatchKey, unit: int) -> str:
    """Where the pack of one unit lies."""
    return f"proxies/{batch}/{unit:04d}.pack"


def proxy(number: int, side_px: int = 64) -> bytes:
    """The JPEG of picture `number`, one of six colours."""
    buffer = io.BytesIO()
    Image.fromarray(flat_picture(list(COLOURS)[number % 6], side_px, seed=number)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def photographed(
    ws: Workspace, *, photos: int, number: int = 1, spoil: tuple[int, ...] = (), open_: int = 0
) -> BatchKey:
    """Write a batch of three owners in packs of 50; `spoil` numbers broken proxies, `open_` counts objects undone."""
    batch = batch_key("2026-05-01", number)
    keys = [f"{'abc'[i % 3]}/{number}-{i:05d}.jpg" for i in range(photos + open_)]
    objects = tuple(
        LandedObject(key=k, size=1, etag="e", modified=SEALED, owner_id=OwnerId(k[0])) for k in sorted(keys)
    )
    manifest = Manifest(batch=batch, source="/somewhere", sealed_at=SEALED, objects=objects)
    ws.store.create(layout.manifest(batch), manifest.to_json())
    rows, done = [], []
    for unit, first in enumerate(range(0, photos, 50)):
        pack = b""
        for i in range(first, min(first + 50, photos)):
            data = b"\xff\xd8 nothing" if i in spoil else proxy(i)
            rows.append(_row(batch, objects[i], pack_key(batch, unit), len(pack), len(data), i))
            pack += data
            done.append(_object(batch, objects[i], rows[-1]["photo_id"]))
        ws.store.put(pack_key(batch, unit), pack)
    catalogue.photos(ws).upsert(pa.Table.from_pylist(rows, schema=schemas.PHOTOS))
    catalogue.objects(ws).upsert(pa.Table.from_pylist(done, schema=schemas.OBJECTS))
    return batch


def _row(batch: BatchKey, landed: LandedObject, pack: str, offset: int, length: int, number: int) -> dict:
    return {
        "photo_id": photo_id(landed.owner_id, f"{batch}{number}"),
        "owner_id": landed.owner_id,
        "batch": batch,
        "media": "photo",
        "source": "/somewhere",
        "source_key": landed.key,
        "content_sha256": f"{number:064x}",
        "format": "jpeg",
        "bytes": 1,
        "width": 64,
        "height": 64,
        "taken_at": SEALED - timedelta(minutes=number),
        "place": "Lisbon, PT" if number % 2 else None,
        "pack": pack,
        "proxy_offset": offset,
        "proxy_bytes": length,
        "proxy_width": 64,
        "proxy_height": 64,
        "thumb_offset": offset,
        "thumb_bytes": length,
        "code_version": "1",
        "ingested_at": SEALED,
    }


def _object(batch: BatchKey, landed: LandedObject, photo: str) -> dict:
    return {
        "object_id": object_id(batch, landed.key),
        "batch": batch,
        "key": landed.key,
        "etag": landed.etag,
        "photo_id": photo,
        "code_version": "1",
    }


def vectors_of(ws: Workspace, space: str, dim: int) -> tuple[list[str], np.ndarray]:
    """Photo ids and `(n, dim) float32` vectors, in order of id."""
    rows = catalogue.vectors(ws, space, dim).read(["photo_id", "vector"])
    flat = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return rows["photo_id"].to_pylist(), flat.astype(np.float32).reshape(-1, dim)

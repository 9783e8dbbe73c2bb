"""Batches as the photos stage leaves them, made of proxies that exist: for measuring the stages behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa

from daguerre import layout
from daguerre.ids import BatchKey, OwnerId, batch_key, photo_id
from daguerre.landing.manifest import LandedObject, Manifest, object_id
from daguerre.tables import catalogue, schemas
from daguerre.workspace import Workspace

_UNIT = 512
_NOW = datetime(2026, 5, 1, tzinfo=UTC)


def photos_batch(ws: Workspace, number: int, proxies: Sequence[bytes], photos: int) -> BatchKey:
    """Write a batch of so many photos, which take turns in showing the proxies."""
    batch = batch_key("2026-05-01", number)
    landed = [
        LandedObject(key=f"a/{i:06d}.jpg", size=1, etag="e", modified=_NOW, owner_id=OwnerId("a"))
        for i in range(photos)
    ]
    manifest = Manifest(batch=batch, source="/bench", sealed_at=_NOW, objects=tuple(landed))
    ws.store.create(layout.manifest(batch), manifest.to_json())
    rows, objects = [], []
    for unit, first in enumerate(range(0, photos, _UNIT)):
        key, pack = f"proxies/{batch}/{unit:04d}.pack", bytearray()
        for i in range(first, min(first + _UNIT, photos)):
            data = proxies[i % len(proxies)]
            photo = photo_id("a", f"{batch}{i}")
            rows.append({
                "photo_id": photo, "owner_id": "a", "batch": batch, "media": "photo", "source": "/bench",
                "source_key": landed[i].key, "content_sha256": f"{i:064x}", "format": "jpeg", "bytes": 1, "width": 512,
                "height": 384, "taken_at": _NOW, "pack": key, "proxy_offset": len(pack), "proxy_bytes": len(data),
                "proxy_width": 512, "proxy_height": 384, "thumb_offset": 0, "thumb_bytes": 0, "code_version": "1",
                "ingested_at": _NOW,
            })  # fmt: skip
            pack += data
            objects.append({
                "object_id": object_id(batch, landed[i].key), "batch": batch, "key": landed[i].key, "etag": "e",
                "photo_id": photo, "code_version": "1",
            })  # fmt: skip
        ws.store.put(key, bytes(pack))
    catalogue.photos(ws).upsert(pa.Table.from_pylist(rows, schema=schemas.PHOTOS))
    catalogue.objects(ws).upsert(pa.Table.from_pylist(objects, schema=schemas.OBJECTS))
    return batch

"""An installation with a clock that tests move, and rows for its lake and tables."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image, ImageFilter

from daguerre import layout
from daguerre.features.views import CREATED_TIMESTAMP, EVENT_TIMESTAMP, View
from daguerre.ids import BatchKey
from daguerre.landing.manifest import LandedObject, Manifest
from daguerre.settings import Settings
from daguerre.storage.opening import open_store
from daguerre.tables import catalogue, schemas
from daguerre.workspace import Workspace

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_BLANK = {pa.float32(): 0.5, pa.int32(): 1, pa.int64(): 1, pa.string(): "x", pa.bool_(): True}


@dataclass
class MovingClock:
    """Shows `now` until a test moves it."""

    now: datetime = NOON + timedelta(hours=2)

    def __call__(self) -> datetime:
        return self.now


def workspace(path: Path, *, root: str = "", clock: MovingClock | None = None) -> Workspace:
    settings = Settings(root=root or str(path / "root"), cache=path / "cache", workers=2)
    return Workspace(settings=settings, store=open_store(settings.root, create=True), clock=clock or MovingClock())


def rows(view: View, keys: Sequence[str], *, at: datetime = NOON, owner: str = "alice", **features: object) -> pa.Table:
    """Rows of a view for `write_partition`; a feature is one value for all keys, a list, or a blank."""
    table: dict[str, pa.Array] = {}
    for field in view.schema:
        if field.name == CREATED_TIMESTAMP:
            continue
        if field.name == view.key:
            value: object = list(keys)
        elif field.name == "owner_id":
            value = owner
        elif field.name == EVENT_TIMESTAMP:
            value = at
        else:
            value = features.get(field.name, [0.25, 0.75] if pa.types.is_list(field.type) else _BLANK.get(field.type))
        many = isinstance(value, list) and not pa.types.is_list(field.type)
        table[field.name] = pa.array(value if many else [value] * len(keys), field.type)
    return pa.table(table)


def jpeg(seed: int, *, blur: float = 0) -> bytes:
    """A proxy: blocks of colour, decided by the seed."""
    sink = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), np.uint8).repeat(10, 0).repeat(10, 1)
    Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(blur)).save(sink, "JPEG", quality=90)
    return sink.getvalue()


def land_photos(
    ws: Workspace, batch: BatchKey, proxies: Mapping[str, bytes], *, owner: str = "alice", packs: int = 1
) -> None:
    """Store what the photos stage leaves behind: manifest, packs, and the rows of photos and objects."""
    contents = [bytearray() for _ in range(packs)]
    photos, objects = [], []
    for number, (photo, proxy) in enumerate(proxies.items()):
        unit = number % packs
        photos.append(_photo(photo, owner, batch, _pack(batch, unit), len(contents[unit]), len(proxy)))
        contents[unit] += proxy
        objects.append({"object_id": f"{batch}/{photo}", "batch": batch, "key": f"{owner}/{photo}.jpg", "etag": "e",
                        "photo_id": photo, "code_version": "1", "run_id": None})  # fmt: skip
    for unit, content in enumerate(contents):
        ws.store.put(_pack(batch, unit), bytes(content))
    landed = tuple(LandedObject(key=o["key"], size=1, etag="e", modified=NOON, owner_id=owner) for o in objects)
    manifest = Manifest(batch=batch, source="/source", sealed_at=sealed_at(batch), objects=landed)
    ws.store.create(layout.manifest(batch), manifest.to_json())
    catalogue.photos(ws).upsert(pa.Table.from_pylist(photos, schema=schemas.PHOTOS))
    catalogue.objects(ws).upsert(pa.Table.from_pylist(objects, schema=schemas.OBJECTS))


def _pack(batch: BatchKey, unit: int) -> str:
    return f"proxies/{batch}/{unit:04d}-v1.pack"


def sealed_at(batch: BatchKey) -> datetime:
    """Noon of the batch's day."""
    return datetime.fromisoformat(f"{batch[:10]}T12:00:00+00:00")


def _photo(photo: str, owner: str, batch: BatchKey, pack: str, offset: int, size: int) -> dict[str, object]:
    row: dict[str, object] = {
        field.name: None if field.nullable else 1 if pa.types.is_integer(field.type) else "x"
        for field in schemas.PHOTOS
    }
    return row | {
        "photo_id": photo, "owner_id": owner, "batch": batch, "source_key": f"{owner}/{photo}.jpg", "pack": pack,
        "proxy_offset": offset, "proxy_bytes": size, "width": 4000, "height": 3000, "ingested_at": NOON,
    }  # fmt: skip

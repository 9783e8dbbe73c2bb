"""The reports of a decided experiment: one page with pictures, and Evidently's."""

from __future__ import annotations

import io
from collections.abc import Iterable

from daguerre.media.packs import read_pictures
from daguerre.quality.experiments import evidently_report, records
from daguerre.quality.experiments.page import page, pictured
from daguerre.quality.experiments.records import Record
from daguerre.tables import catalogue
from daguerre.workspace import Workspace

#: Pictures are tried in these sizes (px) until all of them together fit; the page stays below 4 MB.
_SIDES_PX = (120, 96, 72, 56)
_MOST_BYTES = 2_500_000


def publish_page(ws: Workspace, record: Record) -> str:
    """Write both reports of an experiment, anew after an override; return the key of the page.

    Nothing in them is measured here: they show the record.
    """
    pictures = _pictures(ws, pictured(record.content))
    html = page(record, overrides=records.overrides(ws, record.name), pictures=pictures)
    drawn, snapshot = evidently_report.draw(record.content, at=ws.clock())
    ws.store.put(records.snapshot_key(record.name), snapshot.encode())
    ws.store.put(records.drawn_key(record.name), drawn.encode())
    ws.store.put(records.page_key(record.name), html.encode())
    return records.page_key(record.name)


def _pictures(ws: Workspace, photos: Iterable[str]) -> dict[str, bytes]:
    """Return square JPEGs of the photos that are still there."""
    places = ["pack", "thumb_offset", "thumb_bytes"]
    found = catalogue.photos(ws).lookup(sorted(set(photos)), ["photo_id", *places])
    thumbs = read_pictures(ws.store, list(zip(*(found[name].to_pylist() for name in places), strict=True)))
    pictures: dict[str, bytes] = {}
    for side_px in _SIDES_PX:
        pictures = {
            photo: _small(jpeg, side_px) for photo, jpeg in zip(found["photo_id"].to_pylist(), thumbs, strict=True)
        }
        if sum(map(len, pictures.values())) <= _MOST_BYTES:
            break
    return pictures


def _small(jpeg: bytes, side_px: int) -> bytes:
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(jpeg)) as picture:
        square = ImageOps.fit(picture.convert("RGB"), (side_px, side_px))
    out = io.BytesIO()
    square.save(out, "JPEG", quality=72)
    return out.getvalue()

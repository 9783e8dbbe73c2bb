"""Prints: stored pictures made as large as a page shows them, to lie inside it."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass

from daguerre.media.packs import read_pictures
from daguerre.tables import catalogue
from daguerre.workspace import Workspace

_QUALITY = 78


@dataclass(frozen=True, kw_only=True)
class Print:
    """A JPEG and its size."""

    jpeg: bytes
    width: int
    height: int


def prints(ws: Workspace, photo_ids: Iterable[str], *, side_px: int) -> dict[str, Print]:
    """Return pictures whose longer side is at most `side_px`, by photo; photos that are unknown are left out.

    Made from the proxies, so no larger than those.
    """
    places = ["pack", "proxy_offset", "proxy_bytes"]
    found = catalogue.photos(ws).lookup(sorted(set(photo_ids)), ["photo_id", *places])
    proxies = read_pictures(ws.store, list(zip(*(found[name].to_pylist() for name in places), strict=True)))
    return {photo: _print(jpeg, side_px) for photo, jpeg in zip(found["photo_id"].to_pylist(), proxies, strict=True)}


def _print(jpeg: bytes, side_px: int) -> Print:
    from PIL import Image

    with Image.open(io.BytesIO(jpeg)) as picture:
        if max(picture.size) <= side_px:
            return Print(jpeg=jpeg, width=picture.width, height=picture.height)
        picture.draft("RGB", (side_px, side_px))
        small = picture.convert("RGB")
        small.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return Print(jpeg=out.getvalue(), width=small.width, height=small.height)

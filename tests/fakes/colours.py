"""An installation of pictures of one colour each, searched by encoders, with golden queries that know the colours."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from PIL import Image

from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.encoders.spec import Encoder, EncoderSpec
from daguerre.index.build import build_index
from daguerre.index.snapshot import read_snapshot
from daguerre.quality.experiments.spec import Side
from daguerre.quality.queries import QUERIES
from daguerre.search.service import SearchService
from daguerre.stages.experiment_asking import asked_snapshot
from daguerre.tables import catalogue, schemas
from daguerre.workspace import Workspace
from tests.fakes.encoders import COLOURS, flat_picture
from tests.fakes.spaces import photo_rows, vector_rows

OWNERS = ("alice", "bob")
PALETTE = list(COLOURS)
PACK = "proxies/2026-01-01.0001/0000-v1.pack"


class Confused:
    """Sees as the encoder that it wraps, and takes every colour's word for the next colour's."""

    def __init__(self, encoder: OnnxEncoder, digest: str) -> None:
        self._encoder = encoder
        self.spec: EncoderSpec = replace(encoder.spec, digest=digest)

    def embed_images(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        return self._encoder.embed_images(images)

    def embed_texts(self, texts: list[str]) -> npt.NDArray[np.float32]:
        return self._encoder.embed_texts([_next_colour(text) for text in texts])


def _next_colour(text: str) -> str:
    return " ".join(PALETTE[(PALETTE.index(w) + 1) % len(PALETTE)] if w in PALETTE else w for w in text.split())


def colour(number: int) -> str:
    return PALETTE[(number // 2) % len(PALETTE)]


def key(number: int) -> str:
    return f"{OWNERS[number % 2]}/{number}.jpg"


def fill(ws: Workspace, encoders: list[Encoder], *, photos: int = 48) -> None:
    """Store photos with thumbnails, an indexed space of each encoder, and a query of each colour and owner."""
    side = encoders[0].spec.side_px
    pictures = np.stack([flat_picture(colour(i), side, seed=i) for i in range(photos)])
    for encoder in encoders:
        rows = _as_photos(vector_rows(encoder.embed_images(pictures)))
        catalogue.vectors(ws, encoder.spec.space, encoder.spec.dim).upsert(rows)
        build_index(ws, encoder.spec.space, encoder.spec.dim)
    jpegs = [_jpeg(picture) for picture in pictures]
    ws.store.put(PACK, b"".join(jpegs))
    sizes = [len(jpeg) for jpeg in jpegs]
    offsets = [int(at) for at in np.cumsum([0, *sizes[:-1]])]
    table = photo_rows(rows, pack=[PACK] * photos, thumb_offset=offsets, thumb_bytes=sizes)
    catalogue.photos(ws).upsert(table)
    objects = [
        {"object_id": str(i), "batch": "2026-01-01.0001", "key": key(i), "etag": "e", "photo_id": photo,
         "code_version": "1", "run_id": None}
        for i, photo in enumerate(table["photo_id"].to_pylist())
    ]  # fmt: skip
    catalogue.objects(ws).upsert(pa.Table.from_pylist(objects, schema=schemas.OBJECTS))
    ws.store.put(QUERIES, "\n".join(json.dumps(line) for line in questions(photos)).encode())


def questions(photos: int) -> Iterator[dict[str, object]]:
    """Yield a question for each colour to each owner and to all, and one photo of each owner that asks."""
    for owner in (*OWNERS, None):
        for name in PALETTE:
            yield _line(f"{owner}-{name}", owner, text=f"a {name} photo", relevant=_keys(photos, name, owner))
    for owner in OWNERS:
        mine = _keys(photos, "green", owner)
        yield _line(f"{owner}-like", owner, kind="photo", photo=mine[0], relevant=mine, **{"class": "photo"})
    yield _line("nothing", None, text="a dog", **{"class": "no_match"})


def _line(name: str, owner: str | None, **line: object) -> dict[str, object]:
    blank = {"kind": "text", "text": "", "photo": None, "relevant": [], "class": "colour"}
    return blank | {"id": name, "owner_id": owner} | line


def _keys(photos: int, name: str, owner: str | None) -> list[str]:
    return [key(i) for i in range(photos) if colour(i) == name and owner in (None, OWNERS[i % 2])]


def _as_photos(rows: pa.Table) -> pa.Table:
    at = rows.schema.get_field_index("media")
    return rows.set_column(at, rows.schema.field("media"), pa.array(["photo"] * rows.num_rows))


def _jpeg(picture: npt.NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG")
    return out.getvalue()


class Sides:
    """Opens the side of an experiment with an encoder of this process, by its digest."""

    def __init__(self, ws: Workspace, encoders: list[Encoder]) -> None:
        self._ws = ws
        self._by_digest = {encoder.spec.digest: encoder for encoder in encoders}

    @contextmanager
    def __call__(self, side: Side) -> Iterator[SearchService]:
        encoder = self._by_digest[side.release]
        snapshot = read_snapshot(self._ws, encoder.spec.space)
        yield SearchService(self._ws, encoder, asked_snapshot(snapshot, side.index))

"""The embeddings stage against its limit: decoding proxies and calling ONNX Runtime in one process, nothing else.

    .venv/bin/python benchmarks/bench_embeddings.py [PHOTOS]

The limit adds what one photo costs in a bare decode loop (spread over the cores) to what it costs in a bare loop of
ONNX Runtime on all cores. `wall` compares times and needs a quiet machine; `cpu` compares processor time of both
processes and holds on a busy one too. The null model answers at once: its line is the overhead of feeding.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from daguerre import layout
from daguerre.encoders.archive import store_release
from daguerre.encoders.bundle import build_release
from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.encoders.preprocess import jpeg_to_input
from daguerre.encoders.release import Release
from daguerre.ids import BatchKey, OwnerId, batch_key, photo_id
from daguerre.landing.manifest import LandedObject, Manifest, object_id
from daguerre.media.packs import read_pictures
from daguerre.serving.opening import open_encoder
from daguerre.serving.state import server_folder
from daguerre.settings import load_settings
from daguerre.stages.embeddings import run_embeddings
from daguerre.storage.local import LocalStore
from daguerre.tables import catalogue, schemas
from daguerre.workspace import Workspace
from tests.fakes.towers import make_sized_model, null_tower, vit_tower

_PHOTOS = 1500
_ROUNDS = 3
_UNIT = 512
_NOW = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one photo costs, in milliseconds."""

    wall_ms: float
    cpu_ms: float


def main(photos: int) -> None:
    """Measure both models and print one table."""
    table = Table(
        "model", "measure", "limit", "stage", "ratio", title=f"embeddings, {photos} proxies of 512 px, {_cores()} cores"
    )
    with tempfile.TemporaryDirectory() as scratch:
        proxies = [_proxy(i) for i in range(64)]
        for name, tower in (("ViT-S/32, random", vit_tower), ("null", null_tower)):
            home = Path(scratch) / name.split(",")[0].replace("/", "")
            release = build_release(make_sized_model(home / "model", tower))
            limit, stage = _measure(home, release, proxies, photos)
            table.add_row(
                name,
                "photos/s",
                f"{1e3 / limit.wall_ms:,.0f}",
                f"{1e3 / stage.wall_ms:,.0f}",
                f"{limit.wall_ms / stage.wall_ms:.2f}",
            )
            table.add_row(
                "", "cpu ms/photo", f"{limit.cpu_ms:.2f}", f"{stage.cpu_ms:.2f}", f"{limit.cpu_ms / stage.cpu_ms:.2f}"
            )
            table.add_row("", "overhead cpu ms/photo", "", f"{stage.cpu_ms - limit.cpu_ms:.2f}", "", end_section=True)
    Console(width=110).print(table)


def _measure(home: Path, release: Release, proxies: list[bytes], photos: int) -> tuple[Cost, Cost]:
    """Alternate limit and stage; return the best round of each."""
    settings = load_settings(root=str(home / "root"), cache=home / "cache", triton_port=0)
    ws = Workspace(settings=settings, store=LocalStore(home / "root", create=True))
    store_release(ws.store, release)
    direct = OnnxEncoder(release)
    limits, stages = [], []
    with open_encoder(ws, release.spec.digest) as encoder:
        server = server_folder(ws).read()
        assert server
        for number in range(_ROUNDS):
            batch = _batch(ws, number + 1, proxies, photos)
            limits.append(_limit(ws, batch, direct))
            wall, cpu = time.perf_counter(), time.process_time() + _tree_cpu(server.pid)
            report = run_embeddings(ws, batch, encoder)
            wall, cpu = time.perf_counter() - wall, time.process_time() + _tree_cpu(server.pid) - cpu
            assert report.fresh == photos
            stages.append(Cost(wall_ms=1e3 * wall / photos, cpu_ms=1e3 * cpu / photos))
    return tuple(
        Cost(wall_ms=min(c.wall_ms for c in costs), cpu_ms=min(c.cpu_ms for c in costs)) for costs in (limits, stages)
    )  # type: ignore[return-value]


def _limit(ws: Workspace, batch: BatchKey, direct: OnnxEncoder) -> Cost:
    rows = catalogue.photos(ws).read(["pack", "proxy_offset", "proxy_bytes"], f"batch = '{batch}'").slice(0, 512)
    places = list(zip(*(rows[c].to_pylist() for c in ("pack", "proxy_offset", "proxy_bytes")), strict=True))
    pictures = read_pictures(ws.store, places)
    wall, cpu = time.perf_counter(), time.process_time()
    images = np.stack([jpeg_to_input(p, direct.spec) for p in pictures])
    decode_wall, decode_cpu = time.perf_counter() - wall, time.process_time() - cpu
    wall, cpu = time.perf_counter(), time.process_time()
    for start in range(0, len(images), 32):
        direct.embed_images(images[start : start + 32])
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    n = len(images)
    return Cost(wall_ms=1e3 * (decode_wall / _cores() + wall) / n, cpu_ms=1e3 * (decode_cpu + cpu) / n)


def _batch(ws: Workspace, number: int, proxies: list[bytes], photos: int) -> BatchKey:
    """Write a batch as the photos stage leaves it."""
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


def _proxy(seed: int) -> bytes:
    """A 512-px JPEG of about 50 kB: soft shapes, edges and some grain."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 255, (24, 32, 3), dtype=np.uint8)).resize(
        (512, 384), Image.Resampling.BICUBIC
    )
    grain = rng.normal(0, 9, (384, 512, 1))
    buffer = io.BytesIO()
    Image.fromarray(np.clip(np.asarray(small) + grain, 0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _tree_cpu(pid: int) -> float:
    """Processor time of a process and its children, seconds."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat.parent.name) == pid or int(fields[1]) == pid:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _cores() -> int:
    return len(os.sched_getaffinity(0))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _PHOTOS)

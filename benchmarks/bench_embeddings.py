"""The embeddings stage against its limit: decoding proxies and calling ONNX Runtime in one process, nothing else.

The limit adds what one photo costs in a bare decode loop (spread over the cores) to what it costs in a bare loop of
ONNX Runtime on all cores. Photos per second compare times and need a quiet machine; processor time, of both processes,
holds on a busy one too. The null model answers at once: its lines are the overhead of feeding.
"""

from __future__ import annotations

import io
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.batches import photos_batch
from benchmarks.cost import CORES
from benchmarks.line import Line
from daguerre.encoders.archive import store_release
from daguerre.encoders.bundle import build_release
from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.encoders.preprocess import jpeg_to_input
from daguerre.ids import BatchKey
from daguerre.media.packs import read_pictures
from daguerre.serving.opening import open_encoder
from daguerre.serving.state import server_folder
from daguerre.settings import load_settings
from daguerre.stages.embeddings import run_embeddings
from daguerre.storage.local import LocalStore
from daguerre.tables import catalogue
from daguerre.workspace import Workspace
from tests.fakes.towers import make_sized_model, null_tower, vit_tower

_TARGET = 0.90


@dataclass(frozen=True, kw_only=True)
class PerPhoto:
    """What one photo costs, in milliseconds."""

    wall_ms: float
    cpu_ms: float


@dataclass(frozen=True, kw_only=True)
class StageCost(PerPhoto):
    """`own_cpu_ms` is that of the process that runs the stage; `steps_ms` is wall time within its threads."""

    own_cpu_ms: float
    steps_ms: dict[str, float]


def measure(quick: bool) -> list[Line]:
    with tempfile.TemporaryDirectory() as scratch:
        proxies = [_proxy(i) for i in range(64)]
        vit_photos, null_photos, rounds = (256, 512, 1) if quick else (1000, 2000, 3)
        vit = _costs(Path(scratch, "vit"), vit_tower, proxies, vit_photos, rounds)
        null = _costs(Path(scratch, "null"), null_tower, proxies, null_photos, rounds)
    return [*_lines("ViT-S/32, random", *vit, at_least=_TARGET), *_lines("null model", *null, at_least=None)]


def _lines(model: str, limit: PerPhoto, stage: StageCost, *, at_least: float | None) -> list[Line]:
    per_s, limit_per_s = 1e3 / stage.wall_ms, 1e3 / limit.wall_ms
    per_cpu_s, limit_per_cpu_s = 1e3 / stage.cpu_ms, 1e3 / limit.cpu_ms
    core = "ms of a core/photo"
    return [
        Line(what=f"embeddings, {model}", measured=per_s, unit="photos/s", limit=limit_per_s, at_least=at_least),
        Line(
            what="  by processor time",
            measured=per_cpu_s,
            unit="photos/core-s",
            limit=limit_per_cpu_s,
            at_least=at_least,
        ),
        Line(what="  overhead beside the limit", measured=stage.cpu_ms - limit.cpu_ms, unit=core),
        Line(what="    the stage's process", measured=stage.own_cpu_ms, unit=core),
        Line(what="    Triton", measured=stage.cpu_ms - stage.own_cpu_ms, unit=core),
        *(
            Line(what=f"    {name}", measured=spent, unit="ms in a thread/photo")
            for name, spent in stage.steps_ms.items()
        ),
    ]


def _costs(
    home: Path, tower: Callable[[Path], None], proxies: list[bytes], photos: int, rounds: int
) -> tuple[PerPhoto, StageCost]:
    """Alternate limit and stage; return the best round of each."""
    release = build_release(make_sized_model(home / "model", tower))
    settings = load_settings(root=str(home / "root"), cache=home / "cache", triton_port=0)
    ws = Workspace(settings=settings, store=LocalStore(home / "root", create=True))
    store_release(ws.store, release)
    direct = OnnxEncoder(release)
    limits, stages = [], []
    with open_encoder(ws, release.spec.digest) as encoder:
        server = server_folder(ws).read()
        assert server
        for number in range(rounds):
            batch = photos_batch(ws, number + 1, proxies, photos)
            limits.append(_limit(ws, batch, direct))
            wall, own, served = time.perf_counter(), time.process_time(), _tree_cpu(server.pid)
            report = run_embeddings(ws, batch, encoder)
            wall, own = time.perf_counter() - wall, time.process_time() - own
            served = _tree_cpu(server.pid) - served
            assert report.closed
            assert report.fresh == photos
            stages.append(
                StageCost(
                    wall_ms=1e3 * wall / photos,
                    cpu_ms=1e3 * (own + served) / photos,
                    own_cpu_ms=1e3 * own / photos,
                    steps_ms={name.removesuffix("_s"): 1e3 * spent / photos for name, spent in report.figures.items()},
                )
            )
    limit = PerPhoto(wall_ms=min(c.wall_ms for c in limits), cpu_ms=min(c.cpu_ms for c in limits))
    best = min(stages, key=lambda c: c.cpu_ms)
    return limit, replace(best, wall_ms=min(c.wall_ms for c in stages))


def _limit(ws: Workspace, batch: BatchKey, direct: OnnxEncoder) -> PerPhoto:
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
    return PerPhoto(wall_ms=1e3 * (decode_wall / CORES + wall) / n, cpu_ms=1e3 * (decode_cpu + cpu) / n)


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

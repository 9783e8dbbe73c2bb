"""The photos stage against a bare loop of decode, shrink and encode, as many processes, the same files, warm.

The limit is measured with Pillow, with OpenCV, and with Pillow and the stage's own way to shrink; the best one counts,
for wall and processor time each. The bare loops have the decoder processes' allocator settings. What a batch pays once,
mostly the start of the decoder processes, is measured with a batch of a few files and taken off; it is a line of its
own. "Own work, bare" is everything that the stage does with one file, without sandbox, packs and tables.
"""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import cv2
import numpy as np
from PIL import Image

from benchmarks.cost import CORES, Cost, Stopwatch, cost_of
from benchmarks.line import Line
from benchmarks.originals import write_originals
from daguerre.landing.landing import land
from daguerre.landing.source import open_source
from daguerre.media.decode import load_formats, open_picture
from daguerre.media.exif import read_exif
from daguerre.media.fingerprint import perceptual_hash, pixel_sha256
from daguerre.media.ingest import Ingest
from daguerre.media.proxy import THUMB_SIDE_PX, encode_proxy, encode_thumb, fit, shrink
from daguerre.media.sniff import Format
from daguerre.settings import load_settings
from daguerre.stages.photos import run_photos
from daguerre.workspace import open_workspace

SIDE_PX, QUALITY = 512, 90
_FEW = 4
_TARGET = 0.85
#: As in the sandbox of the stage.
_ALLOCATOR = {"MALLOC_TRIM_THRESHOLD_": str(64 << 20), "MALLOC_MMAP_THRESHOLD_": str(32 << 20)}


@dataclass(frozen=True, kw_only=True)
class Case:
    """`judged`: the target is asked of this size."""

    name: str
    width: int
    height: int
    photos: int
    quick_photos: int
    judged: bool


CASES = (
    Case(name="12 MP", width=4000, height=3000, photos=300, quick_photos=100, judged=True),
    Case(name="2 MP", width=1632, height=1224, photos=1200, quick_photos=300, judged=True),
)


@dataclass(frozen=True, kw_only=True)
class Landed:
    """What `Ingest` asks of an object."""

    modified: datetime = datetime(2026, 5, 1, tzinfo=UTC)


def measure(quick: bool) -> list[Line]:
    lines: list[Line] = []
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "originals")
            n = case.quick_photos if quick else case.photos
            megabytes = write_originals(source, width=case.width, height=case.height, distinct=10, count=n)
            lines += _case(case, source, Path(folder), megabytes, rounds=1 if quick else 2)
    return lines


def _case(case: Case, source: Path, scratch: Path, megabytes: float, *, rounds: int) -> list[Line]:
    paths = sorted(source.iterdir())
    few = scratch / "few"
    few.mkdir()
    for path in paths[:_FEW]:
        (few / path.name).hardlink_to(path)
    stage(few, scratch / "first")  # imports and page cache
    names: dict[str, Callable[[], Cost]] = {
        "pillow": lambda: bare(pillow_loop, paths),
        "stage": lambda: stage(source, scratch / f"root-{time.monotonic_ns()}"),
        "opencv": lambda: bare(opencv_loop, paths),
        "lean": lambda: bare(lean_loop, paths),
        "few": lambda: stage(few, scratch / f"few-{time.monotonic_ns()}"),
        "ingest": lambda: bare(ingest_loop, paths),
    }
    runs = [{name: run() for name, run in names.items()} for _ in range(rounds)]
    wall = {name: min(run[name].wall_s for run in runs) for name in names}
    cpu = {name: min(run[name].cpu_s for run in runs) for name in names}
    n, asked, title = len(paths), _TARGET if case.judged else None, f"photos, {case.name} ({megabytes:.1f} MB)"

    def rates(spent: dict[str, float]) -> tuple[float, float, float]:
        limit = n / min(spent[name] for name in ("pillow", "opencv", "lean"))
        return (n - _FEW) / (spent["stage"] - spent["few"]), limit, n / spent["ingest"]

    per_s, limit_per_s, _ = rates(wall)
    per_cpu_s, limit_per_cpu_s, own_per_cpu_s = rates(cpu)
    return [
        Line(what=title, measured=per_s, unit="photos/s", limit=limit_per_s, at_least=asked),
        Line(
            what="  by processor time", measured=per_cpu_s, unit="photos/core-s", limit=limit_per_cpu_s, at_least=asked
        ),
        Line(what="  against its own work, bare", measured=per_cpu_s, unit="photos/core-s", limit=own_per_cpu_s),
        Line(what="  once per batch", measured=wall["few"], unit="s"),
        *(
            Line(what=f"    {name}", measured=milliseconds, unit="ms of a core/photo")
            for name, milliseconds in profile(paths[: max(20, n // 10)]).items()
        ),
    ]


def pillow_loop(paths: Sequence[Path]) -> None:

    for path in paths:
        image = Image.open(io.BytesIO(path.read_bytes()))
        scale = SIDE_PX / max(image.size)
        size = (round(image.width * scale), round(image.height * scale))
        image.draft("RGB", size)
        image.resize(size, Image.Resampling.BICUBIC).save(io.BytesIO(), "JPEG", quality=QUALITY)


def opencv_loop(paths: Sequence[Path]) -> None:
    cv2.setNumThreads(1)
    for path in paths:
        data = np.frombuffer(path.read_bytes(), np.uint8)
        # 12 MP: a quarter is 1000 px wide; 2 MP: a half is 816 px.
        mode = cv2.IMREAD_REDUCED_COLOR_4 if len(data) > 1_000_000 else cv2.IMREAD_REDUCED_COLOR_2
        large = cv2.imdecode(data, mode)
        scale = SIDE_PX / max(large.shape)
        size = (round(large.shape[1] * scale), round(large.shape[0] * scale))
        small = cv2.resize(large, size, interpolation=cv2.INTER_AREA)
        cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


def lean_loop(paths: Sequence[Path]) -> None:
    """Decode with Pillow, shrink as the stage does."""
    load_formats()
    for path in paths:
        image = open_picture(path.read_bytes(), Format.JPEG)
        image.draft("RGB", fit(*image.size, SIDE_PX))
        encode_proxy(shrink(image, SIDE_PX))


def ingest_loop(paths: Sequence[Path]) -> None:

    ingest = Ingest(max_pixels=200_000_000, latest=datetime(2030, 1, 1, tzinfo=UTC))
    for path in paths:
        ingest(Landed(), path.read_bytes())


def bare(loop: Callable[[Sequence[Path]], None], paths: Sequence[Path]) -> Cost:
    """Time a loop over the files in as many processes as cores, which are warm when the clock starts."""
    with mock.patch.dict(os.environ, _ALLOCATOR), multiprocessing.get_context("spawn").Pool(CORES) as pool:
        pool.map(_timed, [(loop, paths[:2])] * CORES, chunksize=1)
        started = time.perf_counter()
        shares = [(loop, paths[start :: CORES * 4]) for start in range(CORES * 4)]
        cpu = sum(pool.map(_timed, shares, chunksize=1))
        return Cost(wall_s=time.perf_counter() - started, cpu_s=cpu)


def _timed(order: tuple[Callable[[Sequence[Path]], None], Sequence[Path]]) -> float:
    loop, paths = order
    started = time.process_time()
    loop(paths)
    return time.process_time() - started


def stage(source: Path, root: Path) -> Cost:
    """Return what the stage costs over the files of one batch."""

    ws = open_workspace(load_settings(root=str(root), cache=root / "cache", workers=CORES))
    (batch,) = land(ws, open_source(str(source)), owner="bench").batches
    cost = cost_of(lambda: run_photos(ws, batch))
    again = run_photos(ws, batch)
    assert again.done == again.total
    return cost


def profile(paths: Sequence[Path]) -> dict[str, float]:
    """Return where the time of one photo goes, in milliseconds of one core."""
    load_formats()
    watch = Stopwatch()
    for path in paths:
        watch.start()
        data = path.read_bytes()
        watch.step("read")
        hashlib.sha256(data).hexdigest()
        watch.step("sha256 of the content")
        image = open_picture(data, Format.JPEG)
        read_exif(image)
        watch.step("header and EXIF")
        image.draft("RGB", fit(*image.size, SIDE_PX))
        image.load()
        watch.step("decode")
        small = shrink(image, SIDE_PX)
        watch.step("shrink")
        proxy = encode_proxy(small)
        watch.step("encode the proxy")
        encode_thumb(thumb := shrink(small, THUMB_SIDE_PX))
        watch.step("thumbnail")
        perceptual_hash(thumb)
        watch.step("PDQ")
        pixel_sha256(proxy)
        watch.step("hash of the proxy")
    return {name: 1e3 * seconds / len(paths) for name, seconds in watch.seconds.items()}

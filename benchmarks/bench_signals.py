"""The signals stage against a bare loop over the same proxies on one core, and where the time of a proxy goes.

The proxies show generated scenes: what the face detector costs depends on what it sees.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.batches import photos_batch
from benchmarks.cost import CORES, Stopwatch, cost_of
from benchmarks.line import Line
from daguerre.features.aesthetic import aesthetic
from daguerre.features.descriptor import describe
from daguerre.features.faces import find_faces
from daguerre.features.photo_signals import signals_of, use_one_thread_per_photo
from daguerre.features.quality_signals import measure as quality
from daguerre.features.quality_signals import to_luma
from daguerre.library.pixels import picture_of
from daguerre.library.plan import plan_library
from daguerre.library.spec import LibrarySpec, owner_names
from daguerre.media.proxy import PROXY_SIDE_PX, encode_proxy, shrink
from daguerre.settings import load_settings
from daguerre.stages.signals import run_signals
from daguerre.workspace import open_workspace

_SCENES = 64
_FEW = 8


def measure(quick: bool) -> list[Line]:
    photos = 256 if quick else 1024
    proxies = _proxies()
    use_one_thread_per_photo()
    profile = _profile(proxies)
    with tempfile.TemporaryDirectory() as root:
        ws = open_workspace(load_settings(root=root, cache=Path(root, "cache")))
        few, batch = photos_batch(ws, 1, proxies, _FEW), photos_batch(ws, 2, proxies, photos)
        run_signals(ws, few)  # imports
        third = photos_batch(ws, 3, proxies, _FEW)
        once = cost_of(lambda: run_signals(ws, third))
        loop = cost_of(lambda: [signals_of(p, width=512, height=384) for p in proxies])
        spent = cost_of(lambda: run_signals(ws, batch)) - once
        assert run_signals(ws, batch).closed
    n = photos - _FEW
    return [
        Line(what="signals", measured=n / spent.wall_s, unit="photos/s", limit=CORES * len(proxies) / loop.wall_s),
        Line(
            what="  by processor time", measured=n / spent.cpu_s, unit="photos/core-s", limit=len(proxies) / loop.cpu_s
        ),
        Line(what="  once per batch", measured=once.wall_s, unit="s"),
        *(Line(what=f"    {name}", measured=spent, unit="ms of a core/photo") for name, spent in profile.items()),
    ]


def _profile(proxies: list[bytes]) -> dict[str, float]:
    """Return where the time of one proxy goes, in milliseconds of one core."""
    for proxy in proxies[:2]:
        _watched(proxy, Stopwatch())  # imports, and the cascade of the face detector
    watch = Stopwatch()
    for proxy in proxies:
        _watched(proxy, watch)
    return {name: 1e3 * seconds / len(proxies) for name, seconds in watch.seconds.items()}


def _watched(proxy: bytes, watch: Stopwatch) -> None:
    watch.start()
    with Image.open(io.BytesIO(proxy)) as picture:
        rgb = np.asarray(picture.convert("RGB"))
    watch.step("decode the proxy")
    aesthetic(quality(rgb, width=512, height=384))
    watch.step("quality, aesthetic")
    find_faces(to_luma(rgb))
    watch.step("faces")
    describe(rgb)
    watch.step("descriptor")


def _proxies() -> list[bytes]:
    plan = plan_library(LibrarySpec(owners=owner_names(2), photos=8 * _SCENES, copies=0, shared=0, videos=0))
    rows = plan.rows[:: len(plan.rows) // _SCENES][:_SCENES]
    return [encode_proxy(shrink(Image.fromarray(picture_of(row, None)), PROXY_SIDE_PX)) for row in rows]

"""Generated photos for training and for the held-out evaluation, rendered once into a file of small squares.

Picture i of a split depends on (seed, split, i) alone, so any number of processes can render shards, stop, and begin
again.
"""

from __future__ import annotations

import io
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from daguerre.encoders.preprocess import jpeg_to_input, to_input
from daguerre.encoders.spec import EncoderSpec
from daguerre.library.scenes.degrade import degrade, sample_camera
from daguerre.library.scenes.rendering import render
from daguerre.library.scenes.scene import Scene, sample_scene

#: Pixels kept around the tower's input so that training can crop at random.
MARGIN_PX = 8
#: The product embeds proxies: at most this long, saved at this quality.
PROXY_PX, PROXY_QUALITY = 512, 90
_ASPECTS = ((4, 3), (4, 3), (4, 3), (3, 4), (3, 4), (1, 1), (16, 9))
_SHARD = 1000


@dataclass(frozen=True, kw_only=True)
class Split:
    """A set of generated photos.

    Attributes:
        name: Part of every seed.
        count: How many photos.
        side_px: Side of the squares that are kept.
        served_share: Share of the photos that goes the product's way: rendered at twice the size of a proxy, saved,
            reduced to a proxy, saved again, reduced to the input. The others are rendered small, which is ten times
            faster, and go through one JPEG.
    """

    seed: int
    name: str
    count: int
    side_px: int
    served_share: float


def scenes_of(split: Split) -> list[Scene]:
    """Return what each photo of the split shows."""
    return [_scene(split, index)[0] for index in range(split.count)]


def load_or_render(split: Split, folder: Path, *, workers: int) -> npt.NDArray[np.uint8]:
    """Return the split's pictures, `(count, side_px, side_px, 3) uint8`, rendering the shards that are missing."""
    folder.mkdir(parents=True, exist_ok=True)
    starts = range(0, split.count, _SHARD)
    with ProcessPoolExecutor(workers) as pool:
        paths = list(pool.map(_render_shard, [split] * len(starts), [folder] * len(starts), starts))
    return np.concatenate([np.load(path) for path in paths])


def _scene(split: Split, index: int) -> tuple[Scene, np.random.Generator]:
    rng = np.random.default_rng([split.seed, *split.name.encode(), index])
    return sample_scene(rng), rng


def _render_shard(split: Split, folder: Path, start: int) -> Path:
    cv2.setNumThreads(1)
    path = folder / f"{split.name}-{split.seed}-{split.side_px}-{start:06d}.npy"
    count = min(_SHARD, split.count - start)
    if path.exists() and len(np.load(path, mmap_mode="r")) == count:
        return path
    pictures = np.stack([_picture(split, index) for index in range(start, start + count)])
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.save(file, pictures)
    partial.rename(path)
    return path


def _picture(split: Split, index: int) -> npt.NDArray[np.uint8]:
    scene, rng = _scene(split, index)
    wide, high = _ASPECTS[int(rng.integers(len(_ASPECTS)))]
    served = rng.random() < split.served_share
    short = 768 if served else 144
    size = (short * wide // min(wide, high), short * high // min(wide, high))
    photo = degrade(rng, render(rng, scene, size), sample_camera(rng))
    spec = _input_of(split.side_px)
    return jpeg_to_input(_proxy(photo), spec) if served else to_input(photo, spec)


def _proxy(photo: npt.NDArray[np.uint8]) -> bytes:
    picture = Image.fromarray(photo)
    picture.thumbnail((PROXY_PX, PROXY_PX), Image.Resampling.BILINEAR)
    saved = io.BytesIO()
    picture.save(saved, "JPEG", quality=PROXY_QUALITY)
    return saved.getvalue()


def _input_of(side_px: int) -> EncoderSpec:
    """Return how the product prepares pictures for this encoder; nothing else of the release exists yet."""
    return EncoderSpec(
        name="scene-demo",
        digest="",
        dim=0,
        side_px=side_px,
        resize="squash",
        resample="bilinear",
        context=0,
        pad_id=0,
        max_batch=1,
        licence="",
    )

"""JPEGs like those of a camera: soft shapes, grain, EXIF, and no two with the same bytes."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image


def write_originals(folder: Path, *, width: int, height: int, distinct: int, count: int) -> float:
    """Write `count` files that show `distinct` pictures; return their mean size in MB."""
    folder.mkdir(parents=True)
    pictures = [camera_jpeg(number, width, height) for number in range(distinct)]
    for number in range(count):
        data = pictures[number % distinct]
        # a comment after the first marker: other bytes, the same picture
        comment = f"{number:08d}".encode()
        marked = data[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + data[2:]
        (folder / f"{number:06d}.jpg").write_bytes(marked)
    return sum(map(len, pictures)) / distinct / 1e6


def camera_jpeg(seed: int, width: int, height: int) -> bytes:
    """Return one JPEG of quality 88."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 255, (24, 32, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=np.int16)
    grain = rng.normal(0, 5, (height, width, 1)).astype(np.int16)
    exif = Image.Exif()
    exif[0x0110] = "Bench"
    exif.get_ifd(0x8769)[0x9003] = "2024:05:06 07:08:09"
    exif.get_ifd(0x8769)[0x9011] = "+02:00"
    out = io.BytesIO()
    Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=88, exif=exif)
    return out.getvalue()

"""From an upright picture to the bytes of a file in one of the formats that people have."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from daguerre.library.exif import exif_of, xmp_of
from daguerre.library.seeding import rng
from daguerre.library.truth import TruthRow

#: How the upright picture is turned into the pixels that are stored under an EXIF orientation.
_STORED = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
_QUALITY = {"reencode": (35, 65), "messenger": (55, 70), "resize": (75, 88)}
_CAMERA_QUALITY = (86, 94)


def encode(row: TruthRow, picture: npt.NDArray[np.uint8]) -> bytes:
    """Return the file of a row, with its EXIF; `picture` is `(h, w, 3) uint8`, upright."""
    image = Image.fromarray(picture)
    if row.orientation in _STORED:
        image = image.transpose(_STORED[row.orientation])
    out = io.BytesIO()
    quality = int(rng("quality", row.scene_seed, row.view, row.transform).integers(*_quality(row)))
    exif, xmp = exif_of(row), xmp_of(row)
    match row.format:
        case "jpeg":
            metadata = {"exif": exif.tobytes()} if exif else {}
            image.save(out, "JPEG", quality=quality, **metadata, **({"xmp": xmp} if xmp else {}))
        case "png":
            image.save(out, "PNG", compress_level=3, exif=exif)
        case "webp":
            image.save(out, "WEBP", quality=quality, method=2, exif=exif.tobytes() if exif else b"", xmp=xmp or b"")
        case "avif":
            # one thread: two of them may give other bytes
            image.save(out, "AVIF", quality=quality - 20, speed=9, max_threads=1, exif=exif.tobytes(), xmp=xmp or b"")
        case "tiff":
            image.save(out, "TIFF", compression="tiff_lzw", exif=exif)
        case "gif":
            image.quantize(128, method=Image.Quantize.FASTOCTREE).save(out, "GIF")
        case _:
            _save_heic(image, out, row, quality)
    return out.getvalue()


def _quality(row: TruthRow) -> tuple[int, int]:
    return _QUALITY.get(row.transform, _CAMERA_QUALITY)


def _save_heic(image: Image.Image, out: io.BytesIO, row: TruthRow, quality: int) -> None:
    import pillow_heif

    file = pillow_heif.from_pillow(image)
    exif, xmp = exif_of(row), xmp_of(row)
    options = {"preset": "ultrafast", "x265:pools": "none", "x265:frame-threads": "1"}
    file.save(out, quality=quality - 25, exif=exif.tobytes() if exif else None, xmp=xmp, enc_params=options)

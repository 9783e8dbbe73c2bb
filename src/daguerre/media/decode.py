"""From bytes to an upright RGB picture, decoded once and at the smallest scale that serves."""

from __future__ import annotations

import functools
import io
import warnings
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from daguerre.media.boxes import check_complete
from daguerre.media.colour import to_rgb, to_srgb
from daguerre.media.exif import Written, read_exif
from daguerre.media.notes import Note
from daguerre.media.proxy import PROXY_SIDE_PX, fit, shrink
from daguerre.media.reasons import Reason, RefusedError
from daguerre.media.sniff import HEAD_BYTES, Format, sniff

if TYPE_CHECKING:
    from PIL import Image

_PILLOW_NAMES = {Format.HEIC: "HEIF"}
_TEXT_BYTES = 32 << 20


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """One picture.

    Attributes:
        image: Upright, mode RGB, sRGB, long side at most `PROXY_SIDE_PX`.
        width: Of the original, upright.
        height: Of the original, upright.
        written: What the file says about itself.
        notes: What was dropped or assumed about its pixels.
    """

    format: Format
    image: Image.Image
    width: int
    height: int
    written: Written
    notes: tuple[Note, ...] = ()

    @property
    def rgb(self) -> npt.NDArray[np.uint8]:
        """Return the pixels, `(height, width, 3) uint8`."""
        return np.asarray(self.image)


def decode(data: bytes, *, max_pixels: int) -> Decoded:
    """Decode one still picture; of several, the first.

    JPEGs are decoded at 1/2, 1/4 or 1/8 scale where that still covers the proxy: Huffman decoding then is nearly
    all that is left of the cost. The announced size is checked before a pixel is decoded.

    Raises:
        RefusedError: empty, not_a_picture, unknown_format, truncated, corrupt, too_many_pixels.
        MemoryError: the picture needs more than this process may take.
    """
    form = sniff(data[:HEAD_BYTES])
    if form in (Format.HEIC, Format.AVIF):
        check_complete(data)
    if form is Format.WEBP and int.from_bytes(data[4:8], "little") + 8 > len(data):
        raise RefusedError(Reason.TRUNCATED, "the end of the RIFF container is missing")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _decode(data, form, max_pixels)
    except (RefusedError, MemoryError):
        raise
    except Exception as e:  # noqa: BLE001, RUF100 - decoders raise anything on a stranger's bytes
        raise RefusedError(_reason(e), f"{type(e).__name__}: {e}") from e


def open_picture(data: bytes, form: Format) -> Image.Image:
    """Open a picture with the decoder of its format alone, without decoding it."""
    return load_formats().open(io.BytesIO(data), formats=[_PILLOW_NAMES.get(form, form.upper())])


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Raise RefusedError when a picture announces no pixels or more than `max_pixels`."""
    if width < 1 or height < 1:
        raise RefusedError(Reason.CORRUPT, f"announces {width} x {height} pixels")
    if width * height > max_pixels:
        raise RefusedError(Reason.TOO_MANY_PIXELS, f"announces {width} x {height} pixels; the limit is {max_pixels}")


def _decode(data: bytes, form: Format, max_pixels: int) -> Decoded:
    image = open_picture(data, form)
    width, height = image.size
    check_size(width, height, max_pixels)
    written, profile = read_exif(image), image.info.get("icc_profile")
    image.draft("RGB", fit(width, height, PROXY_SIDE_PX))
    image.load()
    flat, notes = to_rgb(_reduced(image))
    # Pillow turns TIFFs upright by itself, size and pixels, and pillow-heif forgets the orientation it has applied.
    orientation = 1 if form is Format.TIFF else written.orientation or 1
    small = _upright(shrink(flat, PROXY_SIDE_PX), orientation)
    small, complaints = to_srgb(small, profile)
    if orientation >= 5:
        width, height = height, width
    return Decoded(format=form, image=small, width=width, height=height, written=written, notes=(*notes, *complaints))


def _reduced(image: Image.Image) -> Image.Image:
    """Shrink a large picture in its own mode first: conversions of the whole would hold it two or three times."""
    factor = max(image.size) // (4 * PROXY_SIDE_PX)
    if factor < 2 or image.mode not in ("L", "RGB", "CMYK") or "transparency" in image.info:
        return image
    return image.reduce(factor)


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    from PIL.Image import Transpose

    turn = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }.get(orientation)
    return image if turn is None else image.transpose(turn)


def _reason(error: Exception) -> Reason:
    text = str(error).lower()
    cut = isinstance(error, EOFError) or "truncat" in text or "end of file" in text or "premature" in text
    return Reason.TRUNCATED if cut else Reason.CORRUPT


@functools.cache
def load_formats() -> ModuleType:
    """Return Pillow with every format, and with the limits that are ours: processes are parallel, decoders are not."""
    import pillow_heif
    from PIL import AvifImagePlugin, PngImagePlugin
    from PIL import Image as Pillow

    pillow_heif.register_heif_opener()
    pillow_heif.options.DECODE_THREADS = 1
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    Pillow.MAX_IMAGE_PIXELS = None  # the size is checked by us, with a limit that is set
    PngImagePlugin.MAX_TEXT_CHUNK = _TEXT_BYTES  # editors write megabytes of text into honest pictures
    return Pillow

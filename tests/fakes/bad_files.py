"""Files that cameras, disks, networks and enemies make. Every one is built here, from nothing."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image


def scene(width: int = 320, height: int = 240, seed: int = 0) -> Image.Image:
    """A picture with large shapes and fine grain, different for every seed."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)).resize((width, height), 3)
    grain = rng.normal(0, 6, (height, width, 3))
    return Image.fromarray(np.clip(np.asarray(coarse) + grain, 0, 255).astype(np.uint8))


def encoded(image: Image.Image, form: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def jpeg(seed: int = 0, width: int = 320, height: int = 240, **options: object) -> bytes:
    return encoded(scene(width, height, seed), "JPEG", quality=88, **options)


def heic(image: Image.Image) -> bytes:
    import pillow_heif

    out = io.BytesIO()
    pillow_heif.from_pillow(image).save(out, quality=60)
    return out.getvalue()


def truncations(data: bytes, places: int = 20) -> Iterator[bytes]:
    """The file cut at so many places, from a few bytes to nearly whole."""
    for share in np.linspace(0.01, 0.99, places):
        yield data[: max(1, int(len(data) * share))]


def flipped(data: bytes, seed: int) -> bytes:
    """The file with one to thirty bits turned over."""
    rng = np.random.default_rng(seed)
    raw = bytearray(data)
    for at in rng.integers(0, len(raw), int(rng.integers(1, 31))):
        raw[at] ^= 1 << int(rng.integers(0, 8))
    return bytes(raw)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_bomb(side_px: int = 60_000) -> bytes:
    """A PNG of a few megabytes at most that announces and holds side x side pixels: one bit each, all zero."""
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + side_px // 8)
    body = b"".join(packer.compress(row * 1000) for _ in range(side_px // 1000)) + packer.flush()
    header = struct.pack(">IIBBBBB", side_px, side_px, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")


def jpeg_that_lies(width: int = 65_500, height: int = 65_500) -> bytes:
    """A small JPEG whose header announces an enormous picture."""
    data = bytearray(jpeg())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def tiff_block(entries: list[tuple[int, int, int, bytes]], *, next_ifd: int = 0, tail: bytes = b"") -> bytes:
    """A little-endian EXIF block with one IFD of (tag, type, count, four bytes)."""
    body = b"".join(struct.pack("<HHI", tag, kind, count) + value for tag, kind, count, value in entries)
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, len(entries)) + body + struct.pack("<I", next_ifd) + tail


def with_exif(block: bytes, data: bytes | None = None) -> bytes:
    """A JPEG with this EXIF block right after its first marker."""
    data = data or jpeg()
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:]


def bad_exif() -> dict[str, bytes]:
    """Pictures whose pixels are fine and whose EXIF is not."""
    long = struct.pack("<I", 8)
    return {
        "sub-IFD that is the IFD itself": with_exif(tiff_block([(0x8769, 4, 1, long), (0x8825, 4, 1, long)])),
        "next IFD is this one": with_exif(tiff_block([(0x0112, 3, 1, b"\1\0\0\0")], next_ifd=8)),
        "tag of 4 GiB": with_exif(tiff_block([(0x010F, 2, 0xFFFFFFFF, struct.pack("<I", 26))])),
        "65,535 entries announced": with_exif(b"Exif\0\0II*\0" + struct.pack("<IH", 8, 65_535) + b"\x0f\1" * 400),
        "pointer beyond the end": with_exif(tiff_block([(0x010F, 2, 60, struct.pack("<I", 0xFFFFFF00))])),
        "no TIFF header": with_exif(b"Exif\0\0nonsense"),
        "empty block": with_exif(b"Exif\0\0"),
        "numbers where text belongs": with_exif(tiff_block([(0x010F, 3, 1, b"\7\0\0\0"), (0x0132, 4, 1, long)])),
        "orientation 99": with_exif(tiff_block([(0x0112, 3, 1, b"\x63\0\0\0")])),
        "huge maker": with_exif(tiff_block([(0x010F, 2, 60_000, struct.pack("<I", 26))], tail=b"M" * 60_000)),
    }


def odd_but_good() -> dict[str, bytes]:
    """Pictures that must be accepted although few programs make them."""
    base = scene()
    alpha = base.copy()
    alpha.putalpha(Image.linear_gradient("L").resize(base.size))
    deep = np.linspace(0, 65_535, 240 * 320).reshape(240, 320).astype(np.uint16)
    frames = [scene(seed=seed) for seed in range(3)]
    return {
        "cmyk.jpg": encoded(base.convert("CMYK"), "JPEG"),
        "grey.jpg": encoded(base.convert("L"), "JPEG"),
        "progressive.jpg": jpeg(progressive=True),
        "one-pixel.jpg": encoded(Image.new("RGB", (1, 1), (200, 30, 10)), "JPEG"),
        "one-pixel.png": encoded(Image.new("RGB", (1, 1)), "PNG"),
        "line.png": encoded(Image.new("RGB", (4000, 1)), "PNG"),
        "palette.png": encoded(base.quantize(256), "PNG"),
        "palette-transparent.png": encoded(base.convert("P"), "PNG", transparency=3),
        "alpha.png": encoded(alpha, "PNG"),
        "grey-alpha.png": encoded(alpha.convert("LA"), "PNG"),
        "one-bit.png": encoded(base.convert("1"), "PNG"),
        "sixteen-bit.png": encoded(Image.fromarray(deep), "PNG"),
        "sixteen-bit.tif": encoded(Image.fromarray(deep), "TIFF"),
        "float.tif": encoded(Image.fromarray((deep / 65_535).astype(np.float32)), "TIFF"),
        "lzw.tif": encoded(base, "TIFF", compression="tiff_lzw"),
        "animated.gif": encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "animated.webp": encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        "animated.png": encoded(frames[0], "PNG", save_all=True, append_images=frames[1:]),
        "lossless.webp": encoded(alpha, "WEBP", lossless=True),
        "still.avif": encoded(base, "AVIF"),
        "still.heic": heic(base),
        "trailing-bytes.jpg": jpeg() + b"\0" * 5000,
        "jpeg named.png": jpeg(seed=5),
    }


def video(
    shots: int = 4,
    *,
    form: str = "mp4",
    width: int = 320,
    height: int = 240,
    fps: int = 10,
    tags: dict[str, str] | None = None,
) -> bytes:
    """A film of one-second shots, a keyframe at the beginning of each, with the index at the end."""
    import av

    out = io.BytesIO()
    with av.open(out, "w", format=form, options={"movflags": "use_metadata_tags"}) as container:
        container.metadata.update(tags or {})
        stream = container.add_stream("libx264", rate=fps, options={"g": str(fps), "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for shot in range(shots):
            still = scene(width, height, seed=shot)
            for _ in range(fps):
                container.mux(stream.encode(av.VideoFrame.from_image(still)))
        container.mux(stream.encode())
    return out.getvalue()

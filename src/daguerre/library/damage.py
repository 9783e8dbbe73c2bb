"""Bytes that are no picture, in the ways in which files really break."""

from __future__ import annotations

import struct
import zlib

from daguerre.library.seeding import rng
from daguerre.library.truth import Fault, TruthRow

_HTML = b"""<!DOCTYPE html>
<html><head><title>503 Service Unavailable</title></head>
<body><h1>Service Unavailable</h1><p>The download failed. Please sign in again.</p></body></html>
"""
_HUGE_PX = 60_000


def damaged(row: TruthRow, data: bytes) -> bytes:
    """Return the file of a row with its fault; `data` is the file without one."""
    r = rng("damage", row.scene_seed)
    if row.fault is Fault.ZERO_BYTES:
        return b""
    if row.fault is Fault.HTML:
        return _HTML
    if row.fault is Fault.HUGE:
        return _huge_png()
    if row.fault is Fault.GARBAGE:
        return r.bytes(int(r.integers(2_000, 40_000)))
    if row.fault is Fault.WRONG_MAGIC:
        data = b"DATA" + r.bytes(12) + data[16:]
    return data[: int(len(data) * r.uniform(0.2, 0.7))] if row.fault is Fault.TRUNCATED else data


def _huge_png() -> bytes:
    """Return a well-formed start of a PNG that claims 60,000 x 60,000 pixels in a kilobyte."""
    header = struct.pack(">IIBBBBB", _HUGE_PX, _HUGE_PX, 8, 2, 0, 0, 0)
    row = zlib.compress(bytes(1 + 3 * _HUGE_PX) * 4, 9)
    chunks = ((b"IHDR", header), (b"IDAT", row), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )

"""What a file is, by its content. Names lie."""

from __future__ import annotations

from enum import StrEnum

from daguerre.media.reasons import Reason, RefusedError

#: Bytes from the beginning of a file that are enough to tell.
HEAD_BYTES = 64


class Format(StrEnum):
    """The formats that are accepted."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    HEIC = "heic"
    AVIF = "avif"
    TIFF = "tiff"
    GIF = "gif"
    MP4 = "mp4"
    MOV = "mov"

    @property
    def is_video(self) -> bool:
        """Say whether it has frames."""
        return self in (Format.MP4, Format.MOV)


_MAGIC = (
    (b"\xff\xd8\xff", Format.JPEG),
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
    (b"II*\0", Format.TIFF),
    (b"MM\0*", Format.TIFF),
    (b"II+\0", Format.TIFF),
    (b"MM\0+", Format.TIFF),
)
_OTHER = (b"%PDF", b"PK\x03\x04", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"\x7fELF", b"MZ", b"#!", b"ID3", b"SQLite")
_HEIC = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"}
_AVIF = {b"avif", b"avis"}
_STILL = {b"mif1", b"msf1", b"miaf"}
_MP4 = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"M4V ", b"M4VH", b"MSNV"}
#: QuickTime files from before `ftyp` begin with one of these boxes.
_QUICKTIME_BOXES = {b"moov", b"mdat", b"wide"}


def sniff(head: bytes) -> Format:
    """Return the format that the first `HEAD_BYTES` bytes announce.

    Raises:
        RefusedError: empty, not_a_picture (something else that we recognise), unknown_format.
    """
    if not head:
        raise RefusedError(Reason.EMPTY)
    for magic, found in _MAGIC:
        if head.startswith(magic):
            return found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Format.WEBP
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    if head[4:8] in _QUICKTIME_BOXES:
        return Format.MOV
    if head.startswith(_OTHER) or _is_text(head):
        raise RefusedError(Reason.NOT_A_PICTURE, f"begins with {head[:16]!r}")
    raise RefusedError(Reason.UNKNOWN_FORMAT, f"begins with {head[:16]!r}")


def _by_brand(head: bytes) -> Format:
    major = head[8:12]
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[at : at + 4] for at in range(16, end - 3, 4)} | {major}
    if major == b"qt  ":
        return Format.MOV
    if major in _AVIF or (major in _STILL and brands & _AVIF):
        return Format.AVIF
    if major in _HEIC or (major in _STILL and brands & _HEIC):
        return Format.HEIC
    if brands & _MP4 or major[:3] == b"3gp":
        return Format.MP4
    raise RefusedError(Reason.UNKNOWN_FORMAT, f"brand {major!r}")


def _is_text(head: bytes) -> bool:
    """Say whether the file begins like a text: web pages and error messages saved under a picture's name."""
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        if e.start < len(head) - 3:  # a character may be cut at the end
            return False
        text = head[: e.start].decode("utf-8-sig")
    return all(c.isprintable() or c in "\r\n\t" for c in text)

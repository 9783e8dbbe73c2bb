from __future__ import annotations

import pytest

from daguerre.media.reasons import Reason, RefusedError
from daguerre.media.sniff import HEAD_BYTES, Format, sniff
from tests.fakes import bad_files


def _ftyp(major: bytes, *compatible: bytes) -> bytes:
    brands = b"".join(compatible)
    return (16 + len(brands)).to_bytes(4, "big") + b"ftyp" + major + b"\0\0\0\0" + brands + b"\0\0\0\x08free"


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (_ftyp(b"heic", b"mif1"), Format.HEIC),
        (_ftyp(b"mif1", b"mif1", b"heic"), Format.HEIC),
        (_ftyp(b"mif1", b"avif"), Format.AVIF),
        (_ftyp(b"avis"), Format.AVIF),
        (_ftyp(b"isom", b"mp41"), Format.MP4),
        (_ftyp(b"3gp5"), Format.MP4),
        (_ftyp(b"qt  "), Format.MOV),
        (b"\0\0\0\x08wide\0\0\0\0mdat", Format.MOV),
        (b"MM\0*\0\0\0\x08", Format.TIFF),
    ],
)
def test_formats_by_their_first_bytes(head: bytes, found: Format) -> None:
    assert sniff(head) is found


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "AVIF"])
def test_formats_as_they_are_written(form: str) -> None:
    assert sniff(bad_files.encoded(bad_files.scene(), form)[:HEAD_BYTES]) == form.lower()


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"", Reason.EMPTY),
        (b"<!DOCTYPE html><html><body>404 Not Found", Reason.NOT_A_PICTURE),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Error>", Reason.NOT_A_PICTURE),
        ("Größe und Länge, ein Text mit Umlauten am Ende: ä".encode()[:-1], Reason.NOT_A_PICTURE),
        (b"%PDF-1.7", Reason.NOT_A_PICTURE),
        (b"PK\x03\x04", Reason.NOT_A_PICTURE),
        (b"\0" * 64, Reason.UNKNOWN_FORMAT),
        (b"BM\x36\x10\x0e\0", Reason.UNKNOWN_FORMAT),
        (b"RIFF\x10\0\0\0AVI LIST", Reason.UNKNOWN_FORMAT),
        (_ftyp(b"crx ", b"crx "), Reason.UNKNOWN_FORMAT),
        (bytes(range(128, 192)), Reason.UNKNOWN_FORMAT),
    ],
)
def test_everything_else_is_refused_with_a_reason(head: bytes, reason: Reason) -> None:
    with pytest.raises(RefusedError) as refusal:
        sniff(head)
    assert refusal.value.refused.reason is reason


def test_details_hold_no_addresses_and_no_control_characters() -> None:
    refused = RefusedError(Reason.CORRUPT, "object at 0x7efecf5aeca0\n\x1b[31m" + "x" * 1000).refused
    assert refused.detail.startswith("object at 0x.. [31mx")
    assert len(refused.detail) == 200

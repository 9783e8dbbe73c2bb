from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from daguerre.media.ingest import Ingest, Ingested
from daguerre.media.reasons import Reason, Refused
from daguerre.media.sandbox import Sandbox
from tests.fakes import bad_files

FILES = 2000
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class _File:
    data: bytes
    modified: datetime = NOW

    @property
    def size(self) -> int:
        return len(self.data)


def _bytes_of(file: _File) -> bytes:
    return file.data


def _fuzzed() -> Iterator[_File]:
    small = bad_files.scene(48, 36)
    bases = [bad_files.encoded(small, form) for form in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "AVIF")]
    bases += [bad_files.encoded(small, "JPEG", progressive=True), bad_files.heic(small)]
    bases += [*bad_files.bad_exif().values()][:2]
    bases += [bad_files.video(1, width=64, height=48, fps=4)]
    for seed in range(FILES):
        yield _File(bad_files.flipped(bases[seed % len(bases)], seed))


def test_two_thousand_files_with_flipped_bits_end_as_photos_or_refusals() -> None:
    box: Sandbox[_File, bytes, Ingested] = Sandbox(
        load=_bytes_of, work=Ingest(max_pixels=10**7, latest=NOW), workers=2, deadline_s=10, memory_mb=512
    )
    with box:
        answers = list(box.map(_fuzzed()))
    assert len(answers) == FILES
    refused = Counter(answer.reason for answer in answers if isinstance(answer, Refused))
    details = [a.detail for a in answers if isinstance(a, Refused) and a.reason is Reason.INTERNAL_ERROR]
    assert not details
    accepted = [answer for answer in answers if isinstance(answer, Ingested)]
    assert len(accepted) + sum(refused.values()) == FILES
    # Flips in pixels are invisible to some formats and fatal to others; both must occur, or nothing was tested.
    assert len(accepted) > 200
    assert sum(refused.values()) > 200
    for photo in accepted:
        assert photo.taken.at.tzinfo is UTC
        assert photo.position is None or abs(photo.position.lat) <= 90
        assert max(photo.pictures[0].proxy_width, photo.pictures[0].proxy_height) <= 512

from __future__ import annotations

import hashlib
import io
import json
import warnings
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageOps, UnidentifiedImageError

from daguerre.library.engagement import engagement
from daguerre.library.pixels import picture_of
from daguerre.library.plan import LibraryPlan, plan_library
from daguerre.library.queries import queries
from daguerre.library.truth import Fault, TruthRow, from_json
from daguerre.library.writing import OtherLibraryError, file_bytes, is_complete, write_library
from tests.unit.library.conftest import tiny_spec

Written = tuple[LibraryPlan, Path]


@pytest.fixture(autouse=True, scope="module")
def heif() -> None:
    pillow_heif.register_heif_opener()


def files(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def readable(written: Written) -> Iterator[tuple[TruthRow, bytes]]:
    plan, root = written
    for row in plan.rows:
        if row.readable:
            yield row, (root / row.key).read_bytes()


def test_exactly_the_planned_files_are_there_with_their_landing_times(written: Written) -> None:
    plan, root = written
    seen = {key for key in files(root) if not key.startswith(".daguerre/")}
    assert seen == set(plan.by_key)
    for row in plan.rows:
        assert (root / row.key).stat().st_mtime == row.landed_at.timestamp()


def test_the_truth_lies_beside_them(written: Written) -> None:
    plan, root = written
    hidden = root / ".daguerre"
    assert sorted(path.name for path in hidden.iterdir()) == [
        "events.jsonl", "queries.jsonl", "spec.json", "truth.jsonl"
    ]  # fmt: skip
    lines = [json.loads(line) for line in (hidden / "truth.jsonl").read_text().splitlines()]
    assert [from_json(line) for line in lines] == list(plan.rows)
    asked = [query.to_json() for query in queries(plan)]
    assert [json.loads(line) for line in (hidden / "queries.jsonl").read_text().splitlines()] == asked
    told = list(engagement(plan, queries(plan)))
    assert [json.loads(line) for line in (hidden / "events.jsonl").read_text().splitlines()] == told
    assert is_complete(plan, root)


def test_every_readable_picture_opens_upright_with_its_size(written: Written) -> None:
    formats = set()
    for row, data in readable(written):
        if row.media == "video":
            continue
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            assert ImageOps.exif_transpose(image).size == (row.width, row.height), row.key
            formats.add(row.format)
    assert {"jpeg", "png", "heic", "webp"} <= formats


def test_videos_play(written: Written) -> None:
    videos = [(row, data) for row, data in readable(written) if row.media == "video"]
    assert videos
    for row, data in videos:
        with av.open(io.BytesIO(data)) as container:
            frames = list(container.decode(video=0))
            assert len(frames) >= 24
            assert container.metadata["creation_time"].startswith(f"{row.taken_at:%Y-%m-%dT%H:%M:%S}")


def test_files_say_what_the_truth_says_that_they_say(written: Written) -> None:
    with_gps = with_burst = rotated = 0
    for row, data in readable(written):
        if row.format not in ("jpeg", "heic", "webp", "png", "avif"):
            continue
        with Image.open(io.BytesIO(data)) as image:
            exif = image.getexif()
            shot, gps = exif.get_ifd(0x8769), exif.get_ifd(0x8825)
            if row.format == "jpeg":
                assert exif.get(0x0112, 1) == row.orientation
                rotated += row.orientation != 1
            assert shot.get(0x9003) == (row.exif_time.split(".")[0] if row.exif_time else None), row.key
            assert shot.get(0x9011) == row.exif_offset
            assert (exif.get(0x0110) or None) == (row.camera.model if row.camera and row.exif_time else None)
            if row.gps_lat is None:
                assert not gps
            else:
                lat = sum(float(part) / 60**power for power, part in enumerate(gps[2])) * (-1 if gps[1] == "S" else 1)
                lon = sum(float(part) / 60**power for power, part in enumerate(gps[4])) * (-1 if gps[3] == "W" else 1)
                assert (lat, lon) == pytest.approx((row.gps_lat, row.gps_lon), abs=1e-6)
                with_gps += 1
            if row.burst_id:
                assert f'GCamera:BurstID="{row.burst_id}"'.encode() in data
                with_burst += 1
    assert with_gps > 10
    assert with_burst >= 3
    assert rotated


def test_unreadable_files_cannot_be_read(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    # The product takes Pillow's own limit away in its process and looks at the size itself.
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 90_000_000)
    plan, root = written
    broken = [row for row in plan.rows if not row.readable]
    assert {row.fault for row in broken} == {
        Fault.TRUNCATED, Fault.ZERO_BYTES, Fault.HTML, Fault.WRONG_MAGIC, Fault.HUGE, Fault.GARBAGE
    }  # fmt: skip
    for row in broken:
        with pytest.raises((OSError, UnidentifiedImageError, Image.DecompressionBombError)):
            pixels(root / row.key)


def pixels(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(path) as image:
            image.load()


def test_exact_copies_have_the_same_bytes_and_others_do_not(plan: LibraryPlan) -> None:
    copies = {row.transform: row for row in plan.rows if row.transform}
    for transform, row in copies.items():
        original = plan.original(row)
        assert original is not None
        same = file_bytes(row, original) == file_bytes(original, None)
        assert same == (transform in ("exact", "shared")), transform


def test_frames_of_a_burst_differ_and_the_best_is_the_sharpest(plan: LibraryPlan) -> None:
    first = next(row.burst_id for row in plan.rows if row.burst_id and row.scene.kind in ("portrait", "room", "city"))
    frames = [row for row in plan.rows if row.burst_id == first and not row.transform]

    def sharpness(row: TruthRow) -> float:
        grey = picture_of(row, None).mean(axis=2)
        return float(np.abs(np.diff(grey, axis=1)).mean())

    assert max(frames, key=sharpness).best_of_burst
    assert len({picture_of(row, None).tobytes() for row in frames}) == len(frames)


def test_the_same_bytes_twice_and_in_parallel(written: Written, tmp_path: Path) -> None:
    plan, root = written
    write_library(plan, tmp_path, workers=2)
    assert files(tmp_path) == files(root)


def test_an_interrupted_run_goes_on_where_it_ended(written: Written, tmp_path: Path) -> None:
    plan, root = written

    class KilledError(Exception):
        pass

    def kill(done: int, total: int) -> None:
        if done >= total // 2:
            raise KilledError

    with pytest.raises(KilledError):
        write_library(plan, tmp_path, progress=kill)
    assert not is_complete(plan, tmp_path)
    (tmp_path / ".daguerre" / "tmp" / "4711").write_bytes(b"half a file of a killed process")
    there = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*") if ".daguerre" not in path.parts}
    inodes = {path: path.stat().st_ino for path in there}
    seen: list[tuple[int, int]] = []
    write_library(plan, tmp_path, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (120, 120)
    assert seen[0][0] > 60
    assert {path: path.stat().st_ino for path in inodes} == inodes
    assert files(tmp_path) == files(root)


def test_another_library_is_never_written_into(written: Written) -> None:
    _, root = written
    before = files(root)
    with pytest.raises(OtherLibraryError, match="another folder"):
        write_library(plan_library(tiny_spec(20)), root)
    assert files(root) == before

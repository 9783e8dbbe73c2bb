from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest
from PIL import Image

from daguerre import layout
from daguerre.ids import BatchKey, OwnerId, keyframe_id, photo_id
from daguerre.landing.landing import land
from daguerre.landing.manifest import read_manifest
from daguerre.landing.source import open_source
from daguerre.media.packs import read_picture, read_pictures
from daguerre.media.reasons import Reason
from daguerre.stages import photos as stage
from daguerre.stages.originals import OriginalReader
from daguerre.stages.photos import run_photos
from daguerre.storage.ports import ObjectInfo, RootNotFoundError, StoreFullError, StoreUnavailableError
from daguerre.tables import catalogue
from daguerre.tables.ledger import count_stage
from daguerre.telemetry import Progress
from daguerre.workspace import Workspace
from tests.fakes import bad_files
from tests.integration.photos.conftest import Opened, contents, fill, landed, packs, reasons


def _good(count: int = 20) -> dict[str, bytes]:
    return {f"{n:03d}.jpg": bad_files.jpeg(seed=n, width=700, height=500) for n in range(count)}


def test_a_batch_becomes_photos_with_readable_proxies(tmp_path: Path, opened: Opened) -> None:
    ws = opened()
    files = _good()
    batch = landed(ws, fill(tmp_path / "src", files))
    seen: list[Progress] = []
    report = run_photos(ws, batch, progress=seen.append)
    assert (report.total, report.done, report.fresh, report.closed) == (20, 20, 20, True)
    assert [p.done for p in seen] == list(range(1, 21))
    rows = catalogue.photos(ws).read().to_pylist()
    by_key = {row["source_key"]: row for row in rows}
    assert set(by_key) == set(files)
    row = by_key["003.jpg"]
    sha = hashlib.sha256(files["003.jpg"]).hexdigest()
    assert row["content_sha256"] == sha
    assert row["photo_id"] == photo_id(OwnerId("alice"), sha)
    assert (row["width"], row["height"], row["proxy_width"], row["proxy_height"]) == (700, 500, 512, 366)
    proxy = Image.open(io.BytesIO(read_picture(ws.store, row["pack"], row["proxy_offset"], row["proxy_bytes"])))
    thumb = Image.open(io.BytesIO(read_picture(ws.store, row["pack"], row["thumb_offset"], row["thumb_bytes"])))
    assert (proxy.size, thumb.size) == ((512, 366), (128, 92))
    everything = read_pictures(ws.store, [(r["pack"], r["proxy_offset"], r["proxy_bytes"]) for r in rows])
    assert all(Image.open(io.BytesIO(jpeg)).size == (512, 366) for jpeg in everything)
    assert row["ingested_at"] == read_manifest(ws.store, batch).sealed_at


def test_a_second_run_reads_nothing_and_writes_nothing(tmp_path: Path, opened: Opened) -> None:
    ws = opened()
    batch = landed(ws, fill(tmp_path / "src", _good() | {"bad.jpg": b"<html>"}))
    first = run_photos(ws, batch)
    versions = [table(ws).version for table in (catalogue.photos, catalogue.objects, catalogue.rejected)]
    before = packs(ws)
    for name in (tmp_path / "src").iterdir():
        name.unlink()
    second = run_photos(ws, batch)
    assert (first.fresh, second.fresh) == (21, 0)
    assert (second.done, second.rejected) == (20, {"not_a_picture": 1})
    assert [table(ws).version for table in (catalogue.photos, catalogue.objects, catalogue.rejected)] == versions
    assert packs(ws) == before


def test_one_bad_file_never_hurts(tmp_path: Path, opened: Opened) -> None:
    ws = opened()
    bad = {
        "zero.jpg": (b"", Reason.EMPTY),
        "page.jpg": (b"<!DOCTYPE html><title>404</title>", Reason.NOT_A_PICTURE),
        "noise.jpg": (os.urandom(5000).replace(b"\xff", b"\x81"), Reason.UNKNOWN_FORMAT),
        "cut.jpg": (bad_files.jpeg()[:9000], Reason.TRUNCATED),
        "bomb.png": (bad_files.png_bomb(60_000), Reason.TOO_MANY_PIXELS),
        "lie.jpg": (bad_files.jpeg_that_lies(), Reason.TOO_MANY_PIXELS),
        "cut.mp4": (bad_files.video(1)[:20_000], Reason.TRUNCATED),
    }
    bad["noise.jpg"] = (b"\x81" + bad["noise.jpg"][0], Reason.UNKNOWN_FORMAT)
    odd = bad_files.odd_but_good() | {f"exif {n}.jpg": data for n, data in enumerate(bad_files.bad_exif().values())}
    source = fill(tmp_path / "src", odd | {name: data for name, (data, _) in bad.items()})
    report = run_photos(ws, landed(ws, source))
    assert reasons(ws) == {name: str(reason) for name, (_, reason) in bad.items()}
    assert (report.done, report.closed) == (len(odd), True)


def test_names_of_every_kind_arrive(tmp_path: Path, opened: Opened) -> None:
    ws = opened()
    folder = tmp_path / "src"
    folder.mkdir()
    names = [
        "a b.jpg",
        "quo\"te's.jpg",
        "new\nline.jpg",
        "emoji 🌹.jpg",
        "%41.jpg",
        "back\\slash.jpg",
        "x" * 240 + ".jpg",
    ]
    for n, name in enumerate(names):
        (folder / name).write_bytes(bad_files.jpeg(seed=n, width=40, height=30))
    raw = os.fsencode(folder) + b"/invalid-\xff\xfe.jpg"
    with open(raw, "wb") as file:
        file.write(bad_files.jpeg(seed=50, width=40, height=30))
    deep = folder / "/".join(["d" * 100] * 8)  # a key of 900 characters
    deep.mkdir(parents=True)
    (deep / ("y" * 90 + ".jpg")).write_bytes(bad_files.jpeg(seed=51, width=40, height=30))
    (tmp_path / "outside.jpg").write_bytes(bad_files.jpeg(seed=52))
    (folder / "link.jpg").symlink_to(tmp_path / "outside.jpg")
    report = run_photos(ws, landed(ws, folder))
    assert (report.total, report.done, report.rejected) == (9, 9, {})
    keys = catalogue.photos(ws).read(["source_key"])["source_key"].to_pylist()
    assert set(names) - set(keys) == {n for n in names if "\\" in n and n not in keys}
    assert any(len(key) > 890 for key in keys)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(tmp_path: Path, opened: Opened) -> None:
    ws = opened()
    source = fill(tmp_path / "src", _good(3))
    batch = landed(ws, source)
    (source / "001.jpg").chmod(0)
    run_photos(ws, batch)
    assert reasons(ws) == {"001.jpg": "unreadable"}


def test_files_that_go_or_change_between_listing_and_reading_are_refused(tmp_path: Path, opened: Opened) -> None:
    ws = opened()
    source = fill(tmp_path / "src", _good(6))
    batch = landed(ws, source)
    (source / "001.jpg").unlink()
    (source / "002.jpg").write_bytes(bad_files.jpeg(seed=99))
    (source / "003.jpg").unlink()
    (source / "003.jpg").symlink_to(source / "004.jpg")
    (source / "005.jpg").unlink()
    os.mkfifo(source / "005.jpg")
    report = run_photos(ws, batch)
    found = reasons(ws)
    assert found["001.jpg"] == "vanished"
    assert found["002.jpg"] == "changed"
    assert set(found) == {"001.jpg", "002.jpg", "003.jpg", "005.jpg"}
    assert report.closed


def test_a_source_that_is_gone_stops_the_run_and_refuses_nobody(tmp_path: Path, opened: Opened) -> None:
    ws = opened()
    source = fill(tmp_path / "src", _good(3))
    batch = landed(ws, source)
    source.rename(tmp_path / "elsewhere")
    with pytest.raises(RootNotFoundError):
        run_photos(ws, batch)
    assert count_stage(ws, batch, "photos").pending == 3
    (tmp_path / "elsewhere").rename(source)
    assert run_photos(ws, batch).closed


def test_equal_bytes_are_one_photo_per_owner_and_two_objects(tmp_path: Path, opened: Opened) -> None:
    ws = opened()
    same = bad_files.jpeg(seed=1)
    source = fill(tmp_path / "src", {"alice/a.jpg": same, "alice/b.jpg": same, "bob/a.jpg": same})
    (first,) = land(ws, open_source(str(source))).batches
    run_photos(ws, first)
    fill(source, {"alice/c.jpg": same, "alice/d.jpg": bad_files.jpeg(seed=2)})
    (second,) = land(ws, open_source(str(source))).batches
    report = run_photos(ws, second)
    assert (report.total, report.done, report.closed) == (2, 2, True)
    rows = catalogue.photos(ws).read(["owner_id", "source_key", "batch"]).to_pylist()
    assert sorted((r["owner_id"], r["source_key"], r["batch"]) for r in rows) == [
        ("alice", "alice/a.jpg", first),
        ("alice", "alice/d.jpg", second),
        ("bob", "bob/a.jpg", first),
    ]
    assert catalogue.objects(ws).count() == 5


def test_a_video_has_a_row_of_its_own_and_one_per_further_keyframe(tmp_path: Path, opened: Opened) -> None:
    ws = opened()
    tags = {"creation_time": "2020-07-08T09:10:11Z", "location": "+38.7125-009.1280/"}
    data = bad_files.video(4, tags=tags)
    report = run_photos(ws, landed(ws, fill(tmp_path / "src", {"clip.mp4": data})))
    assert (report.total, report.done, report.figures["videos"], report.figures["keyframes"]) == (1, 1, 1, 3)
    rows = catalogue.photos(ws).read().to_pylist()
    (video,) = (row for row in rows if row["media"] == "video")
    frames = [row for row in rows if row["media"] == "keyframe"]
    assert {row["video_id"] for row in frames} == {video["photo_id"]}
    assert {row["photo_id"] for row in frames} == {keyframe_id(video["photo_id"], row["frame_ms"]) for row in frames}
    assert sorted([video["frame_ms"], *(row["frame_ms"] for row in frames)]) == [0, 1000, 2000, 3000]
    assert (video["duration_ms"], video["format"], video["place"]) == (4000, "mp4", "Lisbon, PT")
    assert all(row["taken_at"] == video["taken_at"] for row in frames)
    assert video["offset_minutes"] == 60


class _Down:
    """A source that fails as often as told, then gives."""

    url = "memory"

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.skipped: dict[str, int] = {}

    def list(self) -> list[ObjectInfo]:
        return []

    def read(self, info: ObjectInfo, *, max_bytes: int) -> bytes:
        self.failures -= 1
        if self.failures >= 0:
            raise StoreUnavailableError("503 Slow Down")
        return b"data"


def test_faults_that_pass_are_tried_again_as_often_as_set(monkeypatch: pytest.MonkeyPatch, opened: Opened) -> None:
    from daguerre.landing.manifest import LandedObject
    from daguerre.media.reasons import RefusedError
    from daguerre.stages import originals
    from tests.integration.photos.conftest import NOW

    monkeypatch.setattr(originals, "_PAUSE_S", 0.0)
    reader = OriginalReader(url="memory", max_bytes=100, max_attempts=3)
    thing = LandedObject(key="a", size=4, etag="e", modified=NOW, owner_id="o")
    down = _Down(2)
    monkeypatch.setattr(originals, "_source", lambda _url, down=down: down)
    assert reader(thing) == b"data"
    down = _Down(3)
    monkeypatch.setattr(originals, "_source", lambda _url, down=down: down)
    with pytest.raises(RefusedError) as refusal:
        reader(thing)
    assert (refusal.value.refused.reason, refusal.value.refused.attempts) == (Reason.STORE_ERROR, 3)


def _marked_as_store_error(ws: Workspace, batch: BatchKey, key: str) -> None:
    """Rewrite a checkpoint as if the store had not given one object."""
    import pyarrow as pa

    from daguerre.media.packs import PackWriter
    from daguerre.stages.photo_units import plan_units, read_checkpoint, write_checkpoint

    manifest = read_manifest(ws.store, batch)
    for unit in plan_units(manifest, size=ws.settings.unit_size, code_version=stage.CODE_VERSION):
        kept = read_checkpoint(ws.store, unit)
        assert kept is not None
        rows = kept.outcomes.to_pylist()
        if any(row["object_key"] == key for row in rows):
            for row in rows:
                if row["object_key"] == key:
                    row["reason"] = "store_error"
            write_checkpoint(
                ws.store,
                unit,
                pa.Table.from_pylist(rows, kept.outcomes.schema),
                PackWriter(unit.pack, ws.store.get(unit.pack)),
            )


def test_what_the_store_could_not_give_is_tried_again_in_a_later_run(tmp_path: Path, opened: Opened) -> None:
    ws = opened()
    source = fill(tmp_path / "src", _good(12) | {"005.jpg": b"nonsense", "006.jpg": b"nonsense too"})
    batch = landed(ws, source)
    run_photos(ws, batch)
    assert catalogue.rejected(ws).read(["attempts"])["attempts"].to_pylist() == [1, 1]
    _marked_as_store_error(ws, batch, "006.jpg")
    assert run_photos(ws, batch).fresh == 1
    rows = {r["subject"]: (r["reason"], r["attempts"]) for r in catalogue.rejected(ws).read().to_pylist()}
    assert rows == {"005.jpg": ("not_a_picture", 1), "006.jpg": ("not_a_picture", 2)}
    assert run_photos(ws, batch).fresh == 0


def test_on_demand_everything_refused_gets_another_chance_and_places_stay_true(tmp_path: Path, opened: Opened) -> None:
    ws = opened(max_pixels=100_000)
    files = _good(12)
    files["004.jpg"] = bad_files.jpeg(seed=4, width=300, height=200)
    batch = landed(ws, fill(tmp_path / "src", files))
    report = run_photos(ws, batch)
    assert (report.done, report.rejected) == (1, {"too_many_pixels": 11})
    old = catalogue.photos(ws).read().to_pylist()[0]
    generous = opened(max_pixels=10**6)
    assert run_photos(generous, batch).fresh == 0
    report = run_photos(generous, batch, retry_rejected=True)
    assert (report.fresh, report.done, report.rejected) == (11, 12, {})
    rows = {row["photo_id"]: row for row in catalogue.photos(ws).read().to_pylist()}
    assert rows[old["photo_id"]] == old
    for row in rows.values():
        jpeg = read_picture(ws.store, row["pack"], row["proxy_offset"], row["proxy_bytes"])
        assert Image.open(io.BytesIO(jpeg)).size == (row["proxy_width"], row["proxy_height"])


def test_another_code_version_makes_everything_anew_and_sweeps_up(
    tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    ws = opened()
    batch = landed(ws, fill(tmp_path / "src", _good(10) | {"bad.jpg": b""}))
    run_photos(ws, batch)
    before = set(packs(ws))
    monkeypatch.setattr(stage, "CODE_VERSION", "photos-next")
    report = run_photos(ws, batch)
    assert (report.fresh, report.done) == (11, 10)
    assert set(catalogue.photos(ws).read(["code_version"])["code_version"].to_pylist()) == {"photos-next"}
    after = set(packs(ws))
    assert not before & after
    assert after == set(catalogue.photos(ws).read(["pack"])["pack"].to_pylist())


def test_other_units_than_before_leave_nothing_behind(tmp_path: Path, opened: Opened) -> None:
    ws = opened(unit_size=3)
    batch = landed(ws, fill(tmp_path / "src", _good(10)))
    run_photos(ws, batch)
    coarse = opened(unit_size=100)
    assert run_photos(coarse, batch).fresh == 10
    assert len(packs(ws)) == 1
    assert len(list(ws.store.list(layout.photo_units(batch)))) == 1


class _Full:
    """A store without room after so many writes."""

    def __init__(self, store: object, writes: int) -> None:
        self._store = store
        self._left = writes

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def put(self, key: str, data: bytes) -> None:
        if self._left == 0:
            raise StoreFullError(key)
        self._left -= 1
        self._store.put(key, data)  # type: ignore[attr-defined]


@pytest.mark.parametrize("writes", [0, 1, 3])
def test_a_full_disk_stops_the_run_and_keeps_what_was_finished(tmp_path: Path, opened: Opened, writes: int) -> None:
    from dataclasses import replace

    ws = opened(unit_size=4)
    batch = landed(ws, fill(tmp_path / "src", _good(12)))
    with pytest.raises(StoreFullError):
        run_photos(replace(ws, store=_Full(ws.store, writes)), batch)  # type: ignore[arg-type]
    report = run_photos(ws, batch)
    assert (report.closed, report.done) == (True, 12)
    assert report.fresh == 12 - 4 * (writes // 2)


def test_the_same_originals_give_the_same_bytes_elsewhere(tmp_path: Path, opened: Opened) -> None:
    source = fill(tmp_path / "src", _good(10) | {"clip.mp4": bad_files.video(2), "cut.gif": b"GIF89a"})
    one, two = opened("one", workers=1), opened("two", workers=2)
    for ws in (one, two):
        run_photos(ws, landed(ws, source))
    assert packs(one) == packs(two)
    left, right = contents(one), contents(two)
    assert all(left[name].equals(right[name]) for name in left)

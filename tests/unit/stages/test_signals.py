from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from daguerre.features.lake import read_partition
from daguerre.features.tombstones import bury
from daguerre.features.views import PHOTO_AESTHETIC, PHOTO_FACES, PHOTO_QUALITY
from daguerre.ids import batch_key
from daguerre.stages import signals
from daguerre.stages.report import UpstreamOpenError
from daguerre.tables import catalogue
from daguerre.tables.sql import quote
from daguerre.telemetry import Progress
from daguerre.workspace import Workspace
from tests.fakes.signals import MovingClock, jpeg, land_photos, sealed_at, workspace

BATCH = batch_key("2026-03-01", 1)
PROXIES = {f"p{i:02d}": jpeg(i) for i in range(10)}


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
def ws(tmp_path: Path, clock: MovingClock) -> Workspace:
    return workspace(tmp_path, clock=clock)


def lake_bytes(ws: Workspace) -> dict[str, bytes]:
    return {info.key: ws.store.get(info.key) for info in ws.store.list("features/")}


def test_every_photo_gets_a_row_in_each_view_and_a_descriptor(ws: Workspace) -> None:
    land_photos(ws, BATCH, PROXIES, packs=3)
    heard: list[Progress] = []
    report = signals.run_signals(ws, BATCH, progress=heard.append)
    assert (report.total, report.done, report.fresh, report.closed) == (10, 10, 10, True)
    assert (heard[-1].done, heard[-1].total) == (10, 10)
    for view in (PHOTO_QUALITY, PHOTO_FACES, PHOTO_AESTHETIC):
        rows = read_partition(ws, view, date(2026, 3, 1), BATCH)
        assert rows["photo_id"].to_pylist() == sorted(PROXIES)
        assert set(rows["event_timestamp"].to_pylist()) == {sealed_at(BATCH)}
    assert read_partition(ws, PHOTO_QUALITY, date(2026, 3, 1), BATCH)["megapixels"].to_pylist() == [12.0] * 10


def test_a_second_run_computes_nothing_and_changes_no_byte(ws: Workspace, clock: MovingClock) -> None:
    land_photos(ws, BATCH, PROXIES)
    signals.run_signals(ws, BATCH)
    before, version = lake_bytes(ws), catalogue.descriptors(ws).version
    clock.now = clock.now.replace(year=2027)
    report = signals.run_signals(ws, BATCH)
    assert (report.fresh, report.closed) == (0, True)
    assert lake_bytes(ws) == before
    assert catalogue.descriptors(ws).version == version


def test_a_run_that_died_goes_on_from_its_last_unit(ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    land_photos(ws, BATCH, PROXIES, packs=5)
    undisturbed = workspace(tmp_path / "other")
    land_photos(undisturbed, BATCH, PROXIES, packs=5)
    signals.run_signals(undisturbed, BATCH)

    real, calls = signals.write_rows, []

    def dies_at_the_third(*args: object) -> None:
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        real(*args)

    monkeypatch.setattr(signals, "write_rows", dies_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        signals.run_signals(ws, BATCH)
    monkeypatch.setattr(signals, "write_rows", real)
    assert lake_bytes(ws) == {}
    report = signals.run_signals(ws, BATCH)
    assert (report.fresh, report.closed) == (6, True)
    assert lake_bytes(ws) == lake_bytes(undisturbed)
    assert catalogue.descriptors(ws).read().equals(catalogue.descriptors(undisturbed).read())


def test_new_code_computes_everything_again(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    land_photos(ws, BATCH, PROXIES)
    signals.run_signals(ws, BATCH)
    monkeypatch.setattr("daguerre.features.signal_rows.SIGNALS_VERSION", "next")
    assert signals.run_signals(ws, BATCH).fresh == 10
    assert catalogue.descriptors(ws).count(f"code_version = {quote('next')}") == 10


def test_an_unreadable_proxy_is_refused_with_a_reason_and_not_tried_again(ws: Workspace) -> None:
    land_photos(ws, BATCH, {**PROXIES, "bad": b"no picture"})
    for fresh in (11, 0):
        report = signals.run_signals(ws, BATCH)
        assert (report.done, dict(report.rejected), report.closed, report.fresh) == (10, {"corrupt": 1}, True, fresh)
    assert catalogue.rejected(ws).read(["subject"])["subject"].to_pylist() == ["bad"]


def test_photos_that_come_later_are_added(ws: Workspace) -> None:
    land_photos(ws, BATCH, PROXIES)
    signals.run_signals(ws, BATCH)
    other = batch_key("2026-03-01", 2)
    land_photos(ws, other, {"q1": jpeg(50)})
    catalogue.photos(ws).upsert(
        catalogue.photos(ws).read(where="photo_id = 'q1'").set_column(2, "batch", [[str(BATCH)]])
    )
    report = signals.run_signals(ws, BATCH)
    assert (report.total, report.fresh, report.closed) == (11, 1, True)


def test_an_erased_photo_is_not_computed_again(ws: Workspace) -> None:
    land_photos(ws, BATCH, PROXIES)
    bury(ws, ["p03"])
    report = signals.run_signals(ws, BATCH)
    assert report.fresh == 9
    assert "p03" not in read_partition(ws, PHOTO_QUALITY, date(2026, 3, 1), BATCH)["photo_id"].to_pylist()


def test_an_open_batch_is_refused(ws: Workspace) -> None:
    land_photos(ws, BATCH, PROXIES)
    catalogue.objects(ws).delete("photo_id = 'p00'")
    with pytest.raises(UpstreamOpenError, match="1 objects of batch"):
        signals.run_signals(ws, BATCH)


def test_a_batch_without_photos_closes(ws: Workspace) -> None:
    land_photos(ws, BATCH, {})
    report = signals.run_signals(ws, BATCH)
    assert (report.total, report.closed, report.figures) == (0, True, {})

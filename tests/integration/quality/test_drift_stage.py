"""The drift stage on stored signals, with the real Evidently."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from daguerre.features.lake import landing_day, write_partition
from daguerre.features.views import PHOTO_AESTHETIC, PHOTO_FACES, PHOTO_QUALITY
from daguerre.ids import BatchKey, batch_key
from daguerre.quality.findings import Status
from daguerre.stages.drift import WORKSPACE, run_drift
from daguerre.stages.report import UpstreamOpenError
from daguerre.tables import catalogue, schemas
from daguerre.tables.columns import to_column
from daguerre.workspace import Workspace
from tests.fakes.signals import land_photos, rows, workspace

N = 1500  # the least number of rows of the settings
BATCHES = [batch_key(f"2026-03-0{n}", n) for n in range(1, 6)]


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return workspace(tmp_path)


def _batch(ws: Workspace, batch: BatchKey, *, sharper: float = 0.0, n: int = N, descriptors: bool = True) -> None:
    """Store n photos with ordinary signals, as the stages before leave them."""
    rng = np.random.default_rng(int(batch[-1]))
    ids = [f"{int(batch[-1]):02x}{i:030x}" for i in range(n)]
    land_photos(ws, batch, dict.fromkeys(ids, b"x"))
    day = landing_day(batch)
    quality = {
        "sharpness": list(rng.normal(6 + sharper, 1, n)),
        "exposure": list(rng.normal(0.5, 0.1, n)),
        "noise": list(rng.gamma(2, 1, n)),
    }
    write_partition(ws, PHOTO_QUALITY, day, batch, rows(PHOTO_QUALITY, ids, **quality))
    write_partition(ws, PHOTO_FACES, day, batch, rows(PHOTO_FACES, ids, face_count=[i % 3 for i in range(n)]))
    write_partition(ws, PHOTO_AESTHETIC, day, batch, rows(PHOTO_AESTHETIC, ids, aesthetic=list(rng.random(n))))
    if descriptors:
        matrix = rng.normal(size=(n, schemas.DESCRIPTOR_DIM)) / 16
        columns = [ids, ["alice"] * n, [batch] * n, to_column(matrix), ["1"] * n]
        catalogue.descriptors(ws).upsert(pa.table(columns, schema=schemas.DESCRIPTORS))


def test_a_first_batch_has_nothing_to_compare_with(ws: Workspace) -> None:
    _batch(ws, BATCHES[0])
    report = run_drift(ws, BATCHES[0])
    assert (report.verdict, report.findings, report.report_key) == (Status.NOT_ENOUGH_ROWS, (), "")
    assert ws.store.exists(report.record_key)


def test_silent_on_the_same_kind_of_photos_and_blocks_a_shift(ws: Workspace) -> None:
    for batch in BATCHES[:2]:
        _batch(ws, batch)
    quiet = run_drift(ws, BATCHES[1])
    assert quiet.verdict is Status.OK, quiet.sentence()
    assert (quiet.rows_current, quiet.rows_reference, quiet.reference) == (N, N, (BATCHES[0],))

    _batch(ws, BATCHES[2], sharper=-2)
    report = run_drift(ws, BATCHES[2])
    assert report.verdict is Status.BLOCK
    assert report.failed_rows()[0]["subject"] == "sharpness"
    assert report.rows_reference == 2 * N
    assert "sharpness" in report.sentence()

    page = ws.store.get(report.report_key).decode()
    assert "sharpness" in page
    assert "<script src=" not in page
    record = json.loads(ws.store.get(report.record_key))
    assert record["verdict"] == "block"
    assert {f["subject"] for f in record["findings"]} == {f.subject for f in report.findings}

    again = run_drift(ws, BATCHES[2])
    assert again == report


def test_the_workspace_keeps_one_run_per_batch(ws: Workspace) -> None:
    for batch in BATCHES[:3]:
        _batch(ws, batch, n=100)
    for batch in (BATCHES[1], BATCHES[2], BATCHES[2]):
        run_drift(ws, batch)
    folder = Path(ws.store.uri(WORKSPACE))
    from evidently.ui.workspace import Workspace as Evidently

    evidently = Evidently.create(str(folder))
    (project,) = evidently.list_projects()
    runs = evidently.list_runs(project.id)
    assert len(runs) == 2
    loaded = [evidently.get_run(project.id, run) for run in runs]
    assert {run.metadata["batch"] for run in loaded} == set(BATCHES[1:3])


def test_too_few_rows_are_measured_and_not_judged(ws: Workspace) -> None:
    _batch(ws, BATCHES[0])
    _batch(ws, BATCHES[1], n=50, sharper=-3)
    report = run_drift(ws, BATCHES[1])
    assert report.verdict is Status.NOT_ENOUGH_ROWS
    assert {f.status for f in report.findings} == {Status.NOT_ENOUGH_ROWS}
    assert "each side needs 1500" in report.sentence()
    assert ws.store.exists(report.report_key)


def test_open_signals_are_refused(ws: Workspace) -> None:
    _batch(ws, BATCHES[0])
    _batch(ws, BATCHES[1], descriptors=False)
    with pytest.raises(UpstreamOpenError, match=f"{N} photos"):
        run_drift(ws, BATCHES[1])


def test_later_batches_do_not_change_an_earlier_verdict(ws: Workspace) -> None:
    for batch in BATCHES[:2]:
        _batch(ws, batch, n=100)
    before = run_drift(ws, BATCHES[1])
    _batch(ws, BATCHES[2], sharper=4, n=100)
    assert run_drift(ws, BATCHES[1]) == before

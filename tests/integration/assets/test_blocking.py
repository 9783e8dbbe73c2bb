"""What is wrong stops what would be made from it."""

from __future__ import annotations

import dagster as dg
import numpy as np
import pyarrow as pa
import pytest

from assets import checks
from daguerre.stages import photos as photos_stage
from daguerre.stages.report import StageReport
from daguerre.tables import catalogue
from tests.fakes.installation import Finished
from tests.integration.assets.conftest import Bench

pytestmark = pytest.mark.usefixtures("_no_waiting")


def failed_checks(result: dg.ExecuteInProcessResult) -> set[str]:
    return {evaluation.check_name for evaluation in result.get_asset_check_evaluations() if not evaluation.passed}


def made(result: dg.ExecuteInProcessResult) -> set[str]:
    return {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()}


def message(result: dg.ExecuteInProcessResult) -> str:
    (failure, *_) = [e for e in result.all_events if e.event_type is dg.DagsterEventType.STEP_FAILURE]
    error = failure.step_failure_data.error
    while error.cause:
        error = error.cause
    return f"{failure.step_key}: {error.message}"


def test_an_open_ledger_stops_the_signals_of_the_same_run(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    left = StageReport(stage="photos", batch=bench.batches[0], total=20, done=18)
    monkeypatch.setattr(photos_stage, "run_photos", lambda *_args, **_options: left)
    result = bench.execute("ingest", bench.batches[0])
    assert not result.success
    assert failed_checks(result) == {checks.LEDGER_CLOSES}
    assert "signals" not in made(result)


def spoil(bench: Bench, finished: Finished, change: str) -> None:
    """Write one vector of the first batch anew, changed."""
    table = catalogue.vectors(bench.ws, finished.spec.space, finished.spec.dim)
    row = table.read(where=f"batch = '{bench.batches[0]}'").slice(0, 1).to_pylist()[0]
    if change == "owner":
        row["owner_id"] = "mallory"
    else:
        row["vector"] = (np.array(row["vector"]) * (2.0 if change == "length" else np.nan)).astype(np.float16)
    table.upsert(pa.Table.from_pylist([row], schema=table.schema))


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ("length", checks.UNIT_NORM_AND_FINITE),
        ("nan", checks.UNIT_NORM_AND_FINITE),
        ("owner", checks.NO_FOREIGN_OWNER),
    ],
)
def test_vectors_that_somebody_spoiled_stop_the_concepts(
    finished: Finished, bench: Bench, change: str, check: str
) -> None:
    spoil(bench, finished, change)
    result = bench.execute("embed", bench.batches[0])
    assert not result.success
    assert failed_checks(result) == {check}
    assert "concepts" not in made(result)


def test_embeddings_refuse_a_batch_whose_photos_are_open(bench: Bench) -> None:
    batch = bench.batches[1]
    objects = catalogue.objects(bench.ws)
    lost = objects.read(["object_id"], f"batch = '{batch}'")["object_id"][0].as_py()
    objects.delete(f"object_id = '{lost}'")
    result = bench.execute("embed", batch)
    assert not result.success
    assert message(result).startswith("embeddings: daguerre.stages.report.UpstreamOpenError")
    assert f"1 objects of batch {batch}" in message(result)
    assert made(result) == set()

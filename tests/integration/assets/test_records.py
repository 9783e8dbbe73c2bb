"""What a person finds in the UI after a run: materializations with what was counted and seen, and checks."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest

from assets import checks
from daguerre.landing.manifest import read_manifest
from daguerre.tables import catalogue
from tests.fakes.installation import Finished, instance_of

PER_BATCH = [
    *["landed_batch", "photos", "signals", "online_signals", "signal_drift"],
    *["duplicates", "events", "themes", "memories"],
]
PER_BATCH_AND_SPACE = ["embeddings", "concepts"]
PER_SPACE = ["encoder_release", "search_index", "search_quality"]


@pytest.fixture(scope="module")
def kept(finished: Finished) -> Iterator[dg.DagsterInstance]:
    """The persistent instance that the command left behind."""
    with instance_of(finished.settings) as found:
        yield found


def metadata(kept: dg.DagsterInstance, asset: str, partition: str) -> dict[str, dg.MetadataValue]:
    wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), asset_partitions=[partition])
    (record, *_) = kept.fetch_materializations(wanted, limit=1).records
    assert record.asset_materialization
    return dict(record.asset_materialization.metadata)


def test_every_asset_is_made_for_each_of_its_partitions(finished: Finished, kept: dg.DagsterInstance) -> None:
    batches, space = set(finished.batches), finished.spec.space
    assert len(batches) == 2
    both = {f"{batch}|{space}" for batch in batches}
    for assets, wanted in ((PER_BATCH, batches), (PER_BATCH_AND_SPACE, both), (PER_SPACE, {space})):
        for asset in assets:
            assert set(kept.get_materialized_partitions(dg.AssetKey(asset))) == wanted, asset


def test_runs_are_kept_and_all_succeeded(finished: Finished, kept: dg.DagsterInstance) -> None:
    runs = kept.get_runs()
    assert len(runs) == finished.summary["runs"]
    assert {run.status for run in runs} == {dg.DagsterRunStatus.SUCCESS}
    assert {run.tags["daguerre/launched_by"] for run in runs} == {"command line"}


def test_counts_of_the_photos_add_up_and_name_the_reasons(finished: Finished, kept: dg.DagsterInstance) -> None:
    refused: dict[str, int] = {}
    for batch in finished.batches:
        shown = metadata(kept, "photos", batch)
        objects = len(read_manifest(finished.ws.store, batch).objects)
        assert metadata(kept, "landed_batch", batch)["objects"].value == objects
        numbers = {name: shown[name].value for name in ("total", "photos", "rejected", "pending")}
        assert numbers["total"] == objects == numbers["photos"] + numbers["rejected"]
        assert numbers["pending"] == 0
        assert shown["photos_per_s"].value > 0
        rows = catalogue.rejected(finished.ws).read(where=f"batch = '{batch}'").to_pylist()
        assert numbers["rejected"] == len(rows)
        if rows:
            by_reason = {r.data["reason"]: r.data["objects"] for r in shown["rejected_by_reason"].records}
            refused |= by_reason
            assert sum(by_reason.values()) == len(rows)
            assert len(shown["rejected_files"].records) == len(rows)
    assert refused, "the library has broken files"


@pytest.mark.parametrize(
    ("asset", "picture"),
    [("photos", "contact_sheet"), ("signals", "sharpness"), ("duplicates", "groups"), ("memories", "covers")],
)
def test_pictures_are_shown_and_small(finished: Finished, kept: dg.DagsterInstance, asset: str, picture: str) -> None:
    for batch in finished.batches:
        shown = str(metadata(kept, asset, batch)[picture].value)
        assert shown.startswith("![")
        assert "(data:image/" in shown
        assert len(shown) < 80_000  # 60 kB of picture as base64


def test_spaces_say_what_they_are_and_how_well_they_answer(finished: Finished, kept: dg.DagsterInstance) -> None:
    space = finished.spec.space
    assert metadata(kept, "encoder_release", space)["digest"].value == finished.spec.digest
    assert metadata(kept, "search_index", space)["recall_at_10"].value == 1.0
    quality = metadata(kept, "search_quality", space)
    assert quality["queries"].value > 10
    assert 0 < quality["recall_at_10"].value <= 1
    assert {row.data["group"] for row in quality["per_owner"].records} >= {"alice", "bob"}


def test_every_check_is_recorded_for_every_batch_and_passed(finished: Finished, kept: dg.DagsterInstance) -> None:
    found: dict[tuple[str, str], list[dg.AssetCheckEvaluation]] = {}
    for run in kept.get_runs():
        for record in kept.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION).records:
            evaluation = record.event_log_entry.dagster_event.asset_check_evaluation_data
            found.setdefault((evaluation.asset_key.to_user_string(), evaluation.check_name), []).append(evaluation)
    per_batch = {
        ("landed_batch", "manifest_is_sealed"),
        ("photos", checks.LEDGER_CLOSES),
        ("signals", checks.LEDGER_CLOSES),
        ("concepts", checks.LEDGER_CLOSES),
        ("embeddings", checks.EVERY_PHOTO_HAS_A_VECTOR),
        ("embeddings", checks.UNIT_NORM_AND_FINITE),
        ("embeddings", checks.NO_FOREIGN_OWNER),
        ("online_signals", checks.ONLINE_EQUALS_OFFLINE),
        ("signal_drift", checks.SIGNALS_DID_NOT_DRIFT),
    }
    assert set(found) == per_batch | {("search_index", checks.RECALL_AGAINST_EXACT)}
    assert {name: len(found[name]) for name in per_batch} == dict.fromkeys(per_batch, len(finished.batches))
    drift = found.pop(("signal_drift", checks.SIGNALS_DID_NOT_DRIFT))
    assert all(evaluation.passed for evaluations in found.values() for evaluation in evaluations)
    for evaluation in drift:  # far too few rows for a verdict: said, not blocked
        assert not evaluation.passed
        assert evaluation.severity is dg.AssetCheckSeverity.WARN
        assert evaluation.description.startswith("not enough rows")

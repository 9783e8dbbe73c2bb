"""What starts by itself: the sensor on the source, the schedules, and the flow from asset to asset."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pytest

from daguerre.curation.exclusion_log import change_rules
from daguerre.ids import BatchKey, OwnerId
from daguerre.landing.landing import land
from daguerre.landing.manifest import list_batches
from daguerre.landing.source import open_source
from daguerre.settings import Settings
from daguerre.stages.owners import touched_owners
from daguerre.tables import catalogue, schemas
from daguerre.workspace import Workspace, open_workspace
from tests.fakes import bad_files, installation
from tests.integration.assets.conftest import Bench

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation that watches a folder with two photos and has seen nothing yet."""
    settings = installation.settings_in(tmp_path)
    add(settings, "alice/1.jpg", "bob/2.jpg")
    installation.use(monkeypatch, settings)
    return settings


def add(settings: Settings, *names: str) -> None:
    for name in names:
        path = Path(settings.source) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bad_files.jpeg(width=64, height=48))


def tick(instance: dg.DagsterInstance) -> dg.SensorResult | dg.SkipReason:
    """Let the landing sensor look once and do with its answer what the daemon does."""
    from assets.automation import landing_sensor
    from assets.resources import Daguerre

    with dg.build_sensor_context(instance=instance, resources={"daguerre": Daguerre()}) as context:
        result = landing_sensor(context)
    if isinstance(result, dg.SensorResult):
        for request in result.dynamic_partitions_requests:
            instance.add_dynamic_partitions(request.partitions_def_name, request.partition_keys)
    return result


def test_the_sensor_seals_what_is_new_and_asks_for_a_run_of_each_batch(
    watched: Settings, instance: dg.DagsterInstance
) -> None:
    result = tick(instance)
    (batch,) = list_batches(open_workspace(watched).store)
    assert [request.partition_key for request in result.run_requests] == [batch]
    assert [request.run_key for request in result.run_requests] == [batch]
    assert instance.get_dynamic_partitions("batch") == [batch]
    assert tick(instance).run_requests == []
    add(watched, "alice/3.jpg")
    (request,) = tick(instance).run_requests
    assert request.partition_key == list_batches(open_workspace(watched).store)[1]


def test_the_sensor_heals_a_batch_that_was_sealed_by_a_tick_that_died(
    watched: Settings, instance: dg.DagsterInstance
) -> None:
    ws = open_workspace(watched)
    (batch,) = land(ws, open_source(watched.source)).batches
    result = tick(instance)
    assert [request.partition_key for request in result.run_requests] == [batch]
    assert instance.get_dynamic_partitions("batch") == [batch]


def test_the_sensor_says_why_it_rests(
    watched: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGUERRE_SOURCE", "")
    result = tick(instance)
    assert isinstance(result, dg.SkipReason)
    assert "DAGUERRE_SOURCE" in str(result.skip_message)


def test_schedules_ask_for_owners_and_spaces(bench: Bench) -> None:
    from assets.definitions import defs

    known = {"resources": {"daguerre": defs.resources["daguerre"]}, "repository_def": defs.get_repository_def()}
    night = datetime(2026, 12, 6, 3, 30, tzinfo=UTC)
    with dg.build_schedule_context(bench.instance, scheduled_execution_time=night, **known) as context:
        nightly = defs.resolve_schedule_def("nightly_curation").evaluate_tick(context)
        weekly = defs.resolve_schedule_def("weekly_quality").evaluate_tick(context)
    asked = [request.partition_key for request in nightly.run_requests]
    assert asked == sorted(asked, reverse=True)
    assert {*asked} <= {*bench.batches}
    assert {owner for batch in asked for owner in touched_owners(bench.ws, BatchKey(batch))} == {"alice", "bob"}
    assert [request.run_key for request in nightly.run_requests] == [f"2026-12-06 {batch}" for batch in asked]
    assert [request.partition_key for request in weekly.run_requests] == [bench.space]


def remembered(ws: Workspace, owner: str) -> list[str]:
    """Store a memory of some of the owner's photos, made under no rules; return their ids."""
    photos = catalogue.photos(ws).read(["photo_id"], f"owner_id = '{owner}'")["photo_id"].to_pylist()[:6]
    row = {
        "memory_id": "m" * 32, "owner_id": owner, "kind": "trip", "title": "t", "reason": "r", "score": 0.5, "rank": 1,
        "cover_id": photos[0], "photo_ids": photos, "starts_at": datetime(2024, 1, 1, tzinfo=UTC),
        "ends_at": datetime(2024, 1, 2, tzinfo=UTC), "made_for": date(2026, 5, 1), "rules_number": 0,
        "code_version": "test",
    }  # fmt: skip
    catalogue.memories(ws).upsert(pa.Table.from_pylist([row], schemas.MEMORIES))
    return photos


def test_a_new_exclusion_has_memories_made_anew_once(bench: Bench) -> None:
    from assets.automation import exclusions_changed
    from assets.resources import Daguerre

    def look() -> list[dg.RunRequest] | dg.SkipReason:
        with dg.build_sensor_context(instance=bench.instance, resources={"daguerre": Daguerre()}) as context:
            return exclusions_changed(context)

    photos = remembered(bench.ws, "alice")
    assert isinstance(look(), dg.SkipReason)
    change_rules(bench.ws, OwnerId("alice"), lambda rules: rules.having("archived", photos))
    asked = look()
    assert "alice" in {owner for one in asked for owner in touched_owners(bench.ws, BatchKey(one.partition_key))}
    assert all("alice:1" in one.run_key for one in asked)
    for one in asked:
        assert bench.execute("remember", one.partition_key).success
    assert isinstance(look(), dg.SkipReason)
    stored = catalogue.memories(bench.ws).read(where="owner_id = 'alice'").to_pylist()
    assert not {photo for row in stored for photo in row["photo_ids"]} & {*photos}


def requested(instance: dg.DagsterInstance, cursor: object) -> tuple[dict[str, set[str]], object]:
    """One tick of the flow: partitions asked for by asset, and where the next tick goes on."""
    from assets.definitions import defs

    result = dg.evaluate_automation_conditions(defs=defs, instance=instance, cursor=cursor)
    assets = [key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()]
    asked = {asset: set(result.get_requested_partitions(dg.AssetKey(asset))) for asset in assets}
    return {asset: partitions for asset, partitions in asked.items() if partitions}, result.cursor


def report(instance: dg.DagsterInstance, asset: str, partition: str) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization(asset, partition=partition))


@pytest.mark.filterwarnings("ignore::dagster.BetaWarning")
def test_a_new_batch_flows_from_asset_to_asset(instance: dg.DagsterInstance) -> None:
    batch, space = "2026-05-01.0001", "tiny-00000000"
    instance.add_dynamic_partitions("space", [space])
    report(instance, "encoder_release", space)
    _, cursor = requested(instance, None)
    instance.add_dynamic_partitions("batch", [batch])
    report(instance, "landed_batch", batch)
    asked, cursor = requested(instance, cursor)
    assert asked == {"photos": {batch}, "signals": {batch}}  # one run: they share the partition
    report(instance, "photos", batch)
    asked, cursor = requested(instance, cursor)
    assert asked == {"embeddings": {f"{batch}|{space}"}, "concepts": {f"{batch}|{space}"}}


def test_the_definitions_are_valid_for_dagster_itself(tmp_path: Path) -> None:
    shutil.copyfile(ROOT / "infra/local/dagster.yaml", tmp_path / "dagster.yaml")
    done = subprocess.run(
        [Path(sys.executable).parent / "dagster", "definitions", "validate", "-m", "assets.definitions"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "DAGSTER_HOME": str(tmp_path), "PYTHONWARNINGS": "ignore"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr

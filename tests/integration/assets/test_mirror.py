"""The release log in Dagster: every event once, in its place, and all of it again from nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import pytest

from assets.mirror import ASSET, already_told, mirror
from daguerre.encoders.spec import EncoderSpec
from daguerre.registry.events import EventKind
from daguerre.registry.evidence import keep_evidence
from daguerre.registry.log import promote, read_state, record
from daguerre.workspace import Workspace, open_workspace
from tests.fakes import installation
from tests.integration.assets.test_automation import report, requested


@pytest.fixture
def ws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An installation without photos."""
    settings = installation.settings_in(tmp_path / "installation")
    installation.use(monkeypatch, settings)
    return open_workspace(settings)


@pytest.fixture
def releases(ws: Workspace, tmp_path: Path) -> list[EncoderSpec]:
    """One release in production, one that is a candidate, one that is only registered."""
    made = [
        installation.install_encoder(ws, tmp_path / "a", seed=1),
        installation.install_encoder(ws, tmp_path / "b", seed=2, alias="candidate"),
        installation.install_encoder(ws, tmp_path / "c", seed=3, alias="nothing"),
    ]
    note(ws, EventKind.ROLLED_BACK, made[2], alias="nothing")
    return made


def note(ws: Workspace, kind: EventKind, spec: EncoderSpec, alias: str = "", **evidence: object) -> None:
    record(
        ws,
        kind,
        spec.digest,
        actor="erin",
        reason=f"{kind} it",
        allow=lambda _: True,
        alias=alias,
        evidence=evidence,
    )


def said(instance: dg.DagsterInstance) -> dict[int, tuple[str, str | None, dict[str, object]]]:
    """What the instance shows: per number of the log what kind of Dagster event, partition, metadata."""
    records = [
        *instance.fetch_materializations(ASSET, limit=100).records,
        *instance.fetch_observations(ASSET, limit=100).records,
    ]
    found: dict[int, tuple[str, str | None, dict[str, object]]] = {}
    for one in records:
        seen = one.asset_materialization or one.event_log_entry.asset_observation
        metadata = {n: v if isinstance(v, dg.TableMetadataValue) else v.value for n, v in seen.metadata.items()}
        assert metadata["event"] not in found
        kind = one.event_log_entry.dagster_event_type.value
        found[metadata["event"]] = (kind, seen.partition, metadata)
    return found


def test_every_event_is_told_once_and_in_its_place(
    ws: Workspace, releases: list[EncoderSpec], instance: dg.DagsterInstance
) -> None:
    newest = read_state(ws).number
    assert mirror(instance, ws) == newest
    assert mirror(instance, ws) == 0
    shown = said(instance)
    assert sorted(shown) == list(range(1, newest + 1))
    production, candidate, _ = releases
    assert shown[1][:2] == ("ASSET_OBSERVATION", production.space)
    assert shown[2][:2] == ("ASSET_MATERIALIZATION", production.space)
    assert shown[3][:2] == ("ASSET_OBSERVATION", candidate.space)
    assert (shown[2][2]["alias"], shown[2][2]["actor"], shown[2][2]["reason"]) == ("production", "tests", "tests")
    assert shown[2][2]["dim"] == production.dim
    note(ws, EventKind.CANARY, candidate, share=0.25)
    assert mirror(instance, ws) == 1
    kind, partition, metadata = said(instance)[newest + 1]
    assert (kind, partition) == ("ASSET_OBSERVATION", candidate.space)
    assert [row.data for row in metadata["evidence"].records] == [{"figure": "share", "value": "0.25"}]


def test_a_second_move_of_an_alias_starts_nothing(
    ws: Workspace, releases: list[EncoderSpec], instance: dg.DagsterInstance
) -> None:
    """Every photo would be looked at again if it materialized the release once more."""
    promote(ws, "production", releases[1].digest, actor="erin", reason="better")
    mirror(instance, ws)
    shown = said(instance)
    assert shown[max(shown)][0] == "ASSET_OBSERVATION"
    note(ws, EventKind.RETIRED, releases[1])
    note(ws, EventKind.REGISTERED, releases[1], name="tiny", space=releases[1].space, dim=releases[1].dim)
    promote(ws, "candidate", releases[1].digest, actor="erin", reason="once more, from nothing")
    mirror(instance, ws)
    shown = said(instance)
    assert shown[max(shown)][0] == "ASSET_MATERIALIZATION"


def test_an_empty_instance_is_told_the_same(
    ws: Workspace, releases: list[EncoderSpec], instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    for number, share in enumerate((0.1, 0.2, 0.4)):
        note(ws, EventKind.SHADOWED, releases[number % 2], share=share)
        mirror(instance, ws)  # event by event here, all at once there
    (tmp_path / "second").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "second")) as second:
        assert mirror(second, ws) == read_state(ws).number
        assert said(second) == said(instance)
        assert set(second.get_dynamic_partitions("space")) == set(instance.get_dynamic_partitions("space"))


def test_partitions_are_the_spaces_that_an_alias_names(
    ws: Workspace, releases: list[EncoderSpec], instance: dg.DagsterInstance
) -> None:
    instance.add_dynamic_partitions("space", ["somebody-00000000"])
    mirror(instance, ws)
    assert "nothing" in read_state(ws).pointers
    live = {spec.space for spec in releases}
    assert set(instance.get_dynamic_partitions("space")) == {"somebody-00000000", *live}
    note(ws, EventKind.ROLLED_BACK, releases[1], alias="candidate")
    mirror(instance, ws)
    assert set(instance.get_dynamic_partitions("space")) == {"somebody-00000000", *live} - {releases[1].space}


def test_racing_mirrors_tell_each_event_once(
    ws: Workspace, releases: list[EncoderSpec], instance: dg.DagsterInstance
) -> None:
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: mirror(instance, ws), range(4)))
    numbers = [event.number for event in already_told(instance)]
    assert sum(told) == len(numbers) == len(set(numbers)) == read_state(ws).number


def test_what_was_wiped_is_told_again(ws: Workspace, releases: list[EncoderSpec], instance: dg.DagsterInstance) -> None:
    mirror(instance, ws)
    before = said(instance)
    instance.wipe_assets([ASSET])
    assert said(instance) == {}
    mirror(instance, ws)
    assert said(instance) == before


def tick(instance: dg.DagsterInstance, sensor: str, cursor: str | None = None) -> tuple[object, str | None]:
    """Evaluate a sensor once; return what it said and its cursor."""
    from assets import automation
    from assets.resources import Daguerre

    with dg.build_sensor_context(instance=instance, cursor=cursor, resources={"daguerre": Daguerre()}) as context:
        return getattr(automation, sensor)(context), context.cursor


def test_the_sensor_tells_what_is_new_and_then_rests(
    ws: Workspace, releases: list[EncoderSpec], instance: dg.DagsterInstance
) -> None:
    newest = read_state(ws).number
    result, cursor = tick(instance, "release_history")
    assert f"told {newest} events" in str(result.skip_message)
    assert cursor == str(newest)
    result, cursor = tick(instance, "release_history", cursor)
    assert "nothing happened" in str(result.skip_message)
    note(ws, EventKind.CANARY, releases[1], share=0.25)
    result, _ = tick(instance, "release_history", cursor)
    assert "told 1 events" in str(result.skip_message)


def test_the_guards_are_looked_at_only_while_something_is_on_trial(
    ws: Workspace, releases: list[EncoderSpec], instance: dg.DagsterInstance
) -> None:
    result, _ = tick(instance, "probation")
    assert isinstance(result, dg.SkipReason)
    note(ws, EventKind.CANARY, releases[1], share=0.25)
    first, again = tick(instance, "probation")[0], tick(instance, "probation")[0]
    assert isinstance(first, dg.RunRequest)
    assert first.run_key.startswith(f"event {read_state(ws).number}")
    assert first.run_key == again.run_key or first.run_key[-1] != again.run_key[-1]  # a window may end in between
    promote(ws, "production", releases[1].digest, actor="erin", reason="better", evidence={"bake_hours": 1.0})
    assert isinstance(tick(instance, "probation")[0], dg.RunRequest)


@pytest.mark.parametrize("told", [0, 1, 3, 6])
def test_a_mirror_that_dies_goes_on_where_it_was(
    ws: Workspace, releases: list[EncoderSpec], instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, told: int
) -> None:
    report, left = instance.report_runless_asset_event, told

    def dying(event: dg.AssetMaterialization | dg.AssetObservation) -> None:
        nonlocal left
        if not left:
            raise KeyboardInterrupt
        left -= 1
        report(event)

    monkeypatch.setattr(instance, "report_runless_asset_event", dying)
    with pytest.raises(KeyboardInterrupt):
        mirror(instance, ws)
    assert len(said(instance)) == told
    monkeypatch.undo()
    assert mirror(instance, ws) == read_state(ws).number - told
    assert sorted(said(instance)) == list(range(1, read_state(ws).number + 1))


@pytest.mark.filterwarnings("ignore::dagster.BetaWarning")
def test_registering_spends_nothing_and_naming_a_candidate_fills_its_column(
    ws: Workspace, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    first = installation.install_encoder(ws, tmp_path / "a", seed=1)
    second = installation.register(ws, installation.make_model_dir(tmp_path / "b", seed=2), actor="tests")
    batch = "2026-05-01.0001"
    mirror(instance, ws)
    _, cursor = requested(instance, None)
    instance.add_dynamic_partitions("batch", [batch])
    for asset in ("landed_batch", "photos", "signals"):
        report(instance, asset, batch)
    asked, cursor = requested(instance, cursor)
    for asset in ("embeddings", "concepts"):
        assert asked[asset] == {f"{batch}|{first.space}"}
        report(instance, asset, f"{batch}|{first.space}")
    note(ws, EventKind.VALIDATED, second)
    mirror(instance, ws)
    asked, cursor = requested(instance, cursor)
    assert not any(second.space in key for keys in asked.values() for key in keys)
    promote(ws, "candidate", second.digest, actor="erin", reason="to be filled")
    mirror(instance, ws)
    asked, cursor = requested(instance, cursor)
    for asset in ("embeddings", "concepts"):
        assert asked[asset] == {f"{batch}|{second.space}"}
        report(instance, asset, f"{batch}|{second.space}")
    _, cursor = requested(instance, cursor)
    promote(ws, "production", second.digest, actor="erin", reason="better")
    mirror(instance, ws)
    asked, _ = requested(instance, cursor)
    assert "embeddings" not in asked


def test_figures_are_shown_with_the_document_that_they_rest_on(
    ws: Workspace, releases: list[EncoderSpec], instance: dg.DagsterInstance
) -> None:
    gates = [
        {"name": "golden", "passed": True, "value": 0.99},
        {"name": "tokenizer", "passed": False, "value": None},
    ]
    kept = keep_evidence(ws, {"gates": gates, "figures": {"p50_ms": 2.5, "cores": 2}, "against": "nobody"})
    note(ws, EventKind.VALIDATED, releases[0], **kept)
    mirror(instance, ws)
    shown = max(said(instance).items())[1][2]
    assert [row.data["name"] for row in shown["gates"].records] == ["golden", "tokenizer"]
    assert [row.data["value"] for row in shown["gates"].records] == ["0.99", "-"]
    figures = {row.data["figure"]: row.data["value"] for row in shown["evidence"].records}
    assert (figures["figures.p50_ms"], figures["against"]) == ("2.5", "nobody")
    assert Path(str(shown["document"])).exists()


def test_evidence_that_is_gone_does_not_stop_the_mirror(
    ws: Workspace, releases: list[EncoderSpec], instance: dg.DagsterInstance
) -> None:
    kept = keep_evidence(ws, {"figure": 1})
    ws.store.delete(kept["uri"])
    note(ws, EventKind.VALIDATED, releases[0], **kept)
    assert mirror(instance, ws) == read_state(ws).number
    figures = {row.data["figure"]: row.data["value"] for row in max(said(instance).items())[1][2]["evidence"].records}
    assert "is missing" in figures["document_says"]

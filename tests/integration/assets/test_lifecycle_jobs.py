"""A release goes through its whole life by jobs that a person starts from the launchpad."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.mirror import ASSET, already_told
from daguerre.encoders.spec import EncoderSpec
from daguerre.registry.log import read_state
from daguerre.registry.releases import register
from daguerre.registry.state import Phase
from daguerre.serving.server import local_server
from daguerre.workspace import open_workspace
from tests.fakes import installation
from tests.fakes.encoders import make_model_dir
from tests.fakes.installation import Finished
from tests.integration.assets.conftest import Bench

ERIN = {"actor": "erin", "reason": "to see what it does"}


@pytest.fixture
def bench(
    finished: Finished, instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    """A copy of the finished installation with a Triton of its own, which finds the models of new releases."""
    settings = finished.copy(tmp_path / "copy", triton_url="")
    installation.use(monkeypatch, settings)
    instance.add_dynamic_partitions("batch", list(finished.batches))
    with local_server(open_workspace(settings)):
        yield Bench(settings=settings, instance=instance, batches=finished.batches, space=finished.spec.space)


@pytest.fixture
def candidate(bench: Bench, tmp_path: Path) -> EncoderSpec:
    """A second release, registered and nothing more."""
    return register(bench.ws, make_model_dir(tmp_path / "second", seed=5, dim=48), actor="tests")


def do(bench: Bench, job: str, op: str, **config: Any) -> dg.ExecuteInProcessResult:
    """Launch a job with a filled form."""
    from assets.definitions import defs

    return defs.resolve_job_def(job).execute_in_process(
        instance=bench.instance, run_config={"ops": {op: {"config": config}}} if config else {}, raise_on_error=False
    )


def failure(result: dg.ExecuteInProcessResult) -> tuple[str, dict[str, Any]]:
    """What the UI shows of a run that failed: the library's words, and the tables beside them."""
    (failed,) = [e for e in result.all_events if e.event_type is dg.DagsterEventType.STEP_FAILURE]
    said = failed.step_failure_data.user_failure_data
    return said.description, dict(said.metadata)


def shown(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    """What the UI shows of a run that succeeded."""
    assert result.success, failure(result)
    (output,) = [e for e in result.all_events if e.event_type is dg.DagsterEventType.STEP_OUTPUT]
    return dict(output.step_output_data.metadata)


def fill(bench: Bench, space: str) -> None:
    """Embed every batch into a space and publish its index, as the flow does."""
    from assets.definitions import defs

    for batch in bench.batches:
        key = dg.MultiPartitionKey({"batch": batch, "space": space})
        embed = defs.resolve_job_def("embed")
        assert embed.execute_in_process(instance=bench.instance, partition_key=key).success
    assert bench.execute("publish", space).success


def test_a_release_lives_by_jobs(bench: Bench, candidate: EncoderSpec) -> None:
    ws, instance, space = bench.ws, bench.instance, candidate.space
    release = {"release": space}

    said, _ = failure(do(bench, "approve_release", "approve", release="tiny-00000000", **ERIN))
    assert "tiny-00000000" in said
    assert "`daguerre models list`" in said
    said, tables = failure(do(bench, "promote_release", "promote", **release, **ERIN))
    assert said.startswith("The policy forbids this promotion")
    rules = [row.data["rule"] for row in tables["missing"].records]
    assert rules == ["validated", "sampled", "approved", "complete", "index_audited", "experiment"]
    assert all(rule in said for rule in rules)
    assert read_state(ws).pointers["production"].release != candidate.digest

    gates = shown(do(bench, "validate_release", "validate", **release, actor="erin"))["gates"].records
    assert {row.data["passed"] for row in gates} == {"True"}
    figures = shown(do(bench, "sample_release", "sample", **release, actor="erin", size=20))["evidence"].records
    assert "estimate.hours.value" in {row.data["figure"] for row in figures}
    assert shown(do(bench, "approve_release", "approve", **release, **ERIN))["actor"].value == "erin"
    assert space not in instance.get_dynamic_partitions("space")

    assert shown(do(bench, "nominate_release", "nominate", **release, **ERIN))["alias"].value == "candidate"
    assert space in instance.get_dynamic_partitions("space")
    assert space in instance.get_materialized_partitions(ASSET)
    said, _ = failure(do(bench, "prove_complete", "complete", **release, actor="erin"))
    assert "no published index" in said
    fill(bench, space)
    assert "evidence" in shown(do(bench, "prove_complete", "complete", release="candidate", actor="erin"))

    shown(do(bench, "set_shadow", "shadow", **release, share=0.5, **ERIN))
    said, _ = failure(do(bench, "set_canary", "canary", **release, share=0.9, **ERIN))
    assert "largest_share" in said
    shown(do(bench, "set_canary", "canary", **release, share=0.25, **ERIN))
    assert read_state(ws).releases[candidate.digest].canary == 0.25
    assert shown(do(bench, "watch_bake", "watch"))["outcome"].value == "nothing"

    (name,) = instance.get_dynamic_partitions("experiment")
    result = bench.execute("run_experiment", name, run_config={"ops": {"experiment": {"config": {"actor": "erin"}}}})
    assert result.success
    (made,) = result.asset_materializations_for_node("experiment")
    assert made.metadata["verdict"].value in {"INVALID", "BLOCK", "HOLD", "PROMOTE"}
    assert made.metadata["metrics"].records
    assert Path(str(made.metadata["page"].value)).exists()

    forbidden = do(bench, "promote_release", "promote", **release, **ERIN)
    if not forbidden.success:  # the verdict on two encoders of the same make is the experiment's to say
        assert [row.data["rule"] for row in failure(forbidden)[1]["missing"].records] == ["experiment"]
        shown(do(bench, "promote_release", "promote", **release, **ERIN, override_reason="I looked at the pictures"))
    state = read_state(ws)
    assert state.pointers["production"].release == candidate.digest
    assert state.releases[candidate.digest].phase is Phase.BAKING
    assert shown(do(bench, "watch_bake", "watch"))["outcome"].value == "baking"

    said, _ = failure(do(bench, "retire_release", "retire", **release, **ERIN))
    assert "alias production names it" in said
    shown(do(bench, "roll_back_release", "roll_back", **ERIN))
    assert read_state(ws).pointers["production"].release != candidate.digest
    shown(do(bench, "roll_back_release", "roll_back", alias="candidate", **ERIN))
    assert space not in instance.get_dynamic_partitions("space")
    shown(do(bench, "retire_release", "retire", **release, **ERIN))
    assert read_state(ws).releases[candidate.digest].phase is Phase.RETIRED

    numbers = [event.number for event in already_told(instance)]
    assert sorted(numbers) == list(range(1, read_state(ws).number + 1))


def test_a_candidate_that_fails_a_gate_fails_its_job(bench: Bench, tmp_path: Path) -> None:
    folder = make_model_dir(tmp_path / "third", seed=6)
    (folder / "tokenizer.json").write_text((folder / "tokenizer.json").read_text().replace('"red"', '"rot"'))
    spec = register(bench.ws, folder, actor="tests")
    said, tables = failure(do(bench, "validate_release", "validate", release=spec.space, actor="erin"))
    assert said.startswith("Refused.")
    refused = {row.data["name"] for row in tables["gates"].records if row.data["passed"] == "False"}
    assert "tokenizer" in refused
    assert read_state(bench.ws).releases[spec.digest].phase is Phase.REFUSED


@pytest.mark.parametrize("missing", ["actor", "reason", "release"])
def test_a_form_that_is_not_filled_in_does_not_start(instance: dg.DagsterInstance, missing: str) -> None:
    from assets.definitions import defs

    form = {"release": "production", **ERIN}
    del form[missing]
    with pytest.raises(dg.DagsterInvalidConfigError, match=missing):
        defs.resolve_job_def("approve_release").execute_in_process(
            instance=instance, run_config={"ops": {"approve": {"config": form}}}
        )


def test_every_field_of_every_form_explains_itself() -> None:
    from assets import forms

    for form in vars(forms).values():
        if isinstance(form, type) and issubclass(form, dg.Config) and form is not dg.Config:
            assert all(len(field.description or "") > 20 for field in form.model_fields.values()), form

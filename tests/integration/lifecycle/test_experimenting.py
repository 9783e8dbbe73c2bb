"""Experiments about releases: what the log says afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from daguerre import layout
from daguerre.cli import experiments as experiments_cli
from daguerre.cli import library as library_cli
from daguerre.clock import frozen_clock
from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.encoders.spec import Encoder
from daguerre.index.snapshot import SnapshotNotFoundError
from daguerre.lifecycle import experimenting
from daguerre.lifecycle.experimenting import default_spec, fill, override_experiment, run_release_experiment
from daguerre.lifecycle.moves import MoveError
from daguerre.lifecycle.simulated_use import simulate_use
from daguerre.quality.experiments import records
from daguerre.quality.experiments.interactions import InteractionError
from daguerre.quality.experiments.planning import Forecast
from daguerre.quality.experiments.records import AlreadyDecidedError, ExperimentError, OtherSpecError
from daguerre.quality.experiments.spec import ExperimentSpec, Side, SpecError
from daguerre.quality.queries import QUERIES
from daguerre.registry.events import EventKind
from daguerre.registry.log import promote, read_events, read_state, record
from daguerre.stages.log_contest import Log
from daguerre.storage.digest import sha256_hex
from daguerre.workspace import Workspace
from tests.fakes import colours
from tests.fakes.colours import Confused
from tests.fakes.encoders import tiny_encoder
from tests.fakes.spaces import NOW, workspace

SPEC = b"""
name: words
hypothesis: Words mean what they say.
owner: tests
expires: 2026-04-01T00:00:00Z
metrics:
  - {name: ndcg_at_10, role: success, mde: 0.02}
"""


@pytest.fixture(scope="module")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Encoder]:
    good = tiny_encoder(tmp_path_factory.mktemp("model") / "tiny")
    both: list[Encoder] = [good, Confused(good, "c" * 64)]
    return {encoder.spec.digest: encoder for encoder in both}


@pytest.fixture
def ws(tmp_path: Path, encoders: dict[str, Encoder], monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The encoder that confuses words is in production, the other one is the candidate."""

    @contextmanager
    def open_encoder(_: Workspace, name: str) -> Iterator[Encoder]:
        yield encoders[name]

    monkeypatch.setattr(experimenting, "open_encoder", open_encoder)
    monkeypatch.setattr(experimenting, "spec_of", lambda _, digest: encoders[digest].spec)
    ws = workspace(tmp_path / "root", tmp_path / "cache")
    colours.fill(ws, list(encoders.values()))
    for alias, digest in zip(("candidate", "production"), encoders, strict=True):
        record(ws, EventKind.REGISTERED, digest, actor="tests", reason="tests", allow=lambda _: True)
        promote(ws, alias, digest, actor="tests", reason="tests")
    return ws


@pytest.fixture
def candidate(encoders: dict[str, Encoder]) -> str:
    return next(digest for digest, encoder in encoders.items() if isinstance(encoder, OnnxEncoder))


def later(ws: Workspace, **passed: float) -> Workspace:
    return replace(ws, clock=frozen_clock(NOW + timedelta(**passed)))


def decisions(ws: Workspace) -> list[tuple[str, str]]:
    events = read_events(ws, ws.settings.product)
    return [(e.evidence["experiment"], e.evidence["verdict"]) for e in events if e.kind is EventKind.DECIDED]


def test_the_log_keeps_the_decision_and_what_it_rests_on(ws: Workspace, candidate: str) -> None:
    decided = run_release_experiment(ws, SPEC, actor="ada")
    assert decided.verdict == "PROMOTE"
    known = read_state(ws).releases[candidate].decision
    assert known is not None
    assert (known["experiment"], known["verdict"], known["production"]) == ("words", "PROMOTE", "c" * 64)
    assert sha256_hex(ws.store.get(known["uri"])) == known["sha256"]


def test_finding_a_decision_again_decides_nothing(ws: Workspace, candidate: str) -> None:
    run_release_experiment(ws, SPEC, actor="ada")
    run_release_experiment(later(ws, hours=1), SPEC.replace(b"words", b"other"), actor="ada")
    run_release_experiment(later(ws, hours=2), SPEC, actor="ada")
    assert decisions(ws) == [("words", "PROMOTE"), ("other", "PROMOTE")]
    promote(ws, "production", candidate, actor="tests", reason="it won")
    again = run_release_experiment(later(ws, hours=3), SPEC, actor="ada")
    assert again.content["data"]["production"]["release"] == "c" * 64, "what was filled in stays, whatever aliases do"


def test_a_kill_before_the_log_is_made_good(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(experimenting, "record", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run_release_experiment(ws, SPEC, actor="ada")
    assert decisions(ws) == []
    run_release_experiment(later(ws, hours=1), SPEC, actor="bob")
    assert decisions(ws) == [("words", "PROMOTE")]


def test_a_person_may_decide_otherwise(ws: Workspace, candidate: str) -> None:
    run_release_experiment(ws, SPEC, actor="ada")
    override_experiment(later(ws, hours=1), "words", "HOLD", actor="bob", reason="wait for summer")
    known = read_state(ws).releases[candidate].decision
    assert known is not None
    assert (known["verdict"], known["override"]) == ("HOLD", 1)
    assert records.read_record(ws, "words").verdict == "PROMOTE"
    assert "bob overrode this with <strong>HOLD</strong>" in ws.store.get(records.page_key("words")).decode()
    run_release_experiment(later(ws, hours=2), SPEC, actor="ada")
    assert decisions(ws)[-1] == ("words", "HOLD"), "the person's word stands"
    with pytest.raises(ExperimentError, match="PROMOTE, HOLD or BLOCK"):
        override_experiment(ws, "words", "MAYBE", actor="bob", reason="so")


def test_the_usual_experiment_is_one_per_data(ws: Workspace, candidate: str) -> None:
    first = default_spec(ws, candidate)
    assert first.unfilled == ()
    decided = run_release_experiment(ws, first, actor="ada")
    assert {row["metric"] for row in decided.content["rows"]} == {metric.name for metric in first.metrics}
    assert default_spec(later(ws, days=1), candidate) == first
    ws.store.put(QUERIES, ws.store.get(QUERIES) + b"\n")
    second = default_spec(ws, candidate)
    assert second.name == f"{first.name}-2"
    with pytest.raises(MoveError, match="in production"):
        default_spec(ws, "c" * 64)


def test_a_usual_experiment_that_was_begun_goes_on_until_it_expires(ws: Workspace, candidate: str) -> None:
    first = default_spec(ws, candidate)
    records.store_spec(ws, first.name, first.model_dump(mode="json"))
    assert default_spec(later(ws, days=1), candidate) == first
    assert default_spec(later(ws, days=40), candidate).name == f"{first.name}-2"


def test_after_a_usual_experiment_that_was_closed_comes_the_next(ws: Workspace, candidate: str) -> None:
    first = default_spec(ws, candidate)
    records.store_spec(ws, first.name, first.model_dump(mode="json"))
    records.close(ws, first.name, reason="other queries first", actor="ada")
    assert default_spec(ws, candidate).name == f"{first.name}-2"


def test_what_is_left_open_is_filled_in(ws: Workspace, candidate: str) -> None:
    spec = experimenting.load_spec(SPEC)
    filled = fill(ws, spec)
    assert (filled.production.release, filled.candidate.release) == ("c" * 64, candidate)
    assert filled.query_set == sha256_hex(ws.store.get(QUERIES))
    assert filled.expires == datetime.fromisoformat("2026-04-01T00:00:00+00:00")


def test_an_experiment_that_cannot_run_is_not_begun(
    ws: Workspace, encoders: dict[str, Encoder], candidate: str
) -> None:
    ws.store.delete(layout.snapshot(encoders[candidate].spec.space))
    with pytest.raises(SnapshotNotFoundError):
        run_release_experiment(ws, SPEC, actor="ada")
    assert records.open_experiments(ws) == []


def test_bad_specs_are_refused(ws: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(SPEC + b"mood: good\n")
    with pytest.raises(SpecError, match="mood"):
        run_release_experiment(ws, path, actor="ada")
    run_release_experiment(ws, SPEC, actor="ada")
    with pytest.raises(OtherSpecError):
        run_release_experiment(ws, SPEC.replace(b"0.02", b"0.03"), actor="ada")


PEOPLE = {
    "interleaving": b"""
name: people
hypothesis: People choose the one that means what it says.
owner: tests
kind: interleaving
cluster: person
expires: 2026-04-01T00:00:00Z
metrics:
  - {name: preference, role: success, mde: 0.1}
""",
    "ab": b"""
name: people
hypothesis: People find more with the one that means what it says.
owner: tests
kind: ab
cluster: person
expires: 2026-04-01T00:00:00Z
metrics:
  - {name: clicks, role: success, mde: 0.1}
  - {name: abandoned, role: guardrail, better: lower, margin: 0.05}
""",
}


@pytest.fixture(params=PEOPLE)
def asked(request: pytest.FixtureRequest) -> ExperimentSpec:
    return experimenting.load_spec(PEOPLE[request.param])


@pytest.mark.parametrize("better", [True, False], ids=["better", "worse"])
def test_what_people_did_decides(ws: Workspace, asked: ExperimentSpec, candidate: str, better: bool) -> None:
    sides = {"production": Side(release="c" * 64), "candidate": Side(release=candidate)}
    if not better:
        sides = dict(zip(sides, reversed(sides.values()), strict=True))
    spec = asked.model_copy(update=sides)
    used = simulate_use(ws, spec, persons=300, activity=6.0, seed=3)
    assert (used.truth["candidate"] > used.truth["production"]) is better
    plans: list[Forecast] = []
    decided = run_release_experiment(ws, spec, actor="ada", log=used.log, planned=plans.append)
    assert decided.verdict == ("PROMOTE" if better else "BLOCK"), decided.reason
    assert decisions(ws) == [("people", decided.verdict)]
    content = decided.content
    assert content["data"]["log"] == sha256_hex(used.log.during)
    assert content["plan"]["queries"] == plans[0].queries
    page = ws.store.get(records.page_key("people")).decode()
    assert f"<div class='verdict {decided.verdict}'>" in page
    assert content["data"]["log"] in page
    assert "planned before the candidate was asked" in page
    assert "<h2>Queries" not in page
    assert "<h2>Cost" not in page
    if spec.kind == "ab":
        row = next(row for row in content["rows"] if row["metric"] == "clicks")
        assert row["low"] < used.truth["candidate"] - used.truth["production"] < row["high"]


def test_a_log_decides_once(ws: Workspace, asked: ExperimentSpec) -> None:
    used = simulate_use(ws, asked, persons=100, activity=6.0, seed=3)
    with pytest.raises(ExperimentError, match=rf"of kind {asked.kind}.*--log FILE"):
        run_release_experiment(ws, asked, actor="ada")
    with pytest.raises(InteractionError, match="line 1"):
        run_release_experiment(ws, asked, actor="ada", log=Log(during=b"{"))
    assert records.open_experiments(ws) == []
    first = run_release_experiment(ws, asked, actor="ada", log=used.log)
    for log in (used.log, None):
        assert run_release_experiment(ws, asked, actor="bob", log=log) == first
    more = simulate_use(ws, asked, persons=100, activity=6.0, seed=4)
    with pytest.raises(AlreadyDecidedError, match=r"other data: .*log"):
        run_release_experiment(ws, asked, actor="ada", log=more.log)


def test_golden_queries_need_no_people(ws: Workspace) -> None:
    with pytest.raises(ExperimentError, match="leave the log away"):
        run_release_experiment(ws, SPEC, actor="ada", log=Log(during=b""))
    with pytest.raises(ExperimentError, match="People decide"):
        simulate_use(ws, experimenting.load_spec(SPEC), persons=5, activity=1.0, seed=1)


def test_the_commands_say_what_a_run_can_see_and_close_what_is_not_run(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cli(app: typer.Typer, *words: str) -> str:
        done = CliRunner().invoke(app, list(words), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return " ".join(done.output.split())

    monkeypatch.setattr(experiments_cli, "open_workspace", lambda: ws)
    monkeypatch.setattr(library_cli, "open_workspace", lambda: ws)
    assert cli(experiments_cli.app, "draft").startswith("# needs about ")
    usual = default_spec(ws, read_state(ws).pointers["candidate"].release)
    records.store_spec(ws, usual.name, usual.model_dump(mode="json"))
    assert "closed it undecided" in cli(experiments_cli.app, "close", usual.name, "--reason", "people decide")
    spec, clicks = tmp_path / "people.yaml", tmp_path / "clicks"
    spec.write_bytes(PEOPLE["ab"])
    assert "with the candidate" in cli(library_cli.app, "interactions", str(spec), str(clicks), "--people", "200")
    logs = ["--log", str(clicks / "during.jsonl"), "--before", str(clicks / "before.jsonl")]
    said = cli(experiments_cli.app, "run", str(spec), *logs, "--actor", "ada")
    assert said.startswith("needs about ")
    assert "people, because of" in said
    assert "PROMOTE people" in said
    listed = {row["experiment"]: row["verdict"] for row in json.loads(cli(experiments_cli.app, "list", "--json"))}
    assert listed == {"people": "PROMOTE", usual.name: "closed"}

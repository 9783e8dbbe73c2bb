"""daguerre models: what each command prints, what it changes, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daguerre import layout
from daguerre.cli.orchestrate import Outcome
from daguerre.encoders.spec import EncoderSpec
from daguerre.registry.log import read_state
from daguerre.settings import Settings
from daguerre.workspace import open_workspace
from tests.fakes import installation
from tests.fakes.encoders import make_model_dir
from tests.fakes.installation import Finished
from tests.integration.cli.conftest import Call

COMMANDS = [
    "import", "register", "keygen", "list", "show", "history", "diff", "validate", "sample", "approve", "nominate",
    "backfill", "complete", "shadow", "canary", "promote", "watch", "rollback", "retire", "policy", "verify",
]  # fmt: skip


@pytest.fixture
def pair(fresh: Settings, tmp_path: Path) -> tuple[EncoderSpec, EncoderSpec]:
    """An installation without photos: one release in production, another one registered."""
    ws = open_workspace(fresh)
    first = installation.install_encoder(ws, tmp_path / "first", seed=1)
    second = installation.register(ws, make_model_dir(tmp_path / "second", seed=2, dim=48), actor="tests")
    return first, second


@pytest.fixture
def lenient(fresh: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy that asks for nothing before a candidate is named."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/search.yaml").write_text("product: search\nrequired: [complete]\n")
    monkeypatch.setenv("DAGUERRE_POLICIES", str(tmp_path / "policies"))


@pytest.fixture
def own(finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Finished:
    """A copy of the finished installation that a test may change, meant by every call."""
    installation.use(monkeypatch, finished.copy(tmp_path / "copy"))
    return finished


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(call: Call, command: str) -> None:
    answer = call("models", command, "--help")
    assert answer.code == 0
    assert len(answer.out) > 200


# reading


def test_list_says_how_far_each_has_come(installed: Finished, call: Call) -> None:
    (row,) = call("models", "list", "--json").json
    photos = row.pop("photos")
    assert photos == row.pop("embedded") > 20
    assert row == {
        "encoder": "tiny",
        "space": installed.spec.space,
        "digest": installed.spec.digest,
        "dim": 32,
        "phase": "registered",
        "aliases": ["production"],
        "bakes_until": None,
    } | {"phase": row["phase"]}
    assert row["phase"] == "production"
    people = call("models", "list").out
    assert installed.spec.space in people
    assert f"{photos}" in people


def test_show_knows_a_release_by_alias_space_and_digest(installed: Finished, call: Call) -> None:
    answers = [
        call("models", "show", name, "--json").json
        for name in ("production", installed.spec.space, installed.spec.digest[:8])
    ]
    assert answers[0] == answers[1] == answers[2]
    assert {file["name"] for file in answers[0]["files"]} >= {"image.onnx", "text.onnx", "tokenizer.json"}
    assert answers[0]["missing"] == []
    assert 0 < answers[0]["quality"]["ndcg_at_10"] <= 1
    assert call("models", "show", "nobody-00000000").code == 3
    assert "image.onnx" in call("models", "show", "production").out


def test_history_tells_who_when_and_why(pair: tuple[EncoderSpec, EncoderSpec], call: Call) -> None:
    first, second = pair
    rows = call("models", "history", "--json").json
    assert [(r["number"], r["kind"], r["release"]) for r in rows] == [
        (1, "registered", first.digest),
        (2, "promoted", first.digest),
        (3, "registered", second.digest),
    ]
    assert {(r["actor"], bool(r["reason"])) for r in rows} == {("tests", True)}
    assert [r["number"] for r in call("models", "history", "production", "--json").json] == [1, 2]
    assert [r["number"] for r in call("models", "history", "--last", "1", "--json").json] == [3]
    assert second.space in call("models", "history").out


def test_diff_names_what_differs(pair: tuple[EncoderSpec, EncoderSpec], call: Call) -> None:
    first, second = pair
    rows = {row.pop("what"): row for row in call("models", "diff", first.space, second.space, "--json").json}
    assert rows["dim"] == {first.space: 32, second.space: 48}
    assert "file image.onnx" in rows
    assert "side_px" not in rows
    every = call("models", "diff", first.space, second.space, "--all", "--json").json
    assert "side_px" in {row["what"] for row in every}
    assert "They are equal" in call("models", "diff", "production", first.space).out


def test_policy_says_where_it_comes_from(
    fresh: Settings, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = call("models", "policy", "--json").json
    assert said["file"].endswith("search.yaml")
    assert "complete" in said["required"]
    monkeypatch.setenv("DAGUERRE_POLICIES", str(tmp_path))
    assert call("models", "policy", "--json").json["file"] == ""
    (tmp_path / "search.yaml").write_text("product: search\nbake_ours: 1\n")
    answer = call("models", "policy")
    assert answer.code == 2
    assert "bake_ours" in answer.err


def test_verify_names_what_was_changed(fresh: Settings, pair: tuple[EncoderSpec, EncoderSpec], call: Call) -> None:
    first, second = pair
    assert call("models", "verify").code == 0
    path = Path(fresh.root) / layout.release(second.digest) / "text.onnx"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    answer = call("models", "verify", "--json")
    assert answer.code == 1
    assert answer.json["problems"][first.space] == []
    assert "text.onnx" in answer.json["problems"][second.space][0]
    event = Path(fresh.root) / layout.event("search", 2)
    event.chmod(0o644)
    event.write_text(json.dumps(json.loads(event.read_text()) | {"actor": "mallory"}))
    assert call("models", "verify").code == 1


# moving


def test_the_first_promotion_needs_nothing(fresh: Settings, call: Call, tmp_path: Path) -> None:
    folder = str(make_model_dir(tmp_path / "model"))
    first, second = (call("models", "register", folder, "--json").json for _ in range(2))
    assert first == second
    assert call("models", "promote", first["space"]).code == 2  # no reason given
    assert call("models", "promote", first["space"], "--reason", "it is the first", "--json").json["changed"] is True
    assert call("models", "promote", first["space"], "--reason", "once more", "--json").json["changed"] is False
    assert call("models", "promote", "tiny-00000000", "--reason", "guessing").code == 3


def test_a_forbidden_promotion_lists_every_rule_and_what_mends_it(
    fresh: Settings, pair: tuple[EncoderSpec, EncoderSpec], call: Call
) -> None:
    _, second = pair
    answer = call("models", "promote", second.space, "--reason", "it looks better", "--json")
    assert answer.code == 1
    missing = {one["rule"]: one for one in answer.json["missing"]}
    assert {"validated", "sampled", "approved", "complete", "experiment"} <= set(missing)
    assert "`daguerre models validate" in missing["validated"]["fix"]
    people = call("models", "promote", second.space, "--reason", "it looks better")
    assert all(rule in people.out for rule in missing)
    overridden = [part for rule in missing for part in ("--override", rule)]
    answer = call("models", "promote", second.space, "--reason", "I answer for it", *overridden, "--json")
    assert answer.code == 1  # nobody can answer for missing photos
    assert {one["rule"] for one in answer.json["missing"]} == {"validated", "complete"}
    assert len(call("models", "history", "--json").json) == 3


@pytest.mark.usefixtures("lenient")
def test_a_candidate_comes_and_goes(fresh: Settings, pair: tuple[EncoderSpec, EncoderSpec], call: Call) -> None:
    _, second = pair
    ws = open_workspace(fresh)
    assert call("models", "promote", second.space, "--alias", "candidate", "--reason", "to be filled").code == 0
    assert read_state(ws).pointers["candidate"].release == second.digest
    again = call("models", "nominate", second.space, "--reason", "to be filled", "--json")
    assert (again.code, again.json["number"]) == (0, None)
    assert call("models", "complete", second.space).code == 1
    assert call("models", "shadow", second.space, "--share", "0.5", "--reason", "compare").code == 2
    assert call("models", "canary", second.space, "--share", "1.5", "--reason", "all").code == 2
    assert call("models", "retire", second.space, "--reason", "no use").code == 1
    assert call("models", "rollback", "--reason", "nothing to go back to").code == 1
    assert call("models", "rollback", "--alias", "candidate", "--reason", "no use").code == 0
    retired = call("models", "retire", second.space, "--reason", "no use", "--json")
    assert (retired.code, retired.json["rows"]) == (0, 0)
    assert {r["space"]: r["phase"] for r in call("models", "list", "--json").json}[second.space] == "retired"


def test_an_approval_stands_in_the_log_under_a_name(
    fresh: Settings, pair: tuple[EncoderSpec, EncoderSpec], call: Call
) -> None:
    answer = call("models", "approve", pair[1].space, "--actor", "erin", "--reason", "the numbers are good")
    assert answer.code == 1
    assert "validated" in answer.err  # not before there is something to judge by


@pytest.mark.usefixtures("lenient")
def test_backfill_names_the_candidate_and_fills_its_space_only(
    fresh: Settings, pair: tuple[EncoderSpec, EncoderSpec], call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = []

    def carried_out(_ws: object, **plan: object) -> Outcome:
        asked.append(plan)
        return Outcome(failures=["embed 1|x (run 01234567): no room"] if len(asked) == 2 else [])

    monkeypatch.setattr("daguerre.cli.model_trials.carry_out", carried_out)
    answer = call("models", "backfill", pair[1].space, "--json")
    assert (answer.code, answer.json["pending"]) == (0, 0)
    assert asked[0]["spaces"] == (pair[1].space,)
    assert read_state(open_workspace(fresh)).pointers["candidate"].release == pair[1].digest
    failed = call("models", "backfill", "candidate")
    assert failed.code == 1
    assert "no room" in failed.out


def test_watch_says_when_nothing_is_on_trial(
    fresh: Settings, pair: tuple[EncoderSpec, EncoderSpec], call: Call
) -> None:
    answer = call("models", "watch", "--json")
    assert (answer.code, answer.json["outcome"], answer.json["breaches"]) == (0, "nothing", [])
    assert "nothing is on trial" in call("models", "watch").out


def test_trials_of_what_is_in_production(own: Finished, call: Call) -> None:
    space = own.spec.space
    validated = call("models", "validate", "production", "--json")
    assert (validated.code, validated.json["passed"]) == (0, True)
    assert {gate["name"] for gate in validated.json["gates"]} >= {"golden", "tokenizer", "determinism"}
    sampled = call("models", "sample", space, "--size", "20")
    assert sampled.code == 0
    assert "photos per second" in sampled.out
    assert "ndcg_at_10" in sampled.out
    assert call("models", "approve", space, "--actor", "erin", "--reason", "the numbers are good").code == 0
    proof = call("models", "complete", space, "--json").json
    assert proof["photos"] == proof["vectors"] + sum(proof["rejected"].values())
    found = call("models", "show", "production")
    assert "tokenizer" in found.out
    assert "erin" in found.out
    kinds = [row["kind"] for row in call("models", "history", "--json").json]
    assert kinds[2:] == ["validated", "sampled", "approved", "completed"]
    assert "golden" in call("models", "validate", "production").out


def test_a_key_is_made_once_and_signs_what_is_registered(
    fresh: Settings, tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "signing.pem"
    said = call("models", "keygen", str(key))
    public = said.out.rsplit("[", 1)[1].split("]")[0]
    assert call("models", "keygen", str(key)).code != 0
    monkeypatch.setenv("DAGUERRE_SIGNING_KEY", str(key))
    digest = call("models", "register", str(make_model_dir(tmp_path / "model")), "--json").json["digest"]
    assert read_state(open_workspace(fresh)).releases[digest].registered["signed_by"] == public

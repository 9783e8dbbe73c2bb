"""The plan goes out as one line, progress and outcomes come back as lines; what else is said does not disturb."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest

from daguerre.cli import orchestrate
from daguerre.cli.orchestrate import OrchestratorError, Plan, dagster_home, environment, execute
from daguerre.settings import Settings, load_settings

PLAN = Plan(batches=("2026-05-01.0001",), spaces=("tiny-00000000",), unfinished=("2026-05-01.0001",))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A project whose `assets.launch` is the test's own."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets/__init__.py").touch()
    (tmp_path / "infra/local").mkdir(parents=True)
    (tmp_path / "infra/local/dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return load_settings(
        project=tmp_path, root=str(tmp_path / "data"), cache=tmp_path / "cache", dagster_home=tmp_path / "dagster"
    )


def launched(settings: Settings, code: str) -> None:
    (settings.project / "assets/launch.py").write_text(f"import json, os, sys, time\n{code}\n")


def test_the_plan_arrives_and_the_outcomes_come_back(settings: Settings, tmp_path: Path) -> None:
    failed = {"job": "embed", "partition": "b|s", "state": "failed", "run_id": "0123456789", "failures": ["it broke"]}
    done = {"job": "ingest", "partition": "b", "state": "succeeded", "run_id": "0123456789", "failures": []}
    launched(
        settings,
        f"""
open({str(tmp_path / "seen")!r}, "w").write(sys.stdin.readline())
print("a vendor says hello")
print("[1, 2]")
print(json.dumps({{"run": {{"job": "ingest", "partition": "b", "state": "started"}}}}))
print(json.dumps({{"progress": {{"stage": "photos", "batch": "b", "done": 1, "total": 1}}}}))
print(json.dumps({{"run": {done!r}}}))
print(json.dumps({{"run": {failed!r}}}))
sys.exit(1)
""",
    )
    outcome = execute(PLAN, settings, total=1, quiet=True)
    assert outcome.runs == 2
    assert outcome.failures == ["embed b|s (run 01234567): it broke"]
    seen = json.loads((tmp_path / "seen").read_text())
    assert seen == {
        "batches": ["2026-05-01.0001"],
        "spaces": ["tiny-00000000"],
        "unfinished": ["2026-05-01.0001"],
        "retry": [],
        "relabel": [],
    }


@pytest.mark.parametrize("code", ["raise SystemExit('no room')", "sys.stdin.readline(); raise SystemExit('no room')"])
def test_a_process_that_dies_is_an_error_with_the_end_of_its_log(settings: Settings, code: str) -> None:
    launched(settings, code)
    with pytest.raises(OrchestratorError, match="no room") as error:
        execute(PLAN, settings, total=1, quiet=True)
    assert str(settings.cache / "launch.log") in str(error.value)


def test_its_standard_input_ends_when_this_process_does(settings: Settings, tmp_path: Path) -> None:
    launched(settings, f'sys.stdin.readline(); sys.stdin.read(); open({str(tmp_path / "ended")!r}, "w").write("yes")')
    code = (
        "from daguerre.cli.orchestrate import *; from daguerre.settings import load_settings;"
        "execute(Plan(batches=(), spaces=()), load_settings(), total=1, quiet=True)"
    )
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", code], os.environ | environment(settings))
    deadline = time.monotonic() + 60
    while not (settings.cache / "launch.log").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.5)
    assert not (tmp_path / "ended").exists()
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    while not (tmp_path / "ended").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert (tmp_path / "ended").exists()


def test_the_instance_is_made_once_and_kept(settings: Settings) -> None:
    home = dagster_home(settings)
    (home / "dagster.yaml").write_text("# mine\n")
    assert dagster_home(settings) == home
    assert (home / "dagster.yaml").read_text() == "# mine\n"


def test_other_processes_get_the_same_settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    assert load_settings() == settings
    assert orchestrate.environment(settings)["DAGSTER_HOME"] == str(settings.dagster_home)

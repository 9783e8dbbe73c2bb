"""daguerre memories over a library of journeys: a table, JSON, a page; what is excluded is in none of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from daguerre.cli.main import app
from daguerre.stages.duplicates import run_duplicates
from daguerre.stages.events import run_events
from daguerre.stages.memories import run_memories
from daguerre.workspace import Workspace
from tests.integration.curation.conftest import BATCHES, with_pictures

DAY = ("--owner", "alice", "--on", "2024-06-01")


@pytest.fixture
def installed(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The workspace after every stage of curation, meant by every call."""
    for run in (run_duplicates, run_events, run_memories):
        run(ws, BATCHES[0])
    monkeypatch.setenv("DAGUERRE_ROOT", ws.settings.root)
    monkeypatch.setenv("COLUMNS", "200")
    return ws


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["memories", *arguments], catch_exceptions=False)


def test_memories_of_a_day_with_their_reasons(installed: Workspace) -> None:
    answer = call(*DAY, "--limit", "2", "--json")
    assert answer.exit_code == 0
    told = json.loads(answer.stdout)
    assert len(told) == 2
    assert told[0]["score"] >= told[1]["score"]
    assert told[0]["cover_id"] in told[0]["photo_ids"]
    assert (told[0]["made_for"], told[0]["owner_id"]) == ("2024-06-01", "alice")
    assert "code_version" not in told[0]
    german = json.loads(call(*DAY, "--limit", "2", "--language", "de", "--json").stdout)
    assert [row["photo_ids"] for row in german] == [row["photo_ids"] for row in told]
    assert all(a["reason"] != b["reason"] for a, b in zip(german, told, strict=True))
    people = call(*DAY)
    assert told[0]["title"] in people.stdout
    assert told[0]["kind"] in people.stdout


def test_what_is_excluded_is_shown_no_more(installed: Workspace) -> None:
    first = json.loads(call(*DAY, "--json").stdout)[0]
    answer = CliRunner().invoke(app, ["exclude", "--owner", "alice", "--archive", first["cover_id"]])
    assert answer.exit_code == 0
    for now in (call(*DAY, "--json"), call("--owner", "alice", "--json")):
        assert json.loads(now.stdout)
        assert first["cover_id"] not in now.stdout


def test_a_page_is_written(installed: Workspace, tmp_path: Path) -> None:
    page = tmp_path / "memories.html"
    with_pictures(installed)
    answer = call(*DAY, "--html", str(page), "--limit", "3")
    assert (answer.exit_code, str(page.name) in answer.stdout.replace("\n", "")) == (0, True)
    assert page.read_text(encoding="utf-8").count("<article class='memory") == 3
    assert page.stat().st_size < 6_000_000

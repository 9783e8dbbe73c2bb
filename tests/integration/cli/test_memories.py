"""daguerre memories for people without any, and what show says of curation, on a finished installation."""

from __future__ import annotations

from pathlib import Path

from daguerre.tables import catalogue
from tests.fakes.installation import Finished
from tests.integration.cli.conftest import Call


def test_somebody_unknown_has_no_memories_and_a_language_must_be_known(
    installed: Finished, call: Call, tmp_path: Path
) -> None:
    page = tmp_path / "none.html"
    nobody = call("memories", "--owner", "nobody", "--html", str(page))
    assert (nobody.code, nobody.out, page.exists()) == (3, "", False)
    assert "nobody" in nobody.err
    assert call("memories", "--owner", "alice", "--language", "xx").code == 2
    assert call("memories", "--owner", "alice", "--on", "May").code == 2
    assert call("memories").code == 2


def test_a_day_before_every_photo_has_no_memories(installed: Finished, call: Call, tmp_path: Path) -> None:
    page = tmp_path / "none.html"
    answer = call("memories", "--owner", "alice", "--on", "1990-01-01", "--html", str(page))
    assert (answer.code, page.exists()) == (5, False)
    assert "No memories of alice for 1990-01-01." in answer.out
    assert call("memories", "--owner", "alice", "--on", "1990-01-01", "--json").json == []


def test_show_says_which_event_a_photo_is_of(installed: Finished, call: Call) -> None:
    event = catalogue.events(installed.ws).read(where="owner_id = 'alice'").to_pylist()[0]
    facts = call("show", event["photo_ids"][0], "--json").json
    told = {fact["fact"]: fact["value"] for fact in facts if fact["room"] == "curation"}
    assert f"{len(event['photo_ids'])} photos" in told["event"]

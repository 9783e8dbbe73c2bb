"""What each command prints and how it ends: scripts trust exit codes and --json."""

from __future__ import annotations

import io
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from daguerre.cli.orchestrate import Outcome
from daguerre.landing.landing import land
from daguerre.landing.source import open_source
from daguerre.search.abstention import read_abstention, write_abstention
from daguerre.settings import Settings
from daguerre.tables import catalogue
from daguerre.workspace import open_workspace
from tests.fakes import bad_files, installation
from tests.fakes.installation import Finished
from tests.integration.cli.conftest import Call


def photos(finished: Finished, owner: str = "alice") -> list[dict[str, object]]:
    rows = catalogue.photos(finished.ws).read(where=f"owner_id = '{owner}' AND media = 'photo'").to_pylist()
    return sorted(rows, key=lambda row: row["photo_id"])


# status


def test_status_of_a_closed_ledger(installed: Finished, call: Call) -> None:
    answer = call("status", "--json")
    assert answer.code == 0
    said = answer.json
    assert set(said) == {"root", "ledger", "pending", "bytes"}
    assert said["pending"] == 0
    assert said["bytes"]["proxies"] > 10_000
    assert set(said["ledger"][0]) == {"batch", "stage", "space", "total", "done", "rejected", "pending"}
    people = call("status")
    assert people.code == 0
    assert "Ledger closed" in people.out
    assert all(batch in people.out for batch in installed.batches)


def test_status_with_open_work_ends_with_4(fresh: Settings, call: Call) -> None:
    assert call("status").code == 0
    source = Path(fresh.source) / "alice"
    source.mkdir(parents=True)
    (source / "1.jpg").write_bytes(bad_files.jpeg())
    land(open_workspace(fresh), open_source(fresh.source))
    answer = call("status", "--json")
    assert answer.code == 4
    assert answer.json["pending"] == 1
    assert "open in 1 places" in call("status").out


# search


def test_search_by_words(installed: Finished, call: Call) -> None:
    answer = call("search", "a red photo", "-k", "7", "--json")
    assert answer.code == 0
    hits = answer.json["hits"]
    assert len(hits) == 7
    assert set(hits[0]) == {"photo_id", "owner_id", "score", "taken_at", "place", "source_key"}
    scores = [hit["score"] for hit in hits]
    assert (answer.json["nothing_good"], answer.json["best_score"]) == (False, scores[0])
    assert scores == sorted(scores, reverse=True)
    table = call("search", "a red photo", "-k", "3")
    assert [hit["photo_id"] in table.out for hit in hits[:4]] == [True, True, True, False]


def test_search_of_one_owner_gives_that_owners_photos_only(installed: Finished, call: Call) -> None:
    answer = call("search", "photo", "--owner", "bob", "-k", "100", "--json", "--all")
    assert {hit["owner_id"] for hit in answer.json["hits"]} == {"bob"}


def test_search_by_likeness_of_a_photo_and_of_a_file(installed: Finished, call: Call) -> None:
    photo = next(row for row in photos(installed) if row["format"] == "jpeg")
    by_id = call("search", "--like", str(photo["photo_id"])[:12], "--owner", "alice", "--json")
    by_file = call("search", "--like", str(Path(installed.settings.source) / str(photo["source_key"])), "--json")
    assert (by_id.code, by_file.code) == (0, 0)
    assert photo["photo_id"] in [hit["photo_id"] for hit in by_file.json["hits"][:3]]
    assert by_file.json["hits"][0]["score"] > 0.99


def test_search_within_a_time_and_a_place(installed: Finished, call: Call) -> None:
    rows = photos(installed) + photos(installed, "bob")
    taken = sorted(row["taken_at"] for row in rows if row["taken_at"])
    middle = taken[len(taken) // 2]
    everything = ("-k", "100", "--json", "--all")
    after = call("search", "photo", "--after", f"{middle:%Y-%m-%dT%H:%M:%S}", *everything).json["hits"]
    before = call("search", "photo", "--before", f"{middle:%Y-%m-%dT%H:%M:%S}", *everything).json["hits"]
    assert after
    assert before
    whole_seconds = middle.replace(microsecond=0).isoformat()
    assert all(hit["taken_at"] >= whole_seconds for hit in after)
    assert all(hit["taken_at"] < whole_seconds for hit in before)
    place = next(row["place"] for row in rows if row["place"])
    there = call("search", "photo", "--place", str(place), *everything).json["hits"]
    assert {hit["place"] for hit in there} == {place}


def test_search_that_finds_nothing_ends_with_5(installed: Finished, call: Call) -> None:
    answer = call("search", "photo", "--before", "1990-01-01", "--json")
    assert (answer.code, answer.json["hits"], answer.json["best_score"]) == (5, [], None)
    nobody = call("search", "photo", "--owner", "nobody", "--all")
    assert (nobody.code, nobody.out.strip()) == (5, "Nothing found for 'photo' of nobody.")


def test_search_that_finds_nothing_good_says_so_and_shows_it_only_when_asked(installed: Finished, call: Call) -> None:
    ws = open_workspace(installed.settings)
    known = read_abstention(ws, installed.spec.space)
    assert known is not None
    write_abstention(ws, replace(known, threshold=1.01))
    try:
        answer = call("search", "a red photo", "--json")
        assert (answer.code, answer.json["hits"], answer.json["nothing_good"]) == (5, [], True)
        assert -1 <= answer.json["best_score"] < answer.json["good_from"] == 1.01
        people = call("search", "a red photo")
        assert people.code == 5
        assert "Nothing good found for 'a red photo'" in people.out
        shown = call("search", "a red photo", "--all", "--json")
        assert (shown.code, len(shown.json["hits"]), shown.json["nothing_good"]) == (0, 10, True)
        assert "none of them good" in call("search", "a red photo", "--all").out
        photo = photos(installed)[0]["photo_id"]
        assert call("search", "--like", str(photo)).code == 0, "pictures are not judged"
    finally:
        write_abstention(ws, known)


@pytest.mark.parametrize(("name", "form"), [("hits.png", "PNG"), ("hits.jpg", "JPEG")])
def test_search_writes_a_contact_sheet(installed: Finished, call: Call, tmp_path: Path, name: str, form: str) -> None:
    assert call("search", "a blue photo", "-k", "6", "--sheet", str(tmp_path / name)).code == 0
    with Image.open(io.BytesIO((tmp_path / name).read_bytes())) as sheet:
        assert sheet.format == form
        assert sheet.width >= 5 * 128  # five in a row


@pytest.mark.parametrize("arguments", [(), ("words", "--like", "abc"), ("words", "-k", "0"), ("words", "--nonsense")])
def test_a_question_that_cannot_be_asked_ends_with_2(installed: Finished, call: Call, arguments: tuple[str]) -> None:
    answer = call("search", *arguments)
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err


def test_a_contact_sheet_of_unknown_form_ends_with_2(installed: Finished, call: Call, tmp_path: Path) -> None:
    answer = call("search", "a blue photo", "--sheet", str(tmp_path / "hits.txt"))
    assert answer.code == 2
    assert ".png or .jpg" in answer.err


# show


def test_show_says_everything_and_where_it_came_from(installed: Finished, call: Call) -> None:
    photo = photos(installed)[0]
    facts = call("show", str(photo["photo_id"]), "--json").json
    assert {"catalogue", "objects", "signals", "vectors"} <= {fact["room"] for fact in facts}
    assert all(fact["from"] for fact in facts)
    known = {fact["fact"]: fact for fact in facts}
    assert known["width"]["value"] == photo["width"]
    assert str(photo["code_version"]) in known["width"]["from"]
    assert known["embedded in"]["value"] == installed.spec.space
    people = call("show", str(photo["photo_id"])[:10])
    assert people.code == 0
    assert str(photo["photo_id"]) in people.out


@pytest.mark.parametrize("name", ["0123456789abcdef", "short", "not hex at all"])
def test_a_photo_that_is_not_there_ends_with_3(installed: Finished, call: Call, name: str) -> None:
    answer = call("show", name)
    assert (answer.code, answer.out) == (3, "")
    assert "error" in answer.err


# rejected


def test_rejected_lists_objects_with_reasons(installed: Finished, call: Call) -> None:
    rows = catalogue.rejected(installed.ws).read().to_pylist()
    answer = call("rejected", "--json")
    assert answer.code == 0
    assert {row["subject"]: row["reason"] for row in answer.json} == {r["subject"]: r["reason"] for r in rows}
    assert set(answer.json[0]) == {"subject", "reason", "detail", "batch", "stage", "attempts", "at"}
    assert call("rejected", "--reason", "no such reason", "--json").json == []
    assert rows[0]["reason"] in call("rejected").out


def test_rejected_retry_hands_the_batches_of_that_reason_over(
    installed: Finished, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = []

    def carried_out(_ws: object, **plan: object) -> Outcome:
        asked.append(plan)
        return Outcome()

    monkeypatch.setattr("daguerre.cli.rejected.carry_out", carried_out)
    row = catalogue.rejected(installed.ws).read().to_pylist()[0]
    mine = catalogue.rejected(installed.ws).read(where=f"reason = '{row['reason']}'")
    answer = call("rejected", "--retry", "--reason", row["reason"])
    assert answer.code == 0
    assert f"0 of {mine.num_rows} refused objects are photos now." in answer.out
    assert [plan["retry"] for plan in asked] == [tuple(sorted(set(mine["batch"].to_pylist())))]
    assert [plan["spaces"] for plan in asked] == [(installed.spec.space,)]
    assert call("rejected", "--retry", "--reason", "no such reason", "--json").json == []
    assert len(asked) == 1


# run


def test_a_run_that_failed_ends_with_1_and_says_which(
    fresh: Settings, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = Outcome(runs=1, failures=["ingest 2026-05-01.0001 (run 01234567): photos: no room"])
    monkeypatch.setattr("daguerre.cli.run.carry_out", lambda *_, **__: failed)
    installation.install_encoder(open_workspace(fresh), tmp_path / "tiny")
    source = Path(fresh.source) / "alice"
    source.mkdir(parents=True)
    (source / "1.jpg").write_bytes(bad_files.jpeg())
    answer = call("run", fresh.source)
    assert answer.code == 1
    assert failed.failures[0] in answer.out
    assert "1 pending" in answer.out
    assert "Landed 1 new objects in 1 batches" in answer.err
    said = call("run", fresh.source, "--json").json
    assert (said["landed"], said["pending"], said["ledger_closed"]) == (0, 1, False)
    assert said["failures"] == failed.failures


# serve, doctor


def test_serve_status_says_what_is_loaded(installed: Finished, call: Call) -> None:
    answer = call("serve", "status", "--json")
    assert answer.code == 0
    assert answer.json["state"] == "answers"
    assert answer.json["url"] == installed.server
    assert f"image-{installed.spec.digest[:12]}" in answer.json["models"]
    assert "state: answers" in call("serve", "status").out


def test_serve_status_where_nothing_runs(fresh: Settings, call: Call) -> None:
    assert call("serve", "status", "--json").json["state"] == "not running"
    assert "No Triton" in call("serve", "stop").out


def test_doctor_is_well(fresh: Settings, call: Call) -> None:
    answer = call("doctor", "--json")
    assert answer.code == 0, answer.out
    assert all(set(finding) == {"what", "well", "how", "fix"} for finding in answer.json)
    store = next(finding for finding in answer.json if finding["what"] == "store")
    assert "1 of 8 racing writers won" in store["how"]
    assert list(open_workspace(fresh).store.list("doctor/")) == []


def test_doctor_finds_a_taken_port_and_a_missing_server(
    fresh: Settings, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGUERRE_TRITON_PYTHON", str(tmp_path / "nowhere/bin/python"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", fresh.ui_port))
        taken.listen()
        answer = call("doctor", "--json")
    assert answer.code == 1
    ails = {finding["what"]: finding for finding in answer.json if not finding["well"]}
    assert set(ails) == {"Triton environment", "Dagster UI port"}
    assert "DAGUERRE_UI_PORT" in ails["Dagster UI port"]["fix"]
    people = call("doctor")
    assert "ails" in people.out


# errors


@pytest.mark.parametrize(
    ("variable", "value"), [("BATCH_SIZE", "zero"), ("BATCH_SIZE", "0"), ("UI_PORT", "70000"), ("ROOT", "ftp://here")]
)
def test_a_setting_that_cannot_be_ends_with_2_and_names_itself(
    fresh: Settings, call: Call, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(f"DAGUERRE_{variable}", value)
    answer = call("status")
    assert (answer.code, answer.out) == (2, "")
    assert value in answer.err or f"DAGUERRE_{variable}" in answer.err


def test_a_source_that_is_not_there_ends_with_3(fresh: Settings, call: Call, tmp_path: Path) -> None:
    installation.install_encoder(open_workspace(fresh), tmp_path / "tiny")
    answer = call("run", str(tmp_path / "no such folder"))
    assert answer.code == 3
    assert "no such folder" in answer.err


def test_a_source_that_is_the_root_ends_with_2(fresh: Settings, call: Call, tmp_path: Path) -> None:
    installation.install_encoder(open_workspace(fresh), tmp_path / "tiny")
    assert call("run", fresh.root).code == 2


@pytest.mark.parametrize("arguments", [("nonsense",), ("run",), ("status", "--nonsense"), ("show",)])
def test_bad_arguments_end_with_2(fresh: Settings, call: Call, arguments: tuple[str, ...]) -> None:
    answer = call(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert "Error" in answer.err


@pytest.mark.parametrize(
    "command",
    ["run", "demo", "status", "search", "show", "memories", "rejected", "doctor", "ui", "models", "serve", "library"],
)
def test_every_command_explains_itself(call: Call, command: str) -> None:
    answer = call(command, "--help")
    assert answer.code == 0
    assert len(answer.out) > 200

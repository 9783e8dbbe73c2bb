from __future__ import annotations

import json
from datetime import UTC, datetime

from daguerre.cli.console import print_json, print_table, reasons


def test_json_is_one_document_whatever_is_in_it(capsys):
    print_json({"at": datetime(2026, 5, 1, tzinfo=UTC), "name": "Zoë 📷", "none": None})
    said = capsys.readouterr().out
    assert "Zoë 📷" in said
    assert json.loads(said) == {"at": "2026-05-01 00:00:00+00:00", "name": "Zoë 📷", "none": None}


def test_tables_show_numbers_as_people_read_them(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    print_table("Title", ["n", "share", "kept", "gone"], [[1234567, 0.12345, True, None]], right=["n"])
    said = capsys.readouterr().out
    assert "Title" in said
    assert said.splitlines()[-1].split() == ["1,234,567", "0.123", "yes", "-"]


def test_reasons_most_frequent_first():
    assert reasons({"empty": 1, "truncated": 1200, "corrupt": 1}) == "truncated 1,200, corrupt 1, empty 1"
    assert reasons({}) == ""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.line import Line
from benchmarks.report import number, table, write_json

RESULTS = {
    "first": [
        Line(what="fast enough", measured=9.0, unit="photos/s", limit=10.0, at_least=0.85),
        Line(what="too slow", measured=12.0, unit="s", at_most=10.0),
    ],
    "second": [Line(what="a figure", measured=1234.5, unit="MB")],
}


def test_the_table_says_of_each_line_how_near_its_limit_it_is_and_whether_that_is_enough() -> None:
    out = io.StringIO()
    Console(file=out, width=130).print(table(RESULTS))
    cells = [[cell.strip() for cell in row.split("│")[1:-1]] for row in out.getvalue().splitlines() if "│" in row]
    assert cells == [
        ["first", "fast enough", "9.00", "photos/s", "10.0", "0.90", ">= 0.85", "yes"],
        ["", "too slow", "12.0", "s", "", "", "<= 10", "no"],
        ["second", "a figure", "1,234", "MB", "", "", "", ""],
    ]


def test_the_file_holds_the_lines_and_the_conditions(tmp_path: Path) -> None:
    write_json(tmp_path / "bench.json", RESULTS, {"first": 1.5, "second": 2.0})
    content = json.loads((tmp_path / "bench.json").read_text())
    assert [(line["script"], line["what"], line["met"]) for line in content["lines"]] == [
        ("first", "fast enough", True),
        ("first", "too slow", False),
        ("second", "a figure", None),
    ]
    assert content["seconds"] == {"first": 1.5, "second": 2.0}
    assert content["cores"] >= 1
    assert {"at", "load_1min", "python"} <= content.keys()


@pytest.mark.parametrize(
    ("value", "text"), [(0.0123, "0.012"), (1.234, "1.23"), (-12.34, "-12.3"), (123.4, "123"), (12345.6, "12,346")]
)
def test_numbers_have_about_three_digits(value: float, text: str) -> None:
    assert number(value) == text

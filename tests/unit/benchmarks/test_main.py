from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from tests.unit.benchmarks import tiny


def test_what_is_asked_for_is_run_and_printed_as_one_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = []

    def apart(module: str, *, quick: bool) -> list:
        ran.append((module, quick))
        return tiny.measure(quick)

    monkeypatch.setattr(command, "measure_apart", apart)
    out = tmp_path / "bench.json"
    assert command.main(["landing", "search", "--quick", "--json", str(out)]) == 0
    assert ran == [("benchmarks.bench_landing", True), ("benchmarks.bench_search", True)]
    assert capsys.readouterr().out.count("photos/s") == 2
    assert [line["script"] for line in json.loads(out.read_text())["lines"]] == ["landing"] * 2 + ["search"] * 2


def test_an_unknown_name_is_refused_with_the_names_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["serach"])
    assert ended.value.code == 2
    assert "search" in capsys.readouterr().err

from __future__ import annotations

import importlib
import os
from pathlib import Path

import benchmarks
from benchmarks.running import NAMES, measure, measure_apart

TINY = "tests.unit.benchmarks.tiny"


def test_a_benchmark_runs_in_a_process_of_its_own() -> None:
    who, rate = measure_apart(TINY, quick=True)
    assert who.measured != os.getpid()
    assert rate.measured == 8.0
    assert rate.met is False


def test_a_benchmark_hears_whether_it_must_be_quick() -> None:
    assert [measure(TINY, quick=quick)[1].measured for quick in (True, False)] == [8.0, 9.0]


def test_every_script_has_a_name_and_every_name_a_script() -> None:
    scripts = {path.stem.removeprefix("bench_") for path in Path(benchmarks.__path__[0]).glob("bench_*.py")}
    assert scripts == set(NAMES)
    for name in NAMES:
        assert callable(importlib.import_module(f"benchmarks.bench_{name}").measure)

"""Measure every stage beside its limit, and print one table.

    python -m benchmarks [NAME ...] [--quick] [--json FILE]

The command fails when a benchmark cannot run; a target that is missed is a finding, and stands in the table.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.line import Line
from benchmarks.report import conditions, table, write_json
from benchmarks.running import NAMES, measure_apart

_WIDTH = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that are asked for; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all by default")
    parser.add_argument("--quick", action="store_true", help="small inputs: two to three minutes, rough numbers")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the lines there too")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - set(NAMES):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    results: dict[str, list[Line]] = {}
    seconds: dict[str, float] = {}
    for name in asked.names or NAMES:
        before, began = conditions(), time.perf_counter()
        results[name] = measure_apart(f"benchmarks.bench_{name}", quick=asked.quick)
        seconds[name] = round(time.perf_counter() - began, 1)
        print(f"{name}: {seconds[name]:.0f} s, load before it {before['load_1min']}", file=sys.stderr, flush=True)
    Console(width=_WIDTH).print(table(results))
    if asked.json:
        write_json(asked.json, results, seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())

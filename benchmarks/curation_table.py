"""Curation, task by task: what a common rule reaches, what is asked, what we reach. `make bench-curation` prints it.

    python -m benchmarks.curation_table [--seeds 5] [--task events]

All of it is measured in this run, on generated lives with known truth (tests/fakes), which are made hard on purpose:
it compares algorithms, and predicts no real library.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.table import Table as Grid

from benchmarks.curation_goals import Row
from benchmarks.curation_tasks import TASKS


def grid(rows: Sequence[Row], seeds: int) -> Grid:
    """Return the table for a terminal."""
    table = Grid(title=f"Curation on generated lives, mean of {seeds} seeds", title_justify="left")
    for name in ("task", "stratum", "measure", "baseline", "measured", "floor", "aim", "ours", "least", "met"):
        right = name in ("measured", "floor", "aim", "ours", "least")
        table.add_column(name, justify="right" if right else "left")
    before = ""
    for row in rows:
        goal, sign = row.goal, "+" if row.goal.of_gain else ""
        colour = {"missed": "[red]", "floor": "[yellow]", "aim": "[green]"}.get(row.met, "")
        worst = max(row.ours) if goal.at_most else min(row.ours)
        table.add_row(
            goal.task if goal.task != before else "",
            row.stratum,
            goal.measure,
            goal.baseline,
            _number(float(np.mean(row.theirs))),
            sign + _number(goal.floor) if row.asked else "",
            sign + _number(goal.aim) if row.asked else "",
            _number(float(np.mean(row.ours))),
            _number(worst),
            colour + row.met,
        )
        before = goal.task
    return table


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == 0 or abs(value) >= 100 else f"{value:.3f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. A floor that is missed is a finding, and stands in the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--task", choices=sorted(TASKS), action="append", help="only this; all by default")
    asked = parser.parse_args(arguments)
    rows: list[Row] = []
    for name in asked.task or TASKS:
        began = time.perf_counter()
        rows += TASKS[name](range(asked.seeds))
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    Console(width=150).print(grid(rows, asked.seeds))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""All lines of all benchmarks in one table, for people and as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table
from rich.text import Text

from benchmarks.line import Line

_VERDICTS = {None: Text(""), True: Text("yes", "green"), False: Text("no", "bold red")}
_DIGITS_FROM = ((1000, 0), (100, 0), (10, 1), (1, 2))


def table(results: Mapping[str, Sequence[Line]]) -> Table:
    """Return the table of lines by name of their benchmark."""
    grid = Table(title="Every stage beside its limit", title_justify="left")
    for name in ("script", "what", "measured", "unit", "limit", "ratio", "target", "met"):
        grid.add_column(name, justify="right" if name in ("measured", "limit", "ratio", "target") else "left")
    for name, lines in results.items():
        for place, line in enumerate(lines):
            grid.add_row(
                "" if place else name,
                line.what,
                number(line.measured),
                line.unit,
                "" if line.limit is None else number(line.limit),
                "" if line.ratio is None else f"{line.ratio:.2f}",
                line.target,
                _VERDICTS[line.met],
                end_section=place == len(lines) - 1,
            )
    return grid


def number(value: float) -> str:
    """Write a number with about three digits."""
    digits = next((digits for least, digits in _DIGITS_FROM if abs(value) >= least), 3)
    return f"{value:,.{digits}f}"


def write_json(path: Path, results: Mapping[str, Sequence[Line]], seconds: Mapping[str, float]) -> None:
    """Write lines, conditions and the seconds that each benchmark took."""
    lines = [{"script": name, **line.to_json()} for name, found in results.items() for line in found]
    content = {"at": datetime.now(UTC).isoformat(), **conditions(), "seconds": dict(seconds), "lines": lines}
    path.write_text(json.dumps(content, indent=1) + "\n")


def conditions() -> dict[str, str | int | float]:
    """Return what the numbers depend on."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "load_1min": round(os.getloadavg()[0], 2),
        "machine": platform.machine(),
        "python": platform.python_version(),
    }

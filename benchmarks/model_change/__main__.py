"""Change the encoder of a library while four people search it, and count what they notice.

    python -m benchmarks.model_change [--photos 30000] [--home FOLDER] [--picture FILE.svg] [--json FILE]

The first call makes the library and embeds it with the old encoder, which takes most of the time; later calls start
from a copy of that.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.model_change.change import Timeline, change
from benchmarks.model_change.findings import Findings, find, judge
from benchmarks.model_change.installation import prepare
from benchmarks.model_change.load import clients, read
from benchmarks.model_change.picture import draw
from benchmarks.model_change.wiped import wiped
from benchmarks.report import conditions
from daguerre.quality.queries import find_in_source, load_queries
from daguerre.registry.log import aliases
from daguerre.registry.releases import load_release
from daguerre.serving.server import local_server

_POLICY = Path(__file__).parent / "policy"


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the change; return 1 when a query failed or an answer mixed spaces."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], prog="benchmarks.model_change")
    parser.add_argument("--photos", type=int, default=30_000)
    parser.add_argument("--owners", type=int, default=24)
    parser.add_argument("--quiet", type=float, default=20.0, metavar="SECONDS", help="between some of the steps")
    parser.add_argument("--home", type=Path, default=Path(".bench/model-change"))
    parser.add_argument("--picture", type=Path, default=Path(".bench/model-change.svg"))
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args(arguments)
    home = asked.home.absolute()
    shutil.copytree(_POLICY, home / "policies", dirs_exist_ok=True)
    before = conditions()
    made = prepare(home, asked.photos, owners=asked.owners)
    ws = made.ws
    old = load_release(ws, aliases(ws, ws.settings.product)["production"]).spec
    timeline, record = Timeline(), home / "asked.jsonl"
    began = time.time()
    with local_server(ws):
        with clients(made.settings, record):
            new = change(made, timeline, quiet_s=asked.quiet)
        queries = load_queries(ws, find_in_source(ws))
        answers = judge(read(record), queries)
        findings = find(ws, answers, timeline, old, new, {q.id: q.text for q in queries})
        moments = wiped(ws, new, timeline, queries)
    asked.picture.parent.mkdir(parents=True, exist_ok=True)
    asked.picture.write_text(draw(answers, timeline, moments), encoding="utf-8")
    _show(timeline, findings, began)
    if asked.json:
        said = {"conditions": before, "photos": asked.photos, "findings": asdict(findings)}
        said |= {"steps": [asdict(s) for s in timeline.steps], "wiped": [asdict(m) for m in moments]}
        asked.json.write_text(json.dumps(said, indent=1) + "\n")
    return int(bool(findings.failed or findings.mixed))


def _show(timeline: Timeline, findings: Findings, began: float) -> None:
    console = Console(width=130)
    grid = Table("at s", "took s", "step", "", title="The change", title_justify="left")
    for step in timeline.steps:
        grid.add_row(f"{step.began - began:.0f}", f"{step.ended - step.began:.2f}", step.name, step.said)
    console.print(grid)
    grid = Table("what people noticed", "", title=None)
    for name, value in asdict(findings).items():
        grid.add_row(name.replace("_", " "), f"{value:,.3f}" if isinstance(value, float) else f"{value:,}")
    console.print(grid)


if __name__ == "__main__":
    raise SystemExit(main())

"""daguerre demo: make a photo library and run everything on it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from daguerre.cli.change import Change, change_model, draw_change
from daguerre.cli.console import err, out, print_json, print_table
from daguerre.cli.making import make_library
from daguerre.cli.opening import DEMO, demo_settings
from daguerre.cli.orchestrate import Outcome
from daguerre.cli.page import Example, write_page
from daguerre.cli.running import SHIPPED, carry_out, live_spaces, production_encoder
from daguerre.cli.summary import draw_summary, summarize
from daguerre.clock import frozen_clock
from daguerre.encoders.spec import EncoderSpec
from daguerre.landing.landing import land
from daguerre.landing.source import open_source
from daguerre.library.demo import demo_spec
from daguerre.registry.releases import register
from daguerre.search.service import SearchService
from daguerre.serving.opening import open_encoder
from daguerre.serving.server import local_server
from daguerre.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from daguerre.library.plan import LibraryPlan

#: What is in production when the demo begins; a better one takes its place before its end.
FIRST = "models/scene-demo/v1"
_QUESTIONS = (("dogs in the snow", "alice"), ("three birds", "bob"), ("birthday cake", "carol"))


def demo(json: Annotated[bool, typer.Option("--json", help="Print JSON and no progress.")] = False) -> None:
    """Make a generated library of three people, run every stage on it with Dagster, and show what came of it."""
    began = time.monotonic()
    settings = demo_settings()
    ws = open_workspace(settings)
    _say(json, "1. A photo library: three people, several landing days, broken files among the good ones.")
    plan = make_library(demo_spec(), Path(settings.source), quiet=json)
    _say(json, "2. Triton on loopback, the shipped encoder loaded and proven with its golden vectors.")
    with local_server(ws):
        spec, _ = production_encoder(ws, FIRST)
        with open_encoder(ws, spec.digest):
            _say(json, f"   {spec.name}, release {spec.digest[:12]}, space {spec.space}, {len(plan.rows):,} files")
        landed = _land_day_by_day(ws, plan)
        _say(json, f"3. Dagster runs for what is open ({landed:,} new objects).")
        outcome = carry_out(ws, spaces=live_spaces(ws), quiet=json)
        change: Change | None = None
        if spec.digest != (better := register(ws, settings.project / SHIPPED)).digest and not outcome.failures:
            _say(json, "4. A better encoder: two people search while it is embedded, compared and promoted.")
            change = change_model(ws, better, quiet=json)
            if change.promoted:
                spec = better
                outcome = _go_on(outcome, carry_out(ws, spaces=live_spaces(ws), quiet=True))
        examples = _searches(ws, spec)
    summary = summarize(ws, spec, outcome, landed=landed, seconds=time.monotonic() - began)
    page = settings.project / DEMO / "index.html"
    page.write_text(write_page(ws, summary, examples), encoding="utf-8")
    if json:
        print_json(summary.as_dict() | {"page": str(page), "change": change.as_dict() if change else None})
    else:
        draw_summary(summary)
        for example in examples:
            print_table(
                f"\n“{example.question}” of {example.owner}",
                ["score", "photo", "taken", "place"],
                [
                    [h.score, h.photo_id, f"{h.taken_at:%Y-%m-%d}" if h.taken_at else None, h.place]
                    for h in example.hits[:3]
                ],
            )
        if change:
            draw_change(change)
        _how_to_go_on(page)
    if outcome.failures or summary.pending or (change and (change.failed or not change.promoted)):
        raise typer.Exit(1)


def _go_on(first: Outcome, second: Outcome) -> Outcome:
    return Outcome(runs=first.runs + second.runs, failures=[*first.failures, *second.failures])


def _land_day_by_day(ws: Workspace, plan: LibraryPlan) -> int:
    """Land the library as it came in: each landing sees only what had been written by the end of its day."""
    from daguerre.library.plan import landing_days

    landed = 0
    for end in landing_days(plan):
        then = Workspace(settings=ws.settings, store=ws.store, clock=frozen_clock(end))
        landed += land(then, open_source(ws.settings.source)).new
    return landed


def _searches(ws: Workspace, spec: EncoderSpec) -> list[Example]:
    with open_encoder(ws, spec.digest) as encoder:
        service = SearchService(ws, encoder)
        return [Example(question=q, owner=o, hits=service.by_text(q, owner=o, k=8)) for q, o in _QUESTIONS]


def _how_to_go_on(page: Path) -> None:
    out.print(f"\nLook: [bold]{page}[/bold]")
    out.print("Go on (`source .venv/bin/activate` puts daguerre on the path):")
    out.print("  make ui                                   the Dagster UI: graph, partitions, runs, checks, pictures")
    out.print('  daguerre search "dogs in the snow" --owner alice')
    out.print("  daguerre memories --owner carol --html carol.html    with maps; --on 2026-12-24 for another day")
    out.print("  daguerre status                           the ledger of this library")
    out.print("  daguerre run /my/photos                   the same with your own photos, into ./data")
    out.print("  daguerre run s3://bucket/prefix           or with a bucket's")


def _say(quiet: bool, text: str) -> None:
    if not quiet:
        err.print(text)

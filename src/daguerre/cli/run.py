"""daguerre run: make a folder or a bucket of photos searchable, curated and monitored."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from daguerre.cli.console import err, out, print_json
from daguerre.cli.running import carry_out, live_spaces, production_encoder
from daguerre.cli.summary import draw_summary, summarize
from daguerre.landing.landing import land
from daguerre.landing.source import open_source
from daguerre.settings import load_settings
from daguerre.workspace import open_workspace


def run(
    source: Annotated[str, typer.Argument(help="A folder of any depth, or s3://bucket/prefix.")],
    owner: Annotated[str, typer.Option(help="Whose photos these are; default: the first folder of each key.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON and no progress.")] = False,
) -> None:
    """Land what is new in SOURCE and run every stage on it; running again does only what is new or changed.

    S3 endpoint, region and credentials come from the usual AWS variables. Ends with exit code 1 when a run failed.
    """
    ws = open_workspace(load_settings(owner=owner) if owner else load_settings())
    began = time.monotonic()
    spec, first = production_encoder(ws)
    if first and not json:
        err.print(f"Encoder {spec.name} ({spec.space}) is now in production.")
        if spec.name == "scene-demo":
            err.print("It knows generated scenes. For real photos bring real weights: `daguerre models import`.")
    report = land(ws, open_source(source), owner=ws.settings.owner)
    if not json:
        err.print(f"Landed {report.new:,} new objects in {len(report.batches)} batches; {report.known:,} were known.")
    outcome = carry_out(ws, spaces=live_spaces(ws), quiet=json)
    summary = summarize(ws, spec, outcome, landed=report.new, seconds=time.monotonic() - began)
    if json:
        print_json(summary.as_dict())
    else:
        draw_summary(summary)
        out.print('Next: `daguerre search "red flowers at sunset"`, `daguerre status`, `daguerre ui`.')
    if outcome.failures or summary.pending:
        raise typer.Exit(1)

"""daguerre rejected: what was refused, why, and another try."""

from __future__ import annotations

from typing import Annotated

import typer

from daguerre.cli.console import out, print_json, print_table
from daguerre.cli.opening import reading_workspace
from daguerre.cli.running import carry_out, live_spaces
from daguerre.tables import catalogue
from daguerre.tables.sql import quote


def rejected(
    retry: Annotated[bool, typer.Option("--retry", help="Try every refused object once more.")] = False,
    reason: Annotated[str, typer.Option(help="Only this reason.")] = "",
    limit: Annotated[int, typer.Option(help="Most rows to show.", min=1)] = 200,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the refused objects with their reasons; with --retry, compute their batches again first."""
    ws = reading_workspace()
    where = f"reason = {quote(reason)}" if reason else None
    if retry:
        batches = tuple(sorted(set(catalogue.rejected(ws).read(["batch"], where)["batch"].to_pylist())))
        if batches:
            before = catalogue.rejected(ws).count(where)
            carry_out(ws, spaces=live_spaces(ws), retry=batches, quiet=json)
            after = catalogue.rejected(ws).count(where)
            if not json:
                out.print(f"{before - after} of {before} refused objects are photos now.")
    rows = catalogue.rejected(ws).read(["subject", "reason", "detail", "batch", "stage", "attempts", "at"], where)
    records = rows.sort_by([("batch", "ascending"), ("subject", "ascending")]).slice(0, limit).to_pylist()
    if json:
        print_json(records)
        return
    print_table(
        f"Rejected: {rows.num_rows:,}",
        ["object", "reason", "detail", "batch", "tries"],
        [[_shown(r["subject"]), r["reason"], r["detail"][:80], r["batch"], r["attempts"]] for r in records],
        right=["tries"],
    )


def _shown(name: str) -> str:
    return name if name.isprintable() else repr(name)

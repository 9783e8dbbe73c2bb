"""daguerre status: what is done, what is open, what it weighs."""

from __future__ import annotations

from typing import Annotated

import typer

from daguerre.cli.console import out, print_json, print_table, reasons
from daguerre.cli.opening import reading_workspace
from daguerre.tables.ledger import LedgerRow, ledger
from daguerre.workspace import Workspace

#: Batches shown without --all; older ones are summed up.
_SHOWN = 20


def status(
    every: Annotated[bool, typer.Option("--all", help="Show every batch, not only the newest.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the ledger per batch, stage and space, the work that is open, and the disk that is used.

    Ends with exit code 4 when work is open.
    """
    ws = reading_workspace()
    rows = ledger(ws)
    used = disk_used(ws)
    still_open = sum(row.pending for row in rows)
    if json:
        print_json(
            {
                "root": ws.store.url,
                "ledger": [
                    {
                        "batch": row.batch,
                        "stage": row.stage,
                        "space": row.space,
                        "total": row.total,
                        "done": row.done,
                        "rejected": dict(row.rejected),
                        "pending": row.pending,
                    }
                    for row in rows
                ],
                "pending": still_open,
                "bytes": used,
            }
        )
    else:
        _draw(ws, rows, used, every=every)
    if still_open:
        raise typer.Exit(4)


def disk_used(ws: Workspace) -> dict[str, int]:
    """Return the bytes below the root by first folder."""
    used: dict[str, int] = {}
    for info in ws.store.list():
        place = info.key.split("/", 1)[0]
        used[place] = used.get(place, 0) + info.size
    return used


def _draw(ws: Workspace, rows: list[LedgerRow], used: dict[str, int], *, every: bool) -> None:
    if not rows:
        out.print(f"Nothing has landed in {ws.store.url} yet. `daguerre run SOURCE` begins.")
        return
    batches = sorted({row.batch for row in rows}, key=lambda batch: int(batch.rsplit(".", 1)[1]))
    shown = set(batches if every else batches[-_SHOWN:])
    print_table(
        f"Ledger of {ws.store.url}",
        ["batch", "stage", "space", "total", "done", "rejected", "pending"],
        [
            [r.batch, r.stage, r.space or "-", r.total, r.done, reasons(r.rejected) or "0", r.pending]
            for r in rows
            if r.batch in shown
        ],
        right=["total", "done", "pending"],
    )
    if hidden := len(batches) - len(shown):
        out.print(f"({hidden:,} older batches not shown; --all shows them)")
    photos = [row for row in rows if row.stage == "photos"]
    total, done = sum(r.total for r in photos), sum(r.done for r in photos)
    refused = sum(sum(r.rejected.values()) for r in photos)
    still_open = [row for row in rows if not row.closed]
    verdict = "[green]closed[/green]" if not still_open else f"[yellow]open in {len(still_open)} places[/yellow]"
    out.print(f"\n{total:,} objects = {done:,} done + {refused:,} rejected. Ledger {verdict}.")
    out.print("Disk: " + ", ".join(f"{place} {size / 1e6:,.1f} MB" for place, size in sorted(used.items())))

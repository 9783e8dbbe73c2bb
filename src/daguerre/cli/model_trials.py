"""daguerre models validate, sample, approve, nominate, backfill, complete: before anybody is answered by a release."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from daguerre.cli.console import err, out, print_json, print_table, reasons
from daguerre.cli.options import Actor, Json, Reason, ReleaseName
from daguerre.cli.running import carry_out
from daguerre.lifecycle.approval import approve as approve_release
from daguerre.lifecycle.candidacy import nominate as nominate_release
from daguerre.lifecycle.completeness import prove_complete
from daguerre.lifecycle.finding import find
from daguerre.lifecycle.interval import Interval
from daguerre.registry.log import read_state
from daguerre.serving.opening import open_encoder
from daguerre.tables.ledger import ledger
from daguerre.workspace import open_workspace


def validate(release: ReleaseName, actor: Actor, json: Json = False) -> None:
    """Ask every gate about a release, beside production in the same run. Ends with 1 when one refuses."""
    from daguerre.lifecycle.validation import validate as validate_release

    ws = open_workspace()
    spec = find(ws, release)
    found = validate_release(ws, spec.digest, actor=actor)
    if json:
        print_json(asdict(found))
    else:
        rows = [[gate.name, _verdict(gate.passed, gate.ran), gate.value, gate.limit, gate.said] for gate in found.gates]
        print_table(f"{spec.space}", ["gate", "", "value", "limit", "said"], rows, right=["value", "limit"])
        out.print("[green]passed[/green]" if found.passed else f"[red]refused[/red] by {', '.join(found.failed)}")
    if not found.passed:
        raise typer.Exit(1)


def _verdict(passed: bool, ran: bool) -> str:
    return "[green]passed[/green]" if passed else "[red]refused[/red]" if ran else "not asked"


def sample(
    release: ReleaseName,
    actor: Actor,
    size: Annotated[int, typer.Option(help="Photos, drawn by owner and year.", min=1)] = 512,
    json: Json = False,
) -> None:
    """Embed a sample, ask it, and estimate what the whole backfill costs. Nothing of it is searched by anybody."""
    from daguerre.lifecycle.sample import take_sample

    ws = open_workspace()
    spec = find(ws, release)
    with open_encoder(ws, spec.digest) as encoder:
        found = take_sample(ws, spec.digest, encoder, actor=actor, size=size, seed=ws.settings.seed)
    if json:
        print_json(asdict(found))
        return
    price, quality = found.estimate, found.quality
    out.print(f"{spec.space}: {found.sampled:,} of {found.photos:,} photos, and {found.judged:,} that queries ask for.")
    print_table(
        "The price of all",
        ["", "value", "from", "to"],
        [
            ["photos per second", *_interval(price.photos_per_s)],
            ["minutes", *_interval(price.hours, scale=60)],
            ["core minutes", *_interval(price.core_hours, scale=60)],
            ["MB stored", *_interval(price.stored_bytes, scale=1e-6)],
        ],
        right=["value", "from", "to"],
    )
    print_table(
        f"\n{quality.queries:,} queries",
        ["measure", "production", "candidate"],
        [[name, (quality.production or {}).get(name), value] for name, value in quality.candidate.items()],
        right=["production", "candidate"],
    )


def _interval(interval: Interval, scale: float = 1.0) -> list[float]:
    return [interval.value * scale, interval.low * scale, interval.high * scale]


def approve(release: ReleaseName, reason: Reason, actor: Actor, json: Json = False) -> None:
    """Say yes to a release, knowing its validation and its sample. The policy says whose yes counts."""
    ws = open_workspace()
    spec = find(ws, release)
    event = approve_release(ws, spec.digest, actor=actor, reason=reason)
    if json:
        print_json({"number": event.number, "space": spec.space, "actor": event.actor})
    else:
        yes = ", ".join(a.actor for a in read_state(ws).releases[spec.digest].approvals)
        out.print(f"{spec.space} is approved by {yes}.")


def nominate(release: ReleaseName, reason: Reason, actor: Actor, json: Json = False) -> None:
    """Make a release the candidate: photos that land are embedded into its space too, from now on."""
    ws = open_workspace()
    spec = find(ws, release)
    event = nominate_release(ws, spec.digest, actor=actor, reason=reason)
    if json:
        print_json({"number": event.number if event else None, "space": spec.space})
    else:
        said = "is the candidate" if event else "was the candidate already"
        out.print(f"{spec.space} {said}. `daguerre models backfill {spec.space}` fills its space.")


def backfill(
    release: ReleaseName, actor: Actor, reason: Reason = "its space is to be filled", json: Json = False
) -> None:
    """Fill the space of a release with every photo there is, and index it; make it the candidate if it is not yet.

    What is embedded already is not embedded again. Production answers meanwhile. Ends with 1 when something is open.
    """
    ws = open_workspace()
    spec = find(ws, release)
    if not read_state(ws).aliases_of(spec.digest):
        nominate_release(ws, spec.digest, actor=actor, reason=reason)
        if not json:
            err.print(f"{spec.space} is the candidate now.")
    outcome = carry_out(ws, spaces=(spec.space,), quiet=json)
    rows = [row for row in ledger(ws) if row.space == spec.space]
    pending = sum(row.pending for row in rows)
    if json:
        batches = [asdict(row) | {"pending": row.pending} for row in rows]
        print_json({"space": spec.space, "ledger": batches, "pending": pending, "failures": outcome.failures})
    else:
        columns = ["batch", "photos", "embedded", "rejected", "pending"]
        table = [[r.batch, r.total, r.done, reasons(r.rejected) or "0", r.pending] for r in rows]
        print_table(f"Ledger of {spec.space}", columns, table, right=["photos", "embedded", "pending"])
        for failure in outcome.failures:
            out.print(f"[red]failed[/red] {failure}")
        if not pending:
            out.print(f"Nothing is pending. `daguerre models complete {spec.space}` proves it.")
    if pending or outcome.failures:
        raise typer.Exit(1)


def complete(release: ReleaseName, actor: Actor, json: Json = False) -> None:
    """Prove photo by photo that the index of a release lacks none; say what is missing otherwise."""
    ws = open_workspace()
    found = prove_complete(ws, find(ws, release).digest, actor=actor)
    if json:
        print_json(found.to_json() | dict(found.evidence))
    else:
        out.print(f"{found.sentence()}.")

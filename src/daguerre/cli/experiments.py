"""daguerre experiments: is the candidate better, and who says so."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer

from daguerre.cli.console import out, print_json, print_table
from daguerre.encoders.archive import find_digest
from daguerre.errors import DaguerreError
from daguerre.lifecycle.experimenting import (
    default_spec,
    override_experiment,
    plan_release_experiment,
    run_release_experiment,
)
from daguerre.quality.experiments import records
from daguerre.quality.experiments.page_tables import amount
from daguerre.quality.experiments.planning import Forecast
from daguerre.quality.experiments.records import ExperimentError, Record
from daguerre.quality.experiments.spec import ExperimentSpec
from daguerre.registry.log import read_state
from daguerre.registry.state import CANDIDATE
from daguerre.stages.experiments import untold
from daguerre.stages.log_contest import Log
from daguerre.storage.ports import ObjectNotFoundError
from daguerre.workspace import Workspace, open_workspace

app = typer.Typer(no_args_is_help=True, help="Experiments: compare a candidate with production, and decide.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="The experiment's name, as `experiments list` shows it.")]


@app.command("list")
def list_(json: Json = False) -> None:
    """List the experiments, open and decided."""
    ws = open_workspace()
    rows = [_line(ws, name) for name in records.names(ws)]
    if json:
        print_json(rows)
    else:
        columns = ["experiment", "verdict", "overridden", "production", "candidate", "decided"]
        print_table("Experiments", columns, [list(row.values()) for row in rows])


@app.command()
def run(
    spec: Annotated[Path | None, typer.Argument(help="A spec, as YAML; without one the usual one is run.")] = None,
    candidate: Annotated[str, typer.Option(help="The release to compare, without a spec: alias, space or digest.")] = (
        CANDIDATE
    ),
    log: Annotated[
        str, typer.Option(help="What people did, for kinds interleaving and ab: a JSONL file, or a key.")
    ] = "",
    before: Annotated[str, typer.Option(help="What they did before an A/B experiment; narrows the intervals.")] = "",
    actor: Annotated[str, typer.Option(help="Who runs it.")] = "",
    json: Json = False,
) -> None:
    """Ask every golden query of both sides, or read what people did; decide, and write the report.

    The same data are never decided twice.
    """
    ws = open_workspace()
    source = spec or default_spec(ws, _digest(ws, candidate))
    planned = untold if json else _plan
    used = Log(during=_bytes(ws, log), before=_bytes(ws, before) if before else b"") if log else None
    actor = actor or getpass.getuser()
    _say(ws, run_release_experiment(ws, source, actor=actor, log=used, planned=planned), json=json)


@app.command()
def draft(
    candidate: Annotated[str, typer.Argument(help="The release to compare: alias, space or digest.")] = CANDIDATE,
) -> None:
    """Print the usual spec as YAML, to be changed and given to `experiments run`. What it could see stands on top."""
    import yaml

    ws = open_workspace()
    spec = default_spec(ws, _digest(ws, candidate))
    typer.echo(f"# {_foreseen(ws, spec)}")
    facts = spec.model_dump(mode="json", exclude_defaults=True)
    typer.echo(yaml.safe_dump(facts, sort_keys=False, allow_unicode=True, width=120), nl=False)


@app.command()
def show(name: Name, json: Json = False) -> None:
    """Show what an experiment decided, and where its report lies."""
    ws = open_workspace()
    if records.find_record(ws, name) is None:
        records.check_not_closed(ws, name)
    _say(ws, records.read_record(ws, name), json=json)


@app.command()
def override(
    name: Name,
    verdict: Annotated[str, typer.Option(help="PROMOTE, HOLD or BLOCK.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept for ever.")],
    actor: Annotated[str, typer.Option(help="Who decides so.")] = "",
    json: Json = False,
) -> None:
    """Decide otherwise than the record, under your own name. The record stays as it is."""
    ws = open_workspace()
    made = override_experiment(ws, name, verdict.upper(), actor=actor or getpass.getuser(), reason=reason)
    if json:
        print_json({"experiment": name, "number": made.number, "verdict": made.verdict})
    else:
        out.print(f"{made.actor} overrides {name} with {made.verdict}: {made.reason}")


@app.command()
def close(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why nobody waits for its verdict; it is kept for ever.")],
    actor: Annotated[str, typer.Option(help="Who closes it.")] = "",
    json: Json = False,
) -> None:
    """Close an experiment that is not decided and will not be: its releases may be retired again."""
    ws = open_workspace()
    made = records.close(ws, name, reason=reason, actor=actor or getpass.getuser())
    if json:
        print_json({"experiment": name, "actor": made.actor, "reason": made.reason, "at": made.at.isoformat()})
    else:
        out.print(f"{name}: {made.said()}", markup=False)


def _bytes(ws: Workspace, place: str) -> bytes:
    """Return a file, or an object of the store."""
    path = Path(place)
    try:
        return path.read_bytes() if path.is_file() else ws.store.get(place)
    except ObjectNotFoundError as e:
        raise ExperimentError(f"no file and no key {place!r}", fix="Name the log of interactions.") from e


def _plan(plan: Forecast) -> None:
    out.print(plan.said(), markup=False)


def _foreseen(ws: Workspace, spec: ExperimentSpec) -> str:
    """Return what the spec could see here; a draft can be written where nothing can be asked."""
    try:
        plan = plan_release_experiment(ws, spec)
    except DaguerreError as e:
        return " ".join(f"nobody knows how many queries it needs: {e}".split())
    return plan.said() if plan else "production's answers do not vary, so nobody knows how many queries it needs"


def _digest(ws: Workspace, name: str) -> str:
    pointers = read_state(ws).pointers
    if name in pointers:
        return pointers[name].release
    if name == CANDIDATE:
        raise ExperimentError("no release is the candidate", fix="Name one: --candidate SPACE.")
    return find_digest(ws.store, name)


def _line(ws: Workspace, name: str) -> dict[str, Any]:
    spec, record, over = records.read_spec(ws, name), records.find_record(ws, name), records.overrides(ws, name)
    return {
        "experiment": name,
        "verdict": record.verdict if record else "closed" if records.find_closing(ws, name) else "open",
        "overridden": over[-1].verdict if over else None,
        "production": spec["production"]["release"][:12],
        "candidate": spec["candidate"]["release"][:12],
        "decided": record.content["at"][:16] if record else None,
    }


def _say(ws: Workspace, record: Record, *, json: bool) -> None:
    over = records.overrides(ws, record.name)
    content = record.content
    page = ws.store.uri(records.page_key(record.name))
    if json:
        print_json(
            {
                "experiment": record.name,
                **content["decision"],
                "plan": content.get("plan"),
                "overrides": [vars(one) for one in over],
                "rows": content["rows"],
                "record": record.key,
                "sha256": record.sha256,
                "page": page,
            }
        )
        return
    out.print(f"[bold]{record.verdict}[/bold] {record.name}", markup=True)
    out.print(content["decision"]["reason"], markup=False)
    for one in over:
        out.print(f"{one.actor} overrode this with {one.verdict} on {one.at:%Y-%m-%d}: {one.reason}", markup=False)
    shown = [row for row in content["rows"] if row["slice"] == "all" or row["status"] == "worse"]
    columns = ["metric", "before", "after", "better by", "n", "status"]
    print_table("", columns, [_cells(row) for row in shown], right=columns[1:5])
    out.print(f"Report: {page}", markup=False)


def _cells(row: dict[str, Any]) -> list[object]:
    name = row["metric"] if row["slice"] == "all" else f"{row['metric']} {row['slice']}"
    gain = None
    if row["low"] is not None:
        gain = f"{amount(row, row['delta'])} ({amount(row, row['low'])} to {amount(row, row['high'])})"
    return [name, row["production"], row["candidate"], gain, row["n"], row["status"]]

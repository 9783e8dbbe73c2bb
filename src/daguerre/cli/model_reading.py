"""daguerre models list, show, history, diff, policy, verify: what there is and how it came to be."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from daguerre.cli.console import out, print_json, print_table
from daguerre.cli.model_facts import comparable, event_row, everything, overview
from daguerre.cli.opening import reading_workspace
from daguerre.cli.options import Json, ReleaseName
from daguerre.lifecycle.finding import find
from daguerre.registry.log import read_events, verify_log
from daguerre.registry.policy import load_policy
from daguerre.registry.releases import list_releases, verify_release


def list_(json: Json = False) -> None:
    """List the releases: how far each has come, what points at it, how much of the library it holds."""
    rows = overview(reading_workspace())
    if json:
        print_json(rows)
        return
    print_table(
        "Releases",
        ["encoder", "space", "phase", "aliases", "embedded", "photos", "dim", "bakes until"],
        [
            [r["encoder"], r["space"], _phase(r), ", ".join(r["aliases"]), r["embedded"], r["photos"], r["dim"],
             (r["bakes_until"] or "")[:16]]
            for r in rows
        ],
        right=["embedded", "photos", "dim"],
    )  # fmt: skip


def _phase(row: dict[str, Any]) -> str:
    """Return how far a release has come; the log leaves it at production when another one takes its place."""
    left = row["phase"] in {"production", "baking"} and "production" not in row["aliases"]
    return "superseded" if left else str(row["phase"])


def show(release: ReleaseName, json: Json = False) -> None:
    """Show everything about one release, and what stands between it and production."""
    ws = reading_workspace()
    found = everything(ws, find(ws, release).digest)
    if json:
        print_json(found)
        return
    spec, life = found["spec"], found["life"] or {}
    print_table(
        spec["space"],
        ["fact", "value"],
        [
            ["release", spec["digest"]],
            ["phase", life.get("phase", "not registered")],
            ["aliases", ", ".join(found["aliases"]) or "none"],
            ["embedded", f"{found['embedded']:,} of {found['photos']:,} photos"],
            *([name, value] for name, value in spec.items() if name not in {"digest", "space"}),
            ["bytes", found["bytes"]],
            ["registered", f"{life['registered_at']:%Y-%m-%d %H:%M} by {life['registered_by']}" if life else "no"],
            ["approved by", ", ".join(a["actor"] for a in life.get("approvals", ())) or "nobody"],
            ["shadow, canary", f"{life.get('shadow', 0):.0%} of queries, {life.get('canary', 0):.0%} of owners"],
            *([name, value] for name, value in found["quality"].items()),
        ],
    )
    print_table("\nFiles", ["name", "bytes", "sha256"], [[f["name"], f["size"], f["sha256"]] for f in found["files"]])
    if gates := found["validation"].get("gates"):
        print_table("\nValidation", ["gate", "passed", "said"], [[g["name"], g["passed"], g["said"]] for g in gates])
    if found["missing"]:
        rows = [[missing["rule"], missing["said"], missing["fix"]] for missing in found["missing"]]
        print_table("\nBetween it and production", ["rule", "what is missing", "what mends it"], rows)


def history(
    release: Annotated[str, typer.Argument(metavar="[RELEASE]", help="Only this release.")] = "",
    last: Annotated[int, typer.Option(help="Only so many events, the newest ones; 0: all.", min=0)] = 0,
    json: Json = False,
) -> None:
    """Tell what happened: when, to which release, who did it and why. The chain of the log is checked on the way."""
    ws = reading_workspace()
    spaces = {spec.digest: str(spec.space) for spec in list_releases(ws)}
    wanted = find(ws, release).digest if release else ""
    events = [e for e in read_events(ws, ws.settings.product) if wanted in {"", e.release}]
    rows = [event_row(event, spaces) for event in events[-last:]]
    if json:
        print_json(rows)
        return
    print_table(
        "History",
        ["number", "at", "what", "release", "alias", "who", "why"],
        [[r["number"], r["at"][:19], r["kind"], r["space"], r["alias"], r["actor"], r["reason"]] for r in rows],
        right=["number"],
    )


def diff(
    first: ReleaseName,
    second: ReleaseName,
    every: Annotated[bool, typer.Option("--all", help="Also show what is equal.")] = False,
    json: Json = False,
) -> None:
    """Compare two releases: specification, files, measured quality, gates, price. Vectors of two spaces never are."""
    ws = reading_workspace()
    specs = [find(ws, name) for name in (first, second)]
    a, b = (comparable(everything(ws, spec.digest)) for spec in specs)
    rows: list[dict[str, Any]] = [
        {"what": name, specs[0].space: a.get(name), specs[1].space: b.get(name)}
        for name in dict.fromkeys([*a, *b])
        if every or a.get(name) != b.get(name)
    ]
    if json:
        print_json(rows)
    elif rows:
        print_table(f"{specs[0].space} and {specs[1].space}", list(rows[0]), [list(row.values()) for row in rows])
    else:
        out.print("They are equal.")


def policy(json: Json = False) -> None:
    """Show what a promotion needs here, and from which file it is read."""
    ws = reading_workspace()
    rules = load_policy(ws)
    path = ws.settings.policies / f"{rules.product}.yaml"
    if json:
        print_json(rules.model_dump(mode="json") | {"digest": rules.digest, "file": str(path) if path.exists() else ""})
        return
    origin = str(path) if path.exists() else f"the defaults, because {path} does not exist"
    print_table(
        f"Policy of {rules.product}: {origin}",
        ["rule", "value"],
        [[name, _plain(value)] for name, value in rules.model_dump(mode="json").items()],
    )


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(part)}" for name, part in value.items())
    return ", ".join(str(part) for part in value) or "none" if isinstance(value, list) else str(value)


def verify(
    release: Annotated[str, typer.Argument(metavar="[RELEASE]", help="Only this release.")] = "", json: Json = False
) -> None:
    """Read the whole log and every byte of the releases, and name what was changed. Ends with 1 when something was."""
    ws = reading_workspace()
    state = verify_log(ws)
    retired = {digest for digest, known in state.releases.items() if known.retired}
    specs = [find(ws, release)] if release else [s for s in list_releases(ws) if s.digest not in retired]
    problems = {str(spec.space): verify_release(ws, spec.digest) for spec in specs}
    if json:
        print_json({"events": state.number, "problems": problems})
    else:
        out.print(f"The log is whole: {state.number:,} events.")
        for space, found in problems.items():
            out.print(f"{space}: " + ("; ".join(found) if found else "every file is the registered one"))
    if any(problems.values()):
        raise typer.Exit(1)

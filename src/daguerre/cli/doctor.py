"""daguerre doctor: is everything here that must be here, and what to do if not."""

from __future__ import annotations

import importlib.metadata
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated
from uuid import uuid4

import typer

from daguerre.cli.console import out, print_json
from daguerre.errors import DaguerreError
from daguerre.registry.log import aliases
from daguerre.serving.health import server_facts
from daguerre.settings import Settings, load_settings
from daguerre.storage.ports import ObjectExistsError
from daguerre.workspace import Workspace, open_workspace

_FIXED = ("apache-airflow", "dagster", "kubernetes", "tritonclient", "feast", "evidently", "boto3", "pylance")
_RACERS = 8


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at: how it is, and what to do when it is not well."""

    what: str
    well: bool
    how: str
    fix: str = ""


def doctor(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check environments, versions, ports, server and store; say what to do. Ends with exit code 1 if anything ails."""
    findings = list(_look(load_settings()))
    if json:
        print_json([vars(finding) for finding in findings])
    else:
        for finding in findings:
            mark = "[green]ok[/green]  " if finding.well else "[red]ails[/red]"
            out.print(f"{mark} {finding.what}: {finding.how}")
            if not finding.well and finding.fix:
                out.print(f"       {finding.fix}")
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)


def _look(settings: Settings) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding(
        what="Python", well=(3, 11) <= sys.version_info < (3, 13), how=version, fix="Use Python 3.11 or 3.12."
    )
    yield _packages()
    server = settings.triton_python
    yield Finding(what="Triton environment", well=server.exists(), how=str(server), fix="`make setup` creates it.")
    yield _port(settings.ui_port, "Dagster UI port", "DAGUERRE_UI_PORT")
    free = shutil.disk_usage(settings.project).free
    yield Finding(what="free disk", well=free > 2e9, how=f"{free / 1e9:,.1f} GB", fix="Free at least 2 GB.")
    try:
        ws = open_workspace(settings)
    except DaguerreError as e:
        yield Finding(what="store", well=False, how=str(e), fix="Set DAGUERRE_ROOT to a folder or s3://bucket/prefix.")
        return
    for what, look in (("store", _store), ("server", _server), ("production alias", _alias)):
        yield _guarded(what, look, ws)


def _guarded(what: str, look: Callable[[Workspace], Finding], ws: Workspace) -> Finding:
    try:
        return look(ws)
    except DaguerreError as e:
        return Finding(what=what, well=False, how=str(e), fix=e.fix)


def _packages() -> Finding:
    missing, found = [], []
    for name in _FIXED:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    how = f"missing {', '.join(missing)}" if missing else ", ".join(found)
    return Finding(what="packages", well=not missing, how=how, fix="`make setup` installs them.")


def _port(port: int, what: str, variable: str) -> Finding:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        taken = probe.connect_ex(("127.0.0.1", port)) == 0
    return Finding(
        what=what,
        well=not taken,
        how=f"{port} is {'taken' if taken else 'free'}",
        fix=f"Set {variable} to a free port.",
    )


def _store(ws: Workspace) -> Finding:
    """Race eight writers for one object: a store where two of them win would lose events and rows."""
    key = f"doctor/{uuid4().hex}"

    def create(n: int) -> bool:
        try:
            ws.store.create(key, str(n).encode())
        except ObjectExistsError:
            return False
        return True

    try:
        with ThreadPoolExecutor(_RACERS) as pool:
            winners = sum(pool.map(create, range(_RACERS)))
        whole = ws.store.get_range(key, 0, 1) != b""
    finally:
        ws.store.delete(key)
    return Finding(
        what="store",
        well=winners == 1 and whole,
        how=f"{ws.store.url}: {winners} of {_RACERS} racing writers won",
        fix="This store does not honour conditional writes; use one that does.",
    )


def _server(ws: Workspace) -> Finding:
    facts = server_facts(ws)
    return Finding(what="Triton", well=True, how=", ".join(f"{name} {value}" for name, value in facts.items()))


def _alias(ws: Workspace) -> Finding:
    digest = aliases(ws, ws.settings.product).get("production")
    return Finding(
        what="production alias",
        well=True,
        how=digest[:12] if digest else "not set; the first `daguerre run` promotes the shipped encoder",
    )

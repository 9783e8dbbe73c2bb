"""kill -9 of everything at random points, again and again: in the end all is there, nothing twice, and equal."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from daguerre.settings import Settings
from daguerre.tables.ledger import ledger
from daguerre.workspace import Workspace, open_workspace
from tests.fakes import installation
from tests.fakes.installation import Finished, daguerre

ROUNDS = int(os.environ.get("DAGUERRE_KILL_ROUNDS", "3"))
#: Which installation a row is of, and when its batch was sealed.
HERE = ["source", "ingested_at"]


def files_below(folder: Path) -> int:
    return sum(len(names) for _, _, names in os.walk(folder))


def killed_at(settings: Settings, files: int) -> bool:
    """Start a run and kill its whole group once the root has so many files; False when it ended before."""
    process = subprocess.Popen(
        [Path(sys.executable).parent / "daguerre", "run", settings.source, "--json"],
        env=os.environ | installation.variables(settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while process.poll() is None and files_below(Path(settings.root)) < files:
            time.sleep(0.01)
        ended = process.poll() is not None
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return not ended


def proxies(ws: Workspace) -> dict[str, bytes]:
    return {info.key: ws.store.get(info.key) for info in ws.store.list("proxies/")}


@pytest.mark.timeout(200 + 40 * ROUNDS)
def test_killed_runs_lose_nothing_and_do_nothing_twice(finished: Finished, tmp_path: Path) -> None:
    settings = installation.settings_in(
        tmp_path, source=str(finished.untouched), triton_url=finished.server, batch_size=20
    )
    ws = open_workspace(settings)
    spec = installation.install_encoder(ws, finished.home / "tiny")
    seed = random.SystemRandom().randrange(1 << 32)
    chance = random.Random(seed)
    whole = files_below(Path(finished.settings.root))
    kills = 0
    for left in range(ROUNDS, 0, -1):
        here = files_below(Path(settings.root))
        kills += killed_at(settings, here + 1 + int(chance.random() * 2 * max(1, whole - here) / (left + 1)))
    assert kills, f"every run ended before it was killed (seed {seed})"
    done = daguerre(settings, "run", settings.source, "--json")
    assert done.returncode == 0, f"seed {seed}\n{done.stdout}{done.stderr}"
    assert json.loads(done.stdout)["ledger_closed"] is True
    assert all(row.closed for row in ledger(ws)), f"seed {seed}"
    for name, table in installation.said(ws, spec).items():
        here = [column for column in HERE if column in table.column_names]
        assert table.drop_columns(here) == finished.said[name].drop_columns(here), f"{name}, seed {seed}"
    assert proxies(ws) == proxies(finished.ws), f"seed {seed}"

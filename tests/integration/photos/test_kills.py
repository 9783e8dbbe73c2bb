from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from daguerre.stages.photos import run_photos
from daguerre.tables import catalogue
from daguerre.tables.ledger import count_stage
from daguerre.workspace import Workspace
from tests.fakes import bad_files
from tests.integration.photos.conftest import Opened, contents, fill, landed, packs

PROJECT = Path(__file__).parents[3]
KILLS = int(os.environ.get("DAGUERRE_TEST_KILLS", "5"))

_RUN = """
import sys
from daguerre.settings import load_settings
from daguerre.stages.photos import run_photos
from daguerre.workspace import open_workspace
print("up", flush=True)
run_photos(open_workspace(load_settings()), sys.argv[1], progress=lambda p: print(p.done, flush=True))
print("end", flush=True)
"""


def _start(ws: Workspace, batch: str) -> subprocess.Popen[str]:
    settings = json.loads(ws.settings.model_dump_json(include={"root", "cache", "unit_size", "workers"}))
    env = os.environ | {f"DAGUERRE_{name.upper()}": str(value) for name, value in settings.items()}
    return subprocess.Popen(
        [sys.executable, "-c", _RUN, batch], stdout=subprocess.PIPE, text=True, env=env, cwd=PROJECT
    )


def _until(process: subprocess.Popen[str], word: str) -> float:
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == word:
            return time.monotonic()
    raise AssertionError(f"the run ended before it said {word!r}")


def test_a_run_killed_at_random_points_loses_nothing_and_doubles_nothing(tmp_path: Path, opened: Opened) -> None:
    files = {f"{n:03d}.jpg": bad_files.jpeg(seed=n, width=200, height=150) for n in range(70)}
    files |= {"clip.mp4": bad_files.video(2), "page.jpg": b"<html>", "cut.jpg": bad_files.jpeg()[:4000]}
    source = fill(tmp_path / "src", files)
    calm, killed = opened("calm", unit_size=4), opened("killed", unit_size=4)
    batch = landed(calm, source)
    assert landed(killed, source) == batch
    with _start(calm, batch) as process:
        began = _until(process, "up")
        lasts = _until(process, "end") - began
    chance = random.Random(7)
    survived = 0
    for _ in range(KILLS):
        with _start(killed, batch) as process:
            _until(process, "up")
            time.sleep(chance.uniform(0.0, lasts))
            survived += process.poll() is not None
            process.send_signal(signal.SIGKILL)
    assert survived < KILLS, "no kill hit a run at work"
    report = run_photos(killed, batch)
    assert count_stage(killed, batch, "photos").closed
    assert (report.total, report.done, report.rejected) == (73, 71, {"not_a_picture": 1, "truncated": 1})
    assert packs(killed) == packs(calm)
    left, right = contents(calm), contents(killed)
    assert all(left[name].equals(right[name]) for name in left)
    assert catalogue.photos(killed).count() == 72


def test_a_run_killed_while_it_publishes_ends_in_the_same_tables(tmp_path: Path, opened: Opened) -> None:
    source = fill(tmp_path / "src", {f"{n}.jpg": bad_files.jpeg(seed=n, width=64, height=48) for n in range(6)})
    ws = opened()
    batch = landed(ws, source)
    run_photos(ws, batch)
    expected = contents(ws)
    for forgotten in (["objects"], ["rejected", "objects"], ["photos", "rejected", "objects"]):
        for name in forgotten:
            getattr(catalogue, name)(ws).delete(f"batch = '{batch}'")
        assert run_photos(ws, batch).fresh == 0
        found = contents(ws)
        assert all(found[name].equals(expected[name]) for name in expected)

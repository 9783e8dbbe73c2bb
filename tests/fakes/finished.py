"""The one installation that the tests of assets, command line and whole runs share."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.fakes.installation import Finished

#: Every path below it has what breaks careless programs.
ODD_FOLDER = "Zoë's photos 📷 50%"


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    """`daguerre run` of a small library in two batches, as a process, below a path with spaces and more."""
    from daguerre.serving.server import local_server
    from daguerre.serving.state import server_folder
    from daguerre.workspace import open_workspace
    from tests.fakes import installation

    home = tmp_path_factory.mktemp("finished") / ODD_FOLDER
    settings = installation.settings_in(home, batch_size=20)
    plan = installation.library(home / "library", photos=32)
    shutil.copytree(home / "library", home / "untouched", copy_function=_link)
    ws = open_workspace(settings)
    spec = installation.install_encoder(ws, home / "tiny")
    with local_server(ws) as server:
        done = installation.daguerre(settings, "run", settings.source, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        yield installation.Finished(
            home=home,
            settings=settings,
            plan=plan,
            spec=spec,
            server=server.url,
            summary=json.loads(done.stdout),
            said=installation.said(ws, spec),
            untouched=home / "untouched",
        )
        state = server_folder(ws).read()
        if state:  # a session's worth of models takes half a minute to unload, and nobody needs it any more
            os.kill(state.pid, signal.SIGKILL)


def _link(source: str, target: str) -> None:
    from pathlib import Path

    Path(target).hardlink_to(source)

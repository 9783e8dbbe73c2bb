"""What the assets need of the world: one opened workspace per run, one encoder per space."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from daguerre.encoders.spec import Encoder
from daguerre.settings import load_settings
from daguerre.telemetry import Progress, ProgressSink, progress_line, silence_vendors
from daguerre.workspace import Workspace, open_workspace

#: Set by a parent process that draws progress; every report then becomes one JSON line on standard output.
PROGRESS_VARIABLE = "DAGUERRE_PROGRESS_LINES"


class Daguerre(dg.ConfigurableResource):
    """Opens the installation that the DAGUERRE_ variables of this process describe."""

    def workspace(self, run_id: str) -> Workspace:
        """Open the workspace for one run; rows written by it carry the run's id."""
        silence_vendors()
        return open_workspace(load_settings(), run_id=run_id)

    def progress(self, context: dg.AssetExecutionContext) -> ProgressSink:
        """Return where progress goes: to the parent process if it asked, else to the run's log, every tenth."""
        if os.environ.get(PROGRESS_VARIABLE):
            return _to_parent
        last = -1

        def to_log(progress: Progress) -> None:
            nonlocal last
            tenth = 10 * progress.done // max(1, progress.total)
            if tenth != last:
                last = tenth
                context.log.info("%s %s: %d of %d", progress.stage, progress.batch, progress.done, progress.total)

        return to_log

    @contextmanager
    def encoder(self, ws: Workspace, space: str) -> Iterator[Encoder]:
        """Open the encoder of a space: loaded in Triton and proven with its golden vectors."""
        from daguerre.registry.releases import find_release
        from daguerre.serving.opening import open_encoder

        with open_encoder(ws, find_release(ws, space).spec.digest) as encoder:
            yield encoder


def _to_parent(progress: Progress) -> None:
    sys.stdout.write(progress_line(progress) + "\n")
    sys.stdout.flush()

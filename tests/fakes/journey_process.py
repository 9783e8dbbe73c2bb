"""`python -m tests.fakes.journey_process DIGEST SPEC`: takes a release into production, with a line for each step."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from daguerre.cli.journey import Journey, Step
from daguerre.encoders.archive import find_digest
from daguerre.quality.experiments.spec import load_spec
from daguerre.registry.releases import load_release
from daguerre.settings import load_settings
from daguerre.telemetry import silence_vendors
from daguerre.workspace import open_workspace

PAUSE_S = 0.5


def say(name: str, seconds: float = 0.0, said: str = "") -> None:
    sys.stdout.write(json.dumps({"step": name, "seconds": seconds, "said": said}) + "\n")
    sys.stdout.flush()


def told(step: Step) -> None:
    say(step.name, step.seconds, step.said)


def main(digest: str, experiment: Path) -> int:
    silence_vendors()
    ws = open_workspace(load_settings())
    journey = Journey(
        ws=ws,
        spec=load_release(ws, find_digest(ws.store, digest)).spec,
        actor="ann",
        reason="it finds more",
        experiment=load_spec(experiment),
        pause_s=PAUSE_S,
        quiet=True,
        told=told,
    )
    say("ready")
    return 0 if journey.take() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))

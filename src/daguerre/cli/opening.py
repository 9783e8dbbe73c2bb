"""Which installation a command means: the one that is configured, or, when there is none yet, the demo's."""

from __future__ import annotations

import os
from pathlib import Path

from daguerre.cli.console import err
from daguerre.settings import Settings, load_settings
from daguerre.workspace import Workspace, open_workspace

#: Everything that the demo makes lies below this folder of the project.
DEMO = Path("demo")


def demo_settings() -> Settings:
    """Return the settings of the demo: its own root, source, scratch space and Dagster instance."""
    home = load_settings().project / DEMO
    return load_settings(
        root=str(home / "data"),
        source=str(home / "library"),
        cache=home / "cache",
        dagster_home=home / "dagster",
        policies=load_settings().project / "models/policies/demo",
        unit_size=64,
    )


def reading_settings() -> Settings:
    """Return the settings for a command that only reads.

    Whoever ran the demo and nothing else means the demo; a root that is set, or that exists, is what is meant.
    """
    settings = load_settings()
    demo = demo_settings()
    if "DAGUERRE_ROOT" in os.environ or Path(settings.root).exists() or not Path(demo.root).exists():
        return settings
    err.print("[dim](showing the demo's library; DAGUERRE_ROOT names another)[/dim]")
    return demo


def reading_workspace() -> Workspace:
    """Open the installation for a command that only reads."""
    return open_workspace(reading_settings())

"""One opened installation: its settings, its store and its clock, handed to every stage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from daguerre.clock import Clock, system_clock
from daguerre.settings import Settings, load_settings
from daguerre.storage.opening import open_store
from daguerre.storage.ports import Store


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """What a stage needs of the world."""

    settings: Settings
    store: Store
    clock: Clock = system_clock
    run_id: str = ""

    @property
    def cache(self) -> Path:
        """Return the local scratch folder; it exists, and may be deleted between two commands."""
        path = self.settings.cache
        path.mkdir(parents=True, exist_ok=True)
        return path


def open_workspace(settings: Settings | None = None, *, clock: Clock = system_clock, run_id: str = "") -> Workspace:
    """Open the installation that the settings describe."""
    settings = settings or load_settings()
    return Workspace(settings=settings, store=open_store(settings.root, create=True), clock=clock, run_id=run_id)

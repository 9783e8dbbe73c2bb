"""Releases of one product: put them in, find them again."""

from __future__ import annotations

import getpass
from pathlib import Path

from daguerre.encoders.archive import fetch_release, find_digest, store_release, stored_releases
from daguerre.encoders.bundle import build_release
from daguerre.encoders.release import Release
from daguerre.encoders.spec import EncoderSpec
from daguerre.registry.events import EventKind
from daguerre.registry.log import aliases, record
from daguerre.workspace import Workspace


def register(ws: Workspace, model_dir: Path, *, actor: str = "", reason: str = "") -> EncoderSpec:
    """Upload a model folder under its digest and say so in the log; doing it again changes nothing.

    Raises:
        ReleaseError: the folder is not a model folder.
        ReleaseTamperedError: the store holds other bytes under the same digest.
    """
    release = build_release(model_dir)
    store_release(ws.store, release)
    digest = release.spec.digest
    record(
        ws,
        EventKind.REGISTERED,
        digest,
        actor=actor or getpass.getuser(),
        reason=reason or f"{release.spec.name} registered",
        allow=lambda state: digest not in state.releases or state.releases[digest].retired,
        evidence={"name": release.spec.name, "space": release.spec.space, "dim": release.spec.dim},
    )
    return release.spec


def load_release(ws: Workspace, digest: str) -> Release:
    """Copy one release to this machine and verify the sha256 of every file.

    Raises:
        ReleaseNotFoundError, ReleaseTamperedError.
    """
    return fetch_release(ws, digest)


def find_release(ws: Workspace, name: str) -> Release:
    """Load the release that an alias, a space or the beginning of a digest names. Raises as `load_release` does."""
    digest = aliases(ws, ws.settings.product).get(name)
    return fetch_release(ws, digest or find_digest(ws.store, name))


def list_releases(ws: Workspace) -> list[EncoderSpec]:
    """Return every release in the store, in order of digest."""
    return stored_releases(ws.store)

"""What every move of a release has to look up first."""

from __future__ import annotations

from daguerre import layout
from daguerre.encoders.archive import ReleaseNotFoundError
from daguerre.encoders.release import Release, parse_manifest
from daguerre.encoders.spec import EncoderSpec
from daguerre.errors import DaguerreError
from daguerre.index.snapshot import find_snapshot
from daguerre.registry.log import UnknownReleaseError
from daguerre.registry.state import ReleaseState, State
from daguerre.storage.ports import ObjectNotFoundError
from daguerre.workspace import Workspace


class MoveError(DaguerreError):
    """The release cannot be moved."""


def stored_release(ws: Workspace, digest: str) -> Release:
    """Return a release as its manifest in the store describes it; its files are not fetched.

    Raises:
        ReleaseNotFoundError, ReleaseTamperedError.
    """
    try:
        manifest = ws.store.get(f"{layout.release(digest)}/manifest.json")
    except ObjectNotFoundError as e:
        raise ReleaseNotFoundError(digest[:12], fix="`daguerre models list` shows what is registered.") from e
    spec, files = parse_manifest(manifest, digest=digest)
    return Release(spec=spec, folder=ws.cache / "releases" / digest, files=files)


def spec_of(ws: Workspace, digest: str) -> EncoderSpec:
    """Return what a release promises. Raises as `stored_release` does."""
    return stored_release(ws, digest).spec


def known(state: State, digest: str) -> ReleaseState:
    """Return what the log knows of a release. Raises UnknownReleaseError."""
    release = state.releases.get(digest)
    if release is None:
        raise UnknownReleaseError(digest[:12], fix="`daguerre models register FOLDER` registers it.")
    return release


def published_version(ws: Workspace, digest: str) -> int | None:
    """Return the version of the release's vectors that readers read now; None before its first index."""
    snapshot = find_snapshot(ws, spec_of(ws, digest).space)
    return snapshot.version if snapshot else None


def named(digest: str, state: State) -> str:
    """Return how a release is called in a sentence: the beginning of its digest, and the aliases that name it."""
    aliases = ", ".join(state.aliases_of(digest))
    return f"{digest[:12]} ({aliases})" if aliases else digest[:12]

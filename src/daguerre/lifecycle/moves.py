"""What every move of a release has to look up first."""

from __future__ import annotations

from daguerre.encoders.archive import read_manifest
from daguerre.encoders.release import Release, parse_manifest
from daguerre.encoders.spec import EncoderSpec
from daguerre.errors import DaguerreError
from daguerre.index.snapshot import find_snapshot
from daguerre.registry.log import UnknownReleaseError
from daguerre.registry.state import ReleaseState, State
from daguerre.workspace import Workspace


class MoveError(DaguerreError):
    """The release cannot be moved."""


def stored_release(ws: Workspace, digest: str) -> Release:
    """Return a release as its manifest in the store describes it; its files are not fetched.

    Raises:
        ReleaseNotFoundError, ReleaseTamperedError.
    """
    spec, files = parse_manifest(read_manifest(ws.store, digest), digest=digest)
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


def check_reason(reason: str) -> None:
    """Refuse a move that nobody explains. Raises MoveError."""
    if not reason.strip():
        raise MoveError("no reason was given", fix="Say why; the log keeps it for good.")

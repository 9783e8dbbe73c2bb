"""Whether a release is one that work may be spent on."""

from __future__ import annotations

from daguerre.lifecycle.moves import known
from daguerre.registry.events import RegistryError
from daguerre.registry.state import ReleaseState, State


class RetiredReleaseError(RegistryError):
    """The release is retired."""


def standing(state: State, digest: str) -> ReleaseState:
    """Return what the log knows of a release that is not retired. Raises UnknownReleaseError, RetiredReleaseError."""
    release = known(state, digest)
    if release.retired:
        raise RetiredReleaseError(digest[:12], fix="Register the model folder again.")
    return release

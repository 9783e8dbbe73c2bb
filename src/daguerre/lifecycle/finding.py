"""From what a person calls a release to the release."""

from __future__ import annotations

from daguerre.encoders.archive import find_digest
from daguerre.encoders.spec import EncoderSpec
from daguerre.lifecycle.moves import spec_of
from daguerre.registry.log import read_state
from daguerre.workspace import Workspace


def find(ws: Workspace, name: str) -> EncoderSpec:
    """Return the release that an alias, a space or the beginning of a digest names; its files are not fetched.

    Raises:
        ReleaseNotFoundError: no release has that name, or several do.
        ReleaseTamperedError: its manifest was changed.
    """
    pointer = read_state(ws).pointers.get(name)
    return spec_of(ws, pointer.release if pointer else find_digest(ws.store, name))

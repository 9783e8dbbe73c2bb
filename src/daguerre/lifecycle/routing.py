"""From the log to what a search process has to keep open."""

from __future__ import annotations

from daguerre.lifecycle.moves import MoveError, spec_of
from daguerre.registry.log import read_state
from daguerre.registry.state import CANDIDATE, PREVIOUS, PRODUCTION, State
from daguerre.search.routes import Route, Routes, Share
from daguerre.workspace import Workspace


class NoProductionError(MoveError):
    """No release is in production."""

    exit_code = 3


def read_routes(ws: Workspace) -> Routes:
    """Return where queries go, all of it from one state of the log.

    A candidate takes part once its space was proven complete: before that it could only lose photos. What production
    was before is kept warm as long as there is a way back.

    Raises:
        NoProductionError: nothing was ever promoted.
        BrokenLogError: the log was tampered with.
    """
    return routes_of(ws, read_state(ws))


def routes_of(ws: Workspace, state: State) -> Routes:
    """Return the routes of one state. Raises NoProductionError."""
    if PRODUCTION not in state.pointers:
        raise NoProductionError(fix="`daguerre models promote SPACE` points production at a release.")
    production = _route(ws, state, PRODUCTION)
    warm = [_route(ws, state, PREVIOUS)] if PREVIOUS in state.pointers else []
    canary = shadow = None
    pointer = state.pointers.get(CANDIDATE)
    candidate = state.releases.get(pointer.release) if pointer else None
    if candidate and candidate.complete is not None:
        route = _route(ws, state, CANDIDATE)
        warm.append(route)
        canary = Share(route=route, share=candidate.canary) if candidate.canary > 0 else None
        shadow = Share(route=route, share=candidate.shadow) if candidate.shadow > 0 else None
    return Routes(number=state.number, production=production, canary=canary, shadow=shadow, warm=tuple(warm))


def _route(ws: Workspace, state: State, alias: str) -> Route:
    pointer = state.pointers[alias]
    release = state.releases.get(pointer.release)
    proven = (release.complete or {}).get("snapshot_version", 0) if release else 0
    space = spec_of(ws, pointer.release).space
    return Route(release=pointer.release, space=space, snapshot=max(pointer.snapshot or 0, int(proven)))

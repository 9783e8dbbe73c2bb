"""Where queries go at one moment."""

from __future__ import annotations

from dataclasses import dataclass

from daguerre.search.opened import Held
from daguerre.search.routes import Route, Share


@dataclass(frozen=True, kw_only=True)
class Place:
    """A route and what is open for it."""

    route: Route
    held: Held


@dataclass(frozen=True, kw_only=True)
class View:
    """Where queries go at one moment: read once per query, replaced as a whole.

    Attributes:
        number: Number of the log's last event that this was made from.
        canary, shadow: None while they are not open.
    """

    number: int
    production: Place
    canary: tuple[Share, Place] | None = None
    shadow: tuple[Share, Place] | None = None

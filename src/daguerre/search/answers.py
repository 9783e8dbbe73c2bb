"""What a search process says: its answers, and what it follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from daguerre.search.routes import Route, Share
from daguerre.search.service import Hit


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer, made by one route from the query's vector to the last hit.

    Attributes:
        route: What answered.
        snapshot: Version of the space's vectors that it searched.
        role: Whether production answered, or the canary.
        nothing_good: Whether the best hit is no better than what a query without any answer finds.
        seconds: From question to answer, further tries included.
        retried: How many tries failed before.
    """

    hits: list[Hit]
    route: Route
    snapshot: int
    role: Literal["production", "canary"]
    nothing_good: bool
    seconds: float
    retried: int = 0


@dataclass(frozen=True, kw_only=True)
class LiveStatus:
    """What a search process follows, and how well.

    Attributes:
        number: Last event of the log that it knows.
        production: What answers.
        wanted: What the registry names as production; another one than `production` while that cannot be opened.
        canary, shadow: What takes part now.
        as_of: When the registry was last read.
        age_s: How old that is; the alias in use is at most this stale.
        registry_reachable: Whether the registry answers.
        last_error: What does not work at present; empty when everything does.
        open: Every route that is open.
        snapshots: Version of the vectors that is searched, by space.
    """

    number: int
    production: Route
    wanted: Route
    canary: Share | None
    shadow: Share | None
    as_of: datetime
    age_s: float
    registry_reachable: bool
    last_error: str
    open: tuple[Route, ...]
    snapshots: Mapping[str, int]

"""Where a query goes: a release and the index that belongs to it, as one value."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from daguerre.ids import SpaceName


@dataclass(frozen=True, kw_only=True)
class Route:
    """One release together with the oldest version of its space's vectors that may answer for it.

    Attributes:
        release: Digest.
        space: The release's space; the index is this space's.
        snapshot: Version of the vector table that was proven complete when the alias moved; newer ones of the same
            space take its place as photos land. 0: any.
    """

    release: str
    space: SpaceName
    snapshot: int = 0


@dataclass(frozen=True, kw_only=True)
class Share:
    """A route that gets a part of the queries, from 0 to 1."""

    route: Route
    share: float

    def takes(self, key: str) -> bool:
        """Say whether this part includes `key`; a key that is in a share stays in every larger one."""
        digest = hashlib.sha256(f"{self.route.release}\0{key}".encode()).digest()
        return int.from_bytes(digest[:8], "big") < self.share * 2.0**64


@dataclass(frozen=True, kw_only=True)
class Routes:
    """Everything that a search process must know of the registry, read at once.

    Attributes:
        number: Number of the log's last event that this was folded from.
        production: Answers.
        canary: Answers the owners in its share instead of production.
        shadow: Is asked after the answer was given; nobody sees what it says.
        warm: Routes that are kept open beside, for a switch or a way back.
    """

    number: int
    production: Route
    canary: Share | None = None
    shadow: Share | None = None
    warm: tuple[Route, ...] = ()

    def all(self) -> tuple[Route, ...]:
        """Return every route that has to be open, production first."""
        others = [share.route for share in (self.canary, self.shadow) if share]
        return tuple(dict.fromkeys([self.production, *others, *self.warm]))

"""A route that is open: its service, and the queries that are under way on it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import numpy as np
import numpy.typing as npt

from daguerre.index.filters import Filters
from daguerre.index.snapshot import Snapshot
from daguerre.search.abstention import Kind
from daguerre.search.routes import Route
from daguerre.search.service import Hit, SearchError


class RouteUnfitError(SearchError):
    """What was opened is not what the registry names."""


class Service(Protocol):
    """Answers in one space from one snapshot; `SearchService` is one."""

    @property
    def snapshot(self) -> Snapshot:
        """Return the snapshot that answers."""
        ...

    def by_text(self, text: str, *, owner: str | None = None, k: int = 20, filters: Filters | None = None) -> list[Hit]:
        """Return up to k photos that the words describe, best first."""
        ...

    def by_image(
        self, rgb: npt.NDArray[np.uint8], *, owner: str | None = None, k: int = 20, filters: Filters | None = None
    ) -> list[Hit]:
        """Return up to k photos like a picture, best first."""
        ...

    def by_photo(
        self, photo_id: str, *, owner: str | None = None, k: int = 20, filters: Filters | None = None
    ) -> list[Hit]:
        """Return up to k other photos like a stored one, best first."""
        ...

    def judge(self, hits: Sequence[Hit], kind: Kind) -> bool:
        """Say whether nothing good was found."""
        ...

    def newer(self) -> Service | None:
        """Return a service of the same encoder over what is published now; None: it is this one's."""
        ...

    def warm(self, owner: str) -> None:
        """Bring an owner's vectors into memory before it asks."""
        ...

    def residents(self) -> list[str]:
        """Return the owners whose vectors lie in memory."""
        ...


class Opened(Protocol):
    """What opening a route gives: a service, and the way to let go of everything behind it."""

    @property
    def service(self) -> Service:
        """Return what answers."""
        ...

    def close(self) -> None:
        """Let go; no query is under way any more."""
        ...


class Held:
    """One opened route. It is closed once, after its last query has ended. Safe to share between threads."""

    def __init__(self, route: Route, opened: Opened) -> None:
        """Take over what was opened for a route.

        Raises:
            RouteUnfitError: it is of another space, or older than the route allows.
        """
        self._opened = opened
        self._service = opened.service
        self._lock = threading.Lock()
        self._under_way = 0
        self._leaving = False
        self._closed = False
        self._warmed: set[str] = set()
        self._owed: list[str] = []
        self.check(route)

    @property
    def service(self) -> Service:
        """Return what answers now."""
        return self._service

    def check(self, route: Route) -> None:
        """Raise RouteUnfitError unless this is what the route names."""
        snapshot = self._service.snapshot
        if snapshot.space != route.space:
            raise RouteUnfitError(f"{snapshot.space} was opened for {route.space}")
        if snapshot.version < route.snapshot:
            raise RouteUnfitError(
                f"{route.space} is published at version {snapshot.version}, {route.snapshot} was promoted",
                fix="`daguerre run` builds and publishes the index.",
            )

    @contextmanager
    def query(self) -> Iterator[Service | None]:
        """Give one service to one query from its first step to its last; None: the route is being closed."""
        with self._lock:
            service = None if self._leaving else self._service
            self._under_way += service is not None
        try:
            yield service
        finally:
            with self._lock:
                self._under_way -= service is not None

    def renew(self, *, until: Callable[[], bool]) -> bool:
        """Go over to a newer snapshot; queries under way finish on the old one. Say whether there was one.

        The owners in memory are brought over first, the one asked last before the others, for as long as `until` is
        false; `warm` brings the rest.
        """
        service = self._service.newer()
        if service is None or service.snapshot.version < self._service.snapshot.version:
            return False
        owners = self._service.residents()[::-1]
        self._warmed = _warm(service, owners, until)
        self._owed = [owner for owner in owners if owner not in self._warmed]
        self._service = service
        return True

    def warm(self, owners: list[str], *, until: Callable[[], bool]) -> None:
        """Bring owners into memory before they ask, each once: what memory cannot hold must not come again and again.

        Stops when `until` says so.
        """
        missing = [owner for owner in dict.fromkeys((*self._owed, *owners)) if owner not in self._warmed]
        self._warmed |= _warm(self._service, missing, until)
        self._owed = [owner for owner in self._owed if owner not in self._warmed]

    def leave(self) -> None:
        """Let nobody in any more."""
        with self._lock:
            self._leaving = True

    def close_if_idle(self) -> bool:
        """Close what nobody is let into any more and nobody uses; say whether it is closed."""
        with self._lock:
            if not self._leaving or self._under_way:
                return False
            first, self._closed = not self._closed, True
        if first:
            self._opened.close()
        return True


def _warm(service: Service, owners: list[str], until: Callable[[], bool]) -> set[str]:
    """Bring owners into memory until it is time to stop; return those that were."""
    done: set[str] = set()
    for owner in owners:
        if until():
            break
        service.warm(owner)
        done.add(owner)
    return done

"""Routes, services and a registry without a server: for tests of searching while the model changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np

from daguerre.ids import SpaceName
from daguerre.index.filters import Filters
from daguerre.index.query import QueryVector
from daguerre.index.snapshot import Snapshot
from daguerre.search.routes import Route, Routes
from daguerre.search.service import Hit, PhotoNotFoundError
from tests.fakes.spaces import NOW, photo_ids

PHOTOS = 40


def route(name: str, *, snapshot: int = 0) -> Route:
    """The route of a release whose digest begins with `name`."""
    return Route(release=name * 8, space=SpaceName(f"space-{name}"), snapshot=snapshot)


def snapshot_of(space: SpaceName, dim: int, version: int = 1) -> Snapshot:
    return Snapshot(space=space, dim=dim, version=version, tag="t", rows=PHOTOS, ann=False, built_at=NOW)


@dataclass(kw_only=True)
class ToyService:
    """Exact search in one space of `dim` random vectors; `pause` is called between embedding and searching."""

    space: SpaceName
    dim: int = 8
    version: int = 1
    #: The version that is published.
    published: int = 1
    pause: Callable[[], None] = lambda: None
    fault: Exception | None = None
    closed: bool = False
    threshold: float = -1.0
    warm_owners: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def snapshot(self) -> Snapshot:
        return snapshot_of(self.space, self.dim, self.version)

    @property
    def matrix(self) -> np.ndarray:
        return _matrix(self.space, self.dim, self.version)

    def query(self, text: str) -> QueryVector:
        values = np.random.default_rng([*self.space.encode(), *text.encode()]).normal(size=self.dim)
        return QueryVector(space=self.space, values=_unit(values[None])[0].astype(np.float32))

    def scores(self, query: QueryVector) -> np.ndarray:
        return self.matrix @ query.within(self.space)

    def by_text(self, text: str, *, owner: str | None = None, k: int = 20, filters: Filters | None = None) -> list[Hit]:
        assert not self.closed, "a route was closed below a query"
        self.asked.append(text)
        query = self.query(text)
        self.pause()
        if self.fault:
            raise self.fault
        scores = self.scores(query)
        assert not self.closed, "a route was closed below a query"
        return [hit(at, float(scores[at]), owner or "alice") for at in np.argsort(-scores, kind="stable")[:k].tolist()]

    def by_image(self, rgb: np.ndarray, **asked: object) -> list[Hit]:
        return self.by_text(f"picture {int(rgb.sum())}", **asked)

    def by_photo(self, photo_id: str, **asked: object) -> list[Hit]:
        if photo_id == "unknown":
            raise PhotoNotFoundError(photo_id)
        return self.by_text(photo_id, **asked)

    def judge(self, hits: Sequence[Hit], kind: str) -> bool:
        return not hits or (kind == "text" and hits[0].score < self.threshold)

    def newer(self) -> ToyService | None:
        if self.fault:
            raise self.fault
        return replace(self, version=self.published, warm_owners=[]) if self.published != self.version else None

    def warm(self, owner: str) -> None:
        self.warm_owners.append(owner)

    def residents(self) -> list[str]:
        return list(self.warm_owners)


def hit(at: int, score: float, owner: str) -> Hit:
    return Hit(
        photo_id=photo_ids(1, at)[0], picture_id=photo_ids(1, at)[0], owner_id=owner, score=score,
        taken_at=None, place=None, source_key="x",
    )  # fmt: skip


@dataclass(kw_only=True)
class ToyOpened:
    """What opening gave; `closed` counts."""

    service: ToyService
    closed: int = 0

    def close(self) -> None:
        self.closed += 1
        self.service.closed = True


@dataclass(kw_only=True)
class ToyWorld:
    """A registry that can be moved and lost, and routes that can be opened, broken and counted."""

    routes: Routes
    dims: dict[str, int] = field(default_factory=dict)
    published: dict[str, int] = field(default_factory=dict)
    broken: dict[str, Exception] = field(default_factory=dict)
    registry: Exception | None = None
    pause: Callable[[], None] = lambda: None
    opened: list[ToyOpened] = field(default_factory=list)
    polls: int = 0
    reads: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self) -> Routes:
        self.reads += 1
        if self.registry:
            raise self.registry
        return self.routes

    def newest(self, known: int) -> int:
        self.polls += 1
        if self.registry:
            raise self.registry
        return self.routes.number

    def open(self, at: Route) -> ToyOpened:
        if at.space in self.broken:
            raise self.broken[at.space]
        version = self.published.get(at.space, 1)
        service = ToyService(
            space=at.space, dim=self.dims.get(at.space, 8), version=version, published=version, pause=self.pause
        )
        opened = ToyOpened(service=service)
        with self.lock:
            self.opened.append(opened)
        return opened

    def move(self, production: Route, **others: object) -> None:
        """Append an event after which the routes are these."""
        self.routes = Routes(number=self.routes.number + 1, production=production, **others)

    def service(self, at: Route) -> ToyService:
        """The service that was opened last for a route."""
        return next(o.service for o in reversed(self.opened) if o.service.space == at.space)

    def open_now(self) -> set[str]:
        return {o.service.space for o in self.opened if not o.closed}


def world(production: Route, **facts: object) -> ToyWorld:
    """A world whose registry names one route."""
    return ToyWorld(routes=Routes(number=1, production=production), **facts)


class Time:
    """A clock that is moved by hand."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at.astimezone(UTC)

    def __call__(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        return self.at.timestamp()


def scores_of(hits: Iterable[Hit]) -> list[float]:
    return [one.score for one in hits]


@lru_cache
def _matrix(space: SpaceName, dim: int, version: int) -> np.ndarray:
    return _unit(np.random.default_rng([*space.encode(), version]).normal(size=(PHOTOS, dim)))


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)

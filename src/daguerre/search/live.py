"""Search that goes on while the model behind it changes."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from types import TracebackType
from typing import Literal

import numpy as np
import numpy.typing as npt

from daguerre.encoders.preprocess import PictureError
from daguerre.index.filters import Filters
from daguerre.index.query import SpaceMismatchError
from daguerre.index.searcher import ForeignOwnerError
from daguerre.search.answers import Answer, LiveStatus
from daguerre.search.following import Follower
from daguerre.search.opened import Opened, Service
from daguerre.search.question import Question, about_image, about_photo, about_text
from daguerre.search.routes import Route, Routes
from daguerre.search.service import PhotoNotFoundError, SearchError
from daguerre.search.shadow import Comparison, ShadowPool
from daguerre.search.traffic import TrafficLog
from daguerre.search.view import Place, View
from daguerre.serving.calls import DeadlineError
from daguerre.storage.ports import StorageError
from daguerre.workspace import Workspace

#: How long one query may try before it fails.
DEADLINE_S = 10.0
#: How often snapshots are looked at, owners warmed, figures written.
TEND_S = 2.0
#: What a service finds wrong with a question.
_ASKERS_FAULT = (SearchError, PictureError)
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 0.5


class SearchClosedError(SearchError):
    """This search process has stopped answering."""


class LiveSearch:
    """Answers from whatever the registry says is in production. Safe to share between threads.

    A query reads once where it goes and stays there until it is answered. Use as a context manager.
    """

    def __init__(
        self,
        ws: Workspace,
        *,
        read_routes: Callable[[], Routes],
        open_route: Callable[[Route], Opened],
        newest: Callable[[int], int] | None = None,
        deadline_s: float = DEADLINE_S,
        tend_s: float = TEND_S,
    ) -> None:
        """Describe what to follow; nothing is opened before the context is entered.

        Args:
            read_routes: Reads all that the registry says.
            open_route: Opens one route, proven and ready to answer.
            newest: Says cheaply what number the log's last event has, given the last one known.
            deadline_s: How long a query may try.
        """
        self._ws = ws
        self._wiring = (read_routes, open_route, newest)
        self._deadline_s = deadline_s
        self._tend_s = tend_s
        self._stop = threading.Event()
        self._numbers = count()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> LiveSearch:
        """Open production and begin to follow the registry. Raises what reading and opening raise."""
        read_routes, open_route, newest = self._wiring
        self._follower = Follower(read_routes=read_routes, open_route=open_route, newest=newest, clock=self._ws.clock)
        self.traffic = TrafficLog(self._ws)
        self._shadow = ShadowPool(self.traffic)
        for work, pause_s in ((self._follower.poll, self._ws.settings.registry_poll_s), (self._tend, self._tend_s)):
            thread = threading.Thread(target=self._every, args=(pause_s, work), name=work.__name__, daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, let queries under way finish, and write what was counted."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._shadow.close()
        self._follower.close(within_s=self._deadline_s)
        with suppress(StorageError, OSError):
            self.traffic.close()

    def by_text(self, text: str, *, owner: str | None = None, k: int = 20, filters: Filters | None = None) -> Answer:
        """Return up to k photos that the words describe, best first.

        Raises:
            SearchError, BadFilterError: the question's fault.
            Other DaguerreErrors: no try within the deadline was answered.
        """
        return self._answer(about_text(text, owner=owner, k=k, filters=filters))

    def by_image(
        self, rgb: npt.NDArray[np.uint8], *, owner: str | None = None, k: int = 20, filters: Filters | None = None
    ) -> Answer:
        """Return up to k photos like an upright `(h, w, 3) uint8` RGB picture. Raises as `by_text` does."""
        return self._answer(about_image(rgb, owner=owner, k=k, filters=filters))

    def by_photo(
        self, photo_id: str, *, owner: str | None = None, k: int = 20, filters: Filters | None = None
    ) -> Answer:
        """Return up to k other photos like a stored one. Raises PhotoNotFoundError, and as `by_text` does."""
        return self._answer(about_photo(photo_id, owner=owner, k=k, filters=filters))

    def status(self) -> LiveStatus:
        """Say what is followed, and how fresh it is. Asks nobody."""
        follower, view = self._follower, self._follower.view
        as_of = follower.as_of
        age_s = max(0.0, (self._ws.clock() - as_of).total_seconds())
        held = follower.open_routes()
        troubles = follower.troubles
        # A poll that hangs has not failed yet.
        late = age_s > 2.0 + 10 * self._ws.settings.registry_poll_s
        return LiveStatus(
            number=follower.wanted.number,
            production=view.production.route,
            wanted=follower.wanted.production,
            canary=view.canary[0] if view.canary else None,
            shadow=view.shadow[0] if view.shadow else None,
            as_of=as_of,
            age_s=age_s,
            registry_reachable=follower.reachable and not late,
            last_error=troubles[-1] if troubles else "",
            open=tuple(held),
            snapshots={route.space: one.service.snapshot.version for route, one in held.items()},
        )

    def _answer(self, question: Question) -> Answer:
        answer = self._from_canary(question) or self._from_production(question)
        self.traffic.answered(
            answer.route.release,
            answer.role,
            answer.seconds,
            nothing=answer.nothing_good,
            retried=answer.retried,
        )
        return answer

    def _from_canary(self, question: Question) -> Answer | None:
        """Return the canary's answer when the owner is in its share; None: production has to answer."""
        chosen = self._view.canary
        if question.owner is None or chosen is None or not chosen[0].takes(question.owner):
            return None
        place = chosen[1]
        with place.held.query() as service:
            if service is None:
                return None
            try:
                return _made(question, place, service, "canary")
            except PhotoNotFoundError:  # production may have it
                return None
            except _ASKERS_FAULT:
                raise
            except Exception:  # whatever it is, nobody shall notice
                self.traffic.failed(place.route.release, "canary")
                self._follower.doubt(place)
                return None

    def _from_production(self, question: Question) -> Answer:
        retried = 0
        while True:
            view = self._view
            place = view.production
            with place.held.query() as service:
                if service is None:  # it was switched off between two lines
                    continue
                try:
                    answer = _made(question, place, service, "production", retried=retried)
                except _ASKERS_FAULT:
                    raise
                except Exception as e:
                    error = e
                else:
                    self._compare(view, question, answer)
                    return answer
            self._pause(error, place, question, retried)
            retried += 1

    def _pause(self, error: Exception, place: Place, question: Question, retried: int) -> None:
        """Wait a little before the next try; raise when there is no sense or no time in trying."""
        left = question.asked_at + self._deadline_s - time.monotonic()
        mixed = isinstance(error, (SpaceMismatchError, ForeignOwnerError))
        if left <= 0 or mixed:
            self.traffic.failed(place.route.release, "production")
        # A server that is silent does not come back by itself, as one that ended does.
        if retried or left <= 0 or isinstance(error, DeadlineError):
            self._follower.doubt(place)
        if left <= 0 or mixed:
            raise error
        pause = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0**retried)
        self._stop.wait(min(left, random.uniform(0, pause)))  # noqa: S311 - jitter

    def _compare(self, view: View, question: Question, answer: Answer) -> None:
        """Have the shadow asked the same, for a sample of the queries."""
        if view.shadow is None:
            return
        share, place = view.shadow
        if place.held is view.production.held or not share.takes(f"{self._ws.settings.seed}:{next(self._numbers)}"):
            return
        self._shadow.offer(
            Comparison(
                release=place.route.release,
                held=place.held,
                ask=question.ask,
                seen=[hit.photo_id for hit in answer.hits],
                offered_at=time.monotonic(),
            )
        )

    @property
    def _view(self) -> View:
        if self._stop.is_set():
            raise SearchClosedError
        return self._follower.view

    def _tend(self) -> None:
        self._follower.tend()
        with suppress(StorageError, OSError):  # written with a later minute
            self.traffic.flush()

    def _every(self, pause_s: float, work: Callable[[], None]) -> None:
        while not self._stop.wait(pause_s):
            work()


def _made(
    question: Question, place: Place, service: Service, role: Literal["production", "canary"], *, retried: int = 0
) -> Answer:
    hits = question.ask(service)
    return Answer(
        hits=hits,
        route=place.route,
        snapshot=service.snapshot.version,
        role=role,
        nothing_good=service.judge(hits, question.kind),
        seconds=time.monotonic() - question.asked_at,
        retried=retried,
    )

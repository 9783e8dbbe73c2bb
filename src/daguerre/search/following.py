"""How a search process follows the registry: open what it names, then switch, never the other way round."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from daguerre.clock import Clock
from daguerre.search.opened import Held, Opened
from daguerre.search.routes import Route, Routes, Share
from daguerre.search.view import Place, View

_log = logging.getLogger(__name__)

#: A route is the same one to open whatever snapshot it asks for at least.
_Key = tuple[str, str]
_REGISTRY: _Key = ("registry", "")
_CLOSING: _Key = ("closing", "")

#: A route that fails although it is open is opened again, not more often than this.
DOUBT_S = 5.0
#: Owners are brought into a new route's memory for so long before it takes over; the rest follows in the background.
WARM_S = 2.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0


@dataclass
class _Trouble:
    """A route that could not be opened."""

    tries: int
    again_at: float
    said: str


class Follower:
    """Keeps everything open that the registry names, and says where queries go.

    Nothing here is called by a query but `view`, a plain attribute. `poll` and `tend` are called by one thread each.
    """

    def __init__(
        self,
        *,
        read_routes: Callable[[], Routes],
        open_route: Callable[[Route], Opened],
        newest: Callable[[int], int] | None,
        clock: Clock,
        now: Callable[[], float] = time.monotonic,
        spawn: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        """Read the routes and open production; raise what that raises.

        `newest` says cheaply how far the log has come; without it the routes are read at every poll. `spawn` runs an
        opening beside everything else, by default in a thread of its own.
        """
        self._read_routes = read_routes
        self._open_route = open_route
        self._newest = newest
        self._clock = clock
        self._now = now
        self._spawn = spawn or self._in_thread
        self._lock = threading.RLock()
        self._threads: list[threading.Thread] = []
        self._held: dict[_Key, Held] = {}
        self._leaving: list[Held] = []
        self._opening: set[_Key] = set()
        self._troubles: dict[_Key, _Trouble] = {}
        self._doubted: dict[_Key, float] = {}
        self._closed = False
        self.wanted = read_routes()
        self.as_of: datetime = clock()
        held = self._opened(self.wanted.production)
        self._held[_key(self.wanted.production)] = held
        self.view = View(number=self.wanted.number, production=Place(route=self.wanted.production, held=held))
        self._arrange()

    def poll(self) -> None:
        """Ask the registry whether anything moved, and go after it. Never raises: what answers goes on answering."""
        try:
            known = self.wanted.number
            if self._newest is None or self._newest(known) != known:
                self._want(self._read_routes())
            self.as_of = self._clock()
            self._settled(_REGISTRY)
        except Exception as e:
            self._trouble(_REGISTRY, e)
        self._arrange()

    def tend(self) -> None:
        """Take up newer snapshots, bring owners into memory where they may be needed next, close what is left."""
        with self._lock:
            held = dict(self._held)
        for (release, space), one in held.items():
            trouble = (f"keeping up {release}", space)
            try:
                one.renew(until=self._after(WARM_S))
                self._warm(one)
                self._settled(trouble)
            except Exception as e:
                self._trouble(trouble, e)
        self._arrange()
        self.sweep()

    def doubt(self, place: Place) -> None:
        """Open a route again that fails although it is open; the new one takes over when it stands."""
        key = _key(place.route)
        with self._lock:
            if self._held.get(key) is not place.held or self._now() < self._doubted.get(key, 0.0):
                return
            self._doubted[key] = self._now() + DOUBT_S
            self._begin(place.route, anew=True)

    def sweep(self) -> bool:
        """Close what nobody needs or uses any more; say whether nothing is left."""
        with self._lock:
            leaving = list(self._leaving)
        self._settled(_CLOSING)
        for held in leaving:
            try:
                closed = held.close_if_idle()
            except Exception as e:
                self._trouble(_CLOSING, e)
                closed = True
            if closed:
                with self._lock:
                    self._leaving = [one for one in self._leaving if one is not held]
        return not self._leaving

    def close(self, *, within_s: float) -> None:
        """Let nobody in, wait for the queries under way, close everything."""
        with self._lock:
            self._closed = True
            self._leave(set())
        for thread in self._threads:
            thread.join()
        deadline = self._now() + within_s
        while not self.sweep() and self._now() < deadline:
            time.sleep(0.01)

    @property
    def troubles(self) -> tuple[str, ...]:
        """Return what does not work at present, the latest last."""
        with self._lock:
            return tuple(trouble.said for trouble in self._troubles.values())

    @property
    def reachable(self) -> bool:
        """Say whether the last poll reached the registry."""
        return _REGISTRY not in self._troubles

    def open_routes(self) -> dict[Route, Held]:
        """Return what is open of what is wanted, and of what answers."""
        with self._lock:
            routes = dict.fromkeys((*self.wanted.all(), self.view.production.route))
            return {route: self._held[_key(route)] for route in routes if _key(route) in self._held}

    def _want(self, routes: Routes) -> None:
        with self._lock:
            if routes.number != self.wanted.number:  # somebody did something: try again at once
                self._troubles = {k: t for k, t in self._troubles.items() if k == _REGISTRY}
            self.wanted = routes

    def _arrange(self) -> None:
        """Begin to open what is missing, and look where queries should go from now on."""
        with self._lock:
            if self._closed:
                return
            for route in self.wanted.all():
                if self._place(route) is None:
                    self._begin(route)
            self._switch()

    def _switch(self) -> None:
        wanted, before = self.wanted, self.view
        # What cannot be opened must not end what answers.
        kept = before.production.route
        production = self._place(wanted.production) or Place(route=kept, held=self._held[_key(kept)])
        self.view = View(
            number=wanted.number,
            production=production,
            canary=self._share(wanted.canary),
            shadow=self._share(wanted.shadow),
        )
        if production.route != before.production.route:
            fields = {"event": wanted.number, "was": before.production.route.space, "is": production.route.space}
            _log.info("production switched", extra={"fields": fields})
        self._leave({*map(_key, wanted.all()), _key(production.route)})

    def _share(self, share: Share | None) -> tuple[Share, Place] | None:
        place = self._place(share.route) if share else None
        return (share, place) if share and place else None

    def _place(self, route: Route) -> Place | None:
        """Return what is open for a route, if it is new enough."""
        held = self._held.get(_key(route))
        if held is None:
            return None
        if held.service.snapshot.version < route.snapshot:
            return None
        return Place(route=route, held=held)

    def _leave(self, needed: set[_Key]) -> None:
        for key in [key for key in self._held if key not in needed]:
            self._see_off(self._held.pop(key))

    def _see_off(self, held: Held) -> None:
        held.leave()
        self._leaving.append(held)

    def _begin(self, route: Route, *, anew: bool = False) -> None:
        key = _key(route)
        trouble = self._troubles.get(key)
        if self._closed or key in self._opening or (trouble and self._now() < trouble.again_at):
            return
        self._opening.add(key)
        self._spawn(lambda: self._open(route, anew=anew))

    def _open(self, route: Route, *, anew: bool) -> None:
        key = _key(route)
        before = self._held.get(key)
        try:
            if before and not anew:  # its snapshot is too old, no more
                before.renew(until=self._after(WARM_S))
                before.check(route)
            else:
                held = self._opened(route)
                self._warm(held)
                with self._lock:
                    self._held[key] = held
                    self._arrange()
                    if before:
                        self._see_off(before)
            self._settled(key)
        except Exception as e:
            self._trouble(key, e)
        finally:
            with self._lock:
                self._opening.discard(key)
                if self._closed:
                    self._leave(set())
        self._arrange()

    def _opened(self, route: Route) -> Held:
        opened = self._open_route(route)
        try:
            return Held(route, opened)
        except BaseException:
            opened.close()
            raise

    def _warm(self, held: Held) -> None:
        """Bring those owners into memory that production has there, for a limited time."""
        answering = self.view.production.held
        owners = answering.service.residents()[::-1] if held is not answering else []
        held.warm(owners, until=self._after(WARM_S))

    def _after(self, seconds: float) -> Callable[[], bool]:
        """Return what says whether the time is over, or everything is."""
        end = self._now() + seconds
        return lambda: self._closed or self._now() >= end

    def _trouble(self, key: _Key, error: Exception) -> None:
        with self._lock:
            before = self._troubles.pop(key, None)
            tries = before.tries + 1 if before else 0
            if not before:
                _log.warning("not following", extra={"fields": {"what": " ".join(key), "error": f"{error}"}})
            pause = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** min(tries, 10))
            self._troubles[key] = _Trouble(tries=tries, again_at=self._now() + pause, said=f"{error}")

    def _settled(self, key: _Key) -> None:
        with self._lock:
            self._troubles.pop(key, None)

    def _in_thread(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name="opening a route", daemon=True)
        self._threads = [t for t in self._threads if t.is_alive()] + [thread]
        thread.start()


def _key(route: Route) -> _Key:
    return (route.release, route.space)

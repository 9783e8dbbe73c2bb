"""What people notice of a model change: the switch, the shadow, a server that dies. Two tiny releases on a real Triton.

The shadow's cost is the median of paired ratios: blocks of two seconds with and without it take turns in one process,
with two clients that ask without a pause. The switch is the time from the return of the call that moves the alias to
the first answer from the other release; the candidate was open before, as it is in a real change.
"""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.line import Line
from daguerre.lifecycle.opening import OpenRoute, open_live_search
from daguerre.lifecycle.rollback import roll_back
from daguerre.lifecycle.routing import read_routes
from daguerre.search.live import LiveSearch
from daguerre.search.routes import Routes, Share
from daguerre.serving.server import stop_server
from daguerre.serving.state import server_folder
from tests.fakes.two_releases import OWNERS, PALETTE, Clients, Installed, install

SHARE, CLIENTS, BLOCK_S = 0.1, 2, 2.0
SWITCH_LIMIT_S = 1.0
SHADOW_LIMIT = 1.1


@dataclass(kw_only=True)
class Shadowed:
    """Routes whose shadow can be switched on and off."""

    base: Routes
    on: bool = False
    number: int = 1000

    def read(self) -> Routes:
        """Return the routes as they are now."""
        share = Share(route=self.base.warm[0], share=SHARE) if self.on else None
        return replace(self.base, number=self.number, shadow=share)

    def turn(self, search: LiveSearch, *, on: bool) -> None:
        """Switch the shadow, and wait until the search has noticed."""
        self.on = on
        self.number += 1
        while (search.status().shadow is not None) != on:
            time.sleep(0.01)


def measure(quick: bool) -> list[Line]:
    with tempfile.TemporaryDirectory() as folder:
        installed = install(Path(folder))
        try:
            there_s, back_s, gap_s = changes(installed, times=3 if quick else 10)
            ratio, plain_ms = shadow(installed, pairs=4 if quick else 15)
        finally:
            stop_server(installed.ws)
    return [
        Line(what="promotion until it answers", measured=there_s, unit="s", at_most=SWITCH_LIMIT_S),
        Line(what="rollback until it answers", measured=back_s, unit="s", at_most=SWITCH_LIMIT_S),
        Line(what="server killed: longest answer", measured=gap_s, unit="s"),
        Line(
            what=f"p50 beside a shadow of {SHARE:.0%}",
            measured=ratio * plain_ms,
            unit="ms",
            limit=plain_ms,
            at_most=SHADOW_LIMIT,
        ),
    ]


def changes(installed: Installed, *, times: int) -> tuple[float, float, float]:
    """Return the longest promotion, the longest rollback, and the longest answer while the server is killed."""
    ws = installed.ws
    old, new = (release.spec.digest for release in installed.releases)
    there, back = [], []
    with open_live_search(ws, deadline_s=60.0) as search, Clients(search=search) as clients:
        installed.nominate(1)
        while new not in {route.release for route in search.status().open}:
            time.sleep(0.02)
        for _ in range(times):
            installed.promote(1)
            there.append(clients.wait_for(lambda answer: answer.route.release == new))
            roll_back(ws, actor="benchmark", reason="there and back")
            back.append(clients.wait_for(lambda answer: answer.route.release == old))
        state, seen = server_folder(ws).read(), len(clients.answers)
        assert state is not None
        os.kill(state.pid, signal.SIGKILL)
        while server_folder(ws).read() in (None, state):
            time.sleep(0.01)
        clients.wait_for(lambda answer: answer.seconds < 0.5)
        gap_s = max(answer.seconds for _, _, answer in clients.answers[seen:])
    assert clients.failed == []
    return max(there), max(back), gap_s


def shadow(installed: Installed, *, pairs: int) -> tuple[float, float]:
    """Return the ratio of the medians with and without a shadow, and the median without, in milliseconds."""
    ws = installed.ws
    routes = Shadowed(base=read_routes(ws))
    ratios, plain = [], []
    with LiveSearch(
        ws,
        read_routes=routes.read,
        open_route=lambda route: OpenRoute(ws, route),
        newest=lambda _: routes.number,
    ) as search:
        while len(search.status().open) < 2:
            time.sleep(0.05)
        _block(search)
        for _ in range(pairs):
            routes.turn(search, on=False)
            without = _block(search)
            routes.turn(search, on=True)
            ratios.append(_block(search) / without)
            plain.append(without)
    return float(np.median(ratios)), 1e3 * float(np.median(plain))


def _block(search: LiveSearch) -> float:
    """Return the median seconds of an answer while all clients ask."""
    taken: list[float] = []

    def ask(client: int) -> None:
        end, n = time.monotonic() + BLOCK_S, client
        while time.monotonic() < end:
            n += 1
            taken.append(search.by_text(f"a {PALETTE[n % 6]} photo", owner=OWNERS[n % 2], k=10).seconds)

    threads = [threading.Thread(target=ask, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return float(np.median(taken))

"""Asking a candidate what production was asked, after people have their answer."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from daguerre.search.agreement import overlap_at_k, rank_biased_overlap
from daguerre.search.opened import Held, Service
from daguerre.search.service import Hit
from daguerre.search.traffic import TrafficLog

#: How many places of two rankings are compared for the overlap.
COMPARED_K = 10
#: Threads of the shadow give way to those that answer people.
_NICE = 10
#: A thread of the shadow rests so many times longer than it worked: it never takes more than a quarter of a core.
REST = 3.0


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One query that production has answered.

    Attributes:
        release: Digest of the candidate.
        ask: The same question, to be put to any service.
        seen: What production answered, best first.
    """

    release: str
    held: Held
    ask: Callable[[Service], list[Hit]]
    seen: Sequence[str]
    offered_at: float


class ShadowPool:
    """A few threads and a short queue. What does not fit, or comes too late, is dropped and counted."""

    def __init__(
        self, log: TrafficLog, *, threads: int = 1, waiting: int = 32, deadline_s: float = 2.0, rest: float = REST
    ) -> None:
        """Start the threads; `close` ends them."""
        self._log = log
        self._rest = rest
        self._deadline_s = deadline_s
        self._queue: queue.Queue[Comparison | None] = queue.Queue(waiting)
        self._closed = threading.Event()
        self._threads = [threading.Thread(target=self._work, name="shadow", daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def offer(self, comparison: Comparison) -> None:
        """Ask the candidate later, or never. Returns at once."""
        try:
            self._queue.put_nowait(comparison)
        except queue.Full:
            self._log.dropped(comparison.release)

    def close(self) -> None:
        """Drop what waits and end the threads; the query under way is finished."""
        self._closed.set()
        for _ in self._threads:
            with suppress(queue.Full):  # a full queue wakes them as well
                self._queue.put_nowait(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        with suppress(OSError, AttributeError):  # on Linux a thread has a priority of its own
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        while not self._closed.is_set():
            comparison = self._queue.get()
            if comparison is not None:
                began = time.monotonic()
                self._compare(comparison)
                self._closed.wait(self._rest * (time.monotonic() - began))

    def _compare(self, comparison: Comparison) -> None:
        release = comparison.release
        with comparison.held.query() as service:
            began = time.monotonic()
            if service is None or self._closed.is_set() or began - comparison.offered_at > self._deadline_s:
                self._log.dropped(release)
                return
            try:
                hits = comparison.ask(service)
            except Exception:  # whatever it is, it is the candidate's fault and nobody else's
                self._log.failed(release, "shadow")
                return
            seconds = time.monotonic() - began
        if time.monotonic() - comparison.offered_at > self._deadline_s:
            self._log.dropped(release)
            return
        found = [hit.photo_id for hit in hits]
        self._log.compared(
            release,
            seconds,
            overlap=overlap_at_k(comparison.seen, found, COMPARED_K),
            rbo=rank_biased_overlap(comparison.seen, found),
        )

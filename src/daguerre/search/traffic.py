"""What search processes answered, per minute and release: written by each process, added up by whoever asks."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from daguerre import layout
from daguerre.search.tallies import Role, Tally, TrafficMinute
from daguerre.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class ShadowFigures:
    """How a release compared with production, on queries that it was asked in the shadow.

    Attributes:
        queries: Queries that both answered.
        failed: Queries that it could not answer.
        dropped: Queries that it was not asked, because it was busy, or whose answer came too late.
        overlap: Mean share of the first ten that both named.
        rbo: Mean rank-biased overlap, p = .9.
        p50_ms, p99_ms: Its own time to answer.
    """

    queries: int
    failed: int
    dropped: int
    overlap: float
    rbo: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, kw_only=True)
class TrafficFigures:
    """What one release answered to people.

    Attributes:
        answered: Queries answered, over all roles but the shadow.
        failed: Queries that it could not answer in time; a canary's are answered by production then.
        retried: Further tries that answers took.
        error_share: `failed` of all that it was asked.
        nothing_share: Share of the answers that were "nothing good found".
        p50_ms, p99_ms: Time to answer; 0 without answers.
        roles: Answers by role.
        shadow: What it did in the shadow; None: it was not asked.
    """

    answered: int
    failed: int
    retried: int
    error_share: float
    nothing_share: float
    p50_ms: float
    p99_ms: float
    roles: Mapping[str, int]
    shadow: ShadowFigures | None = None


#: How often the minute that runs is written.
EVERY_S = 10.0


class TrafficLog:
    """Counts what this process answers, and writes one object a minute. Safe to share between threads.

    The minute that runs is written again and again, each time with all that it holds: a process that is killed loses
    the last seconds, and whoever watches a release need not wait for the minute to end. A store that is away costs
    nothing before `keep_minutes` have piled up; the oldest are given up then.
    """

    def __init__(self, ws: Workspace, *, keep_minutes: int = 60, every_s: float = EVERY_S) -> None:
        self._ws = ws
        self._every = timedelta(seconds=every_s)
        self._keep = keep_minutes
        began = ws.clock().astimezone(UTC)
        self._process = f"{began:%Y%m%dT%H%M%S}-{os.getpid()}-{secrets.token_hex(4)}"
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._written_at = began
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._minutes: dict[datetime, dict[tuple[str, Role], Tally]] = {}

    def answered(self, release: str, role: Role, seconds: float, *, nothing: bool = False, retried: int = 0) -> None:
        """Count an answer that somebody saw."""
        with self._lock:
            tally = self._tally(release, role)
            tally.answered += 1
            tally.nothing += nothing
            tally.retried += retried
            tally.latency.add(1e3 * seconds)

    def compared(self, release: str, seconds: float, *, overlap: float, rbo: float) -> None:
        """Count an answer that was given in the shadow."""
        with self._lock:
            tally = self._tally(release, "shadow")
            tally.answered += 1
            tally.overlap += overlap
            tally.rbo += rbo
            tally.latency.add(1e3 * seconds)

    def failed(self, release: str, role: Role) -> None:
        """Count a query that the release could not answer."""
        with self._lock:
            self._tally(release, role).failed += 1

    def dropped(self, release: str) -> None:
        """Count a query that the release was not asked in the shadow after all."""
        with self._lock:
            self._tally(release, "shadow").dropped += 1

    def flush(self) -> None:
        """Write the minutes that are over, and the running one when it is time. Raises StorageError; loses nothing."""
        if self._ws.clock() - self._written_at >= self._every:
            self.close()
        else:
            self._write(before=self._minute())

    def close(self) -> None:
        """Write everything, the running minute too. Raises StorageError."""
        self._written_at = self._ws.clock()
        self._write(before=datetime.max.replace(tzinfo=UTC))

    def _tally(self, release: str, role: Role) -> Tally:
        tallies = self._minutes.setdefault(self._minute(), {})
        while len(self._minutes) > self._keep:
            del self._minutes[min(self._minutes)]
        return tallies.setdefault((release, role), Tally())

    def _minute(self) -> datetime:
        """Return the running minute. A clock that is set back does not open a minute that was written already."""
        self._latest = max(self._latest, self._ws.clock().astimezone(UTC).replace(second=0, microsecond=0))
        return self._latest

    def _write(self, *, before: datetime) -> None:
        """Put whole minutes; a minute that was written before goes out again with all that it holds."""
        with self._writing:
            with self._lock:
                ready = {m: {key: t.copy() for key, t in ts.items()} for m, ts in self._minutes.items() if m < before}
            for minute, tallies in ready.items():
                record = TrafficMinute(process=self._process, minute=minute, tallies=tallies)
                self._ws.store.put(record.key(self._ws.settings.product), record.to_json())
                if minute < self._minute():
                    with self._lock:
                        self._minutes.pop(minute, None)


def read_traffic(ws: Workspace, since: datetime, until: datetime | None = None) -> dict[str, TrafficFigures]:
    """Return what every release answered in the minutes from `since` to `until`, by default now, of all processes.

    The minutes that hold `since` and `until` count as a whole. What a process answered in the last seconds it may not
    have written yet.
    """
    sums: dict[str, dict[Role, Tally]] = {}
    for minute in _minutes(ws, since, until or ws.clock()):
        for (release, role), tally in minute.tallies.items():
            sums.setdefault(release, {}).setdefault(role, Tally()).add(tally)
    return {release: _figures(roles) for release, roles in sums.items()}


def _minutes(ws: Workspace, since: datetime, until: datetime) -> Iterator[TrafficMinute]:
    folder = layout.traffic(ws.settings.product)
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    first, last = (f"{folder}{at:%Y-%m-%d/%H%M}" for at in (since, until))
    for days in range((until.date() - since.date()).days + 1):
        day = since + timedelta(days=days)
        for info in ws.store.list(f"{folder}{day:%Y-%m-%d}/"):
            if first <= info.key[: len(first)] <= last:
                yield TrafficMinute.from_json(ws.store.get(info.key))


def _figures(roles: Mapping[Role, Tally]) -> TrafficFigures:
    seen = Tally()
    for role, tally in roles.items():
        if role != "shadow":
            seen.add(tally)
    asked = seen.answered + seen.failed
    return TrafficFigures(
        answered=seen.answered,
        failed=seen.failed,
        retried=seen.retried,
        error_share=seen.failed / asked if asked else 0.0,
        nothing_share=seen.nothing / seen.answered if seen.answered else 0.0,
        p50_ms=seen.latency.quantile(0.5),
        p99_ms=seen.latency.quantile(0.99),
        roles={role: tally.answered for role, tally in roles.items() if role != "shadow"},
        shadow=_shadow(roles["shadow"]) if "shadow" in roles else None,
    )


def _shadow(tally: Tally) -> ShadowFigures:
    n = tally.answered
    return ShadowFigures(
        queries=n,
        failed=tally.failed,
        dropped=tally.dropped,
        overlap=tally.overlap / n if n else 0.0,
        rbo=tally.rbo / n if n else 0.0,
        p50_ms=tally.latency.quantile(0.5),
        p99_ms=tally.latency.quantile(0.99),
    )

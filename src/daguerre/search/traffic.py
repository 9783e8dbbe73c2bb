"""What search processes answered, per minute and release: written by each process, added up by whoever asks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from daguerre import layout
from daguerre.search.latency import LatencyHistogram
from daguerre.workspace import Workspace

#: Who saw the answer: people whom production answers, owners in the canary's share, nobody.
Role = Literal["production", "canary", "shadow"]
#: How many places of two rankings are compared.
COMPARED_K = 10


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


@dataclass(kw_only=True)
class Tally:
    """Counts of one release in one role."""

    answered: int = 0
    failed: int = 0
    nothing: int = 0
    retried: int = 0
    dropped: int = 0
    overlap: float = 0.0
    rbo: float = 0.0
    latency: LatencyHistogram = field(default_factory=LatencyHistogram)

    def add(self, other: Tally) -> None:
        """Add what another one counted."""
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.latency.merge(other.latency)

    def to_json(self) -> dict[str, Any]:
        """Return the counts."""
        return {**{name: getattr(self, name) for name in _NUMBERS}, "latency": self.latency.to_json()}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Tally:
        """Read what `to_json` returned."""
        return cls(**{**record, "latency": LatencyHistogram.from_json(record["latency"])})


_NUMBERS = ("answered", "failed", "nothing", "retried", "dropped", "overlap", "rbo")


@dataclass(frozen=True, kw_only=True)
class TrafficMinute:
    """What one process answered in one minute.

    Attributes:
        process: Names the process and its start; no two have the same.
        minute: When it began, aware UTC.
        tallies: By release and role.
    """

    process: str
    minute: datetime
    tallies: Mapping[tuple[str, Role], Tally]

    def key(self, product: str) -> str:
        """Return where the minute is kept; minutes of a day lie together, in order."""
        return f"{layout.traffic(product)}{self.minute:%Y-%m-%d/%H%M}-{self.process}.json"

    def to_json(self) -> bytes:
        """Encode the minute."""
        rows = [{"release": r, "role": role, **tally.to_json()} for (r, role), tally in sorted(self.tallies.items())]
        record = {"process": self.process, "minute": self.minute.isoformat(), "tallies": rows}
        return json.dumps(record, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, data: bytes) -> TrafficMinute:
        """Decode a minute."""
        record = json.loads(data)
        tallies = {(row.pop("release"), row.pop("role")): Tally.from_json(row) for row in record["tallies"]}
        return cls(process=record["process"], minute=datetime.fromisoformat(record["minute"]), tallies=tallies)


def read_traffic(ws: Workspace, since: datetime, until: datetime | None = None) -> dict[str, TrafficFigures]:
    """Return what every release answered in the minutes from `since` to `until`, by default now, of all processes.

    The minutes that hold `since` and `until` count as a whole. Of the minute that is still running a process has not
    written anything yet.
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

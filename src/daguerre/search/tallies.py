"""What one process answered in one minute, as counts that can be added up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from daguerre import layout
from daguerre.search.latency import LatencyHistogram

#: Who saw the answer: people whom production answers, owners in the canary's share, nobody.
Role = Literal["production", "canary", "shadow"]


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

    def copy(self) -> Tally:
        """Return the counts as they are now."""
        now = Tally()
        now.add(self)
        return now

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

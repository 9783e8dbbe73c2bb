"""One entry of the release log."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from daguerre.errors import DaguerreError
from daguerre.storage.canonical import canonical_json
from daguerre.storage.digest import sha256_hex

#: What the first event continues.
GENESIS = "0" * 64


class RegistryError(DaguerreError):
    """The release log refuses."""


class BrokenLogError(RegistryError):
    """The release log was tampered with, or events are missing."""


class EventKind(StrEnum):
    """What happened to a release."""

    #: Its files are in the store.
    REGISTERED = "registered"
    #: It passed every gate of a validation; the evidence has the numbers.
    VALIDATED = "validated"
    #: It failed a gate; the reason names it.
    REFUSED = "refused"
    #: A sample of photos was embedded and asked; the evidence says what the rest will cost.
    SAMPLED = "sampled"
    #: The actor says yes.
    APPROVED = "approved"
    #: Its space was proven to hold every photo.
    COMPLETED = "completed"
    #: A share of queries is asked in the shadow from now on; a share of 0 ends it.
    SHADOWED = "shadowed"
    #: A share of owners is answered by it from now on; a share of 0 ends it.
    CANARY = "canary"
    #: An experiment about it was decided.
    DECIDED = "decided"
    #: An alias points at it from now on.
    PROMOTED = "promoted"
    #: Its probation in production is over.
    BAKED = "baked"
    #: It left production, or is no candidate any more.
    ROLLED_BACK = "rolled back"
    #: Its vectors, its index and its models are given up.
    RETIRED = "retired"


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to one release, who did it and why.

    Attributes:
        number: Place in the log, from 1.
        previous: sha256 of the event before, hex; `GENESIS` for the first.
        release: Digest.
        alias: The alias that was moved; empty when none was.
        snapshot: Version of the space's vector table that moved with the alias.
        evidence: What the decision rests on: figures, keys of reports.
    """

    number: int
    previous: str
    kind: EventKind
    product: str
    release: str
    alias: str = ""
    snapshot: int | None = None
    actor: str
    reason: str
    at: datetime
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Return what the next event must name as `previous`."""
        return sha256_hex(self.to_json())

    def to_json(self) -> bytes:
        """Encode the event; equal events have equal bytes."""
        return canonical_json(asdict(self) | {"at": self.at.isoformat()})

    @classmethod
    def from_json(cls, data: bytes) -> Event:
        """Read one event. Raises BrokenLogError."""
        try:
            record = json.loads(data)
            record["at"] = datetime.fromisoformat(record["at"])
            record["kind"] = EventKind(record["kind"])
            event = cls(**record)
        except (ValueError, TypeError, KeyError) as e:
            raise BrokenLogError(f"an event cannot be read ({e})") from e
        if event.to_json() != data:
            raise BrokenLogError(f"event {event.number} is not written as this program writes it")
        return event

"""What one stage says when it has dealt with one batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from daguerre.errors import DaguerreError


class StageError(DaguerreError):
    """A stage cannot run."""


class UpstreamOpenError(StageError):
    """The stage before this one has not closed its ledger for the batch."""


@dataclass(frozen=True, kw_only=True)
class StageReport:
    """Counts of one (batch, stage, space), and the figures worth showing.

    Attributes:
        total: Objects or photos that the stage had to deal with.
        done: How many of them have a result now, counted from what is stored.
        rejected: Refusals by reason, counted from what is stored.
        fresh: How many results this very call computed; the rest was there already.
        seconds: Wall time of this call.
        figures: Further numbers by name, unit in the name.
    """

    stage: str
    batch: str = ""
    space: str = ""
    total: int
    done: int
    rejected: Mapping[str, int] = field(default_factory=dict)
    fresh: int = 0
    seconds: float = 0.0
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def pending(self) -> int:
        """Return what has neither a result nor a reason."""
        return self.total - self.done - sum(self.rejected.values())

    @property
    def closed(self) -> bool:
        """Say whether total = done + rejected."""
        return self.pending == 0

    @property
    def photos_per_s(self) -> float:
        """Return fresh results per second of this call; 0 when nothing was computed."""
        return self.fresh / self.seconds if self.fresh and self.seconds else 0.0

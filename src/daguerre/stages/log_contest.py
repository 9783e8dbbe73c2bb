"""Two releases that people used: what is compared is what they did, as it was logged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from daguerre.quality.experiments.interactions import METRICS, Interaction, evidence_of, read_log
from daguerre.quality.experiments.planning import Spread, spreads_of_log
from daguerre.quality.experiments.spec import ExperimentSpec
from daguerre.stages.contest import Measured
from daguerre.storage.digest import sha256_hex
from daguerre.telemetry import ProgressSink

_LEARNT_FROM = {
    "interleaving": "lists that differ as much as lists can",
    "ab": "what people did before",
}


@dataclass(frozen=True, kw_only=True)
class Log:
    """What people did, as JSON lines.

    Attributes:
        during: One line per list that was shown: visit, person, query, shown, clicked, and `side` or `teams`.
        before: What the same people did before an A/B experiment; empty: unknown.
    """

    during: bytes
    before: bytes = b""


@dataclass(frozen=True, kw_only=True)
class LogContest:
    """Implements `Contest` for experiments that people decide. Without a log it only recognises what was decided."""

    spec: ExperimentSpec
    log: Log | None

    clusters = ("person", "owner")

    def __post_init__(self) -> None:
        """Read the log: one that cannot be read begins no experiment. Raises InteractionError."""
        _ = self.during, self.before

    @property
    def metrics(self) -> Mapping[str, str]:
        """Return what a log of this kind holds."""
        return METRICS[self.spec.kind]

    @property
    def slices(self) -> Sequence[str]:
        """Return what lists can be told apart by; people cannot."""
        return ("query",) if self.spec.kind == "interleaving" else ()

    @property
    def learnt_from(self) -> str:
        """Return what is known beforehand."""
        return _LEARNT_FROM[self.spec.kind]

    @cached_property
    def during(self) -> Sequence[Interaction]:
        """Return what people did."""
        return read_log(self.log.during if self.log else b"")

    @cached_property
    def before(self) -> Sequence[Interaction]:
        """Return what they did before."""
        return read_log(self.log.before if self.log else b"")

    def query_set(self) -> str:
        """Return what the spec says: people ask what they like."""
        return self.spec.query_set

    def data(self, before: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the digests of the logs; without a log, nothing speaks against what was decided before."""
        if self.log is None:
            return before
        return {
            "log": sha256_hex(self.log.during),
            "before": sha256_hex(self.log.before) if self.log.before else "",
            "searches": len(self.during),
            "people": len({one.person for one in self.during}),
            "production": {"release": self.spec.production.release},
            "candidate": {"release": self.spec.candidate.release},
        }

    def foresee(self) -> Mapping[str, Spread]:
        """Look at what people did before; what they chose is not looked at."""
        return spreads_of_log(self.spec, self.during, self.before)

    def measure(self, progress: ProgressSink) -> Measured:
        """Read the log."""
        values, validity = evidence_of(self.spec, self.during, before=self.before)
        return Measured(
            data=self.data({}),
            pairs=values,
            validity=validity,
            rows=[],
            judged_shares={},
            likeness=None,
            cost={},
        )

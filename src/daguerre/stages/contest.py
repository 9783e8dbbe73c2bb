"""What every kind of experiment gives to the stage that decides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from daguerre.quality.experiments.judge import Values
from daguerre.quality.experiments.planning import Spread
from daguerre.quality.experiments.validity import Validity
from daguerre.telemetry import ProgressSink


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Both sides of an experiment, measured.

    Attributes:
        data: What the verdict is about, by digest and version.
        pairs: Values by metric.
        rows: What the record keeps of each query.
        judged_shares: How much of what each side showed carries a judgement.
        likeness: How alike two spaces are; None within one space.
        cost: What each side costs; empty when nothing was asked.
    """

    data: Mapping[str, Any]
    pairs: Values
    validity: Validity
    rows: Sequence[Mapping[str, Any]]
    judged_shares: Mapping[str, float]
    likeness: Mapping[str, Any] | None
    cost: Mapping[str, Mapping[str, float | None]]


class Contest(Protocol):
    """Two sides that answer the same questions."""

    @property
    def metrics(self) -> Mapping[str, str]:
        """Return what can be measured, with what it means."""
        ...

    @property
    def slices(self) -> Sequence[str]:
        """Return what questions can be told apart by."""
        ...

    @property
    def clusters(self) -> Sequence[str]:
        """Return what makes questions move together."""
        ...

    @property
    def learnt_from(self) -> str:
        """Return, for a person, what `foresee` looks at."""
        ...

    def query_set(self) -> str:
        """Return the sha256 of the questions that there are; empty when there are none."""
        ...

    def data(self, before: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what the data of an earlier run are now, without opening anything."""
        ...

    def foresee(self) -> Mapping[str, Spread]:
        """Return what is known of each metric before the candidate is asked: production is, once."""
        ...

    def measure(self, progress: ProgressSink) -> Measured:
        """Ask both sides every question."""
        ...

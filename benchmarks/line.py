"""What a benchmark says: one measurement, the limit beside it, and what is asked of the two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row of the table.

    Attributes:
        measured: In `unit`.
        limit: What cannot be beaten, or what is compared with; measured in the same run, in `unit`.
        at_least: Asked of the ratio where there is a limit, otherwise of the measurement.
        at_most: As `at_least`, from above.
    """

    what: str
    measured: float
    unit: str
    limit: float | None = None
    at_least: float | None = None
    at_most: float | None = None

    @property
    def ratio(self) -> float | None:
        """Return measured / limit."""
        return self.measured / self.limit if self.limit else None

    @property
    def target(self) -> str:
        """Return what is asked, in signs; empty when nothing is."""
        asked = ((">=", self.at_least), ("<=", self.at_most))
        return " and ".join(f"{sign} {bound:g}" for sign, bound in asked if bound is not None)

    @property
    def met(self) -> bool | None:
        """Say whether the target is met; None without one."""
        if not self.target:
            return None
        judged = self.measured if self.ratio is None else self.ratio
        return (self.at_least is None or judged >= self.at_least) and (self.at_most is None or judged <= self.at_most)

    def to_json(self) -> dict[str, Any]:
        """Return the line as JSON values."""
        return {
            "what": self.what,
            "measured": self.measured,
            "unit": self.unit,
            "limit": self.limit,
            "ratio": self.ratio,
            "target": self.target,
            "met": self.met,
        }

"""What one comparison found, and how to say it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """How one subject, or a whole batch, stands against its reference."""

    OK = "ok"
    WARN = "warn"
    BLOCK = "block"
    NOT_ENOUGH_ROWS = "not_enough_rows"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One subject compared with the reference.

    Attributes:
        method: How `value` is measured, with its unit.
        value: None when it cannot be measured.
        warn_at: From here on a warning.
        threshold: From here on it blocks; None for what may only warn.
        detail: What a person needs beside the numbers.
    """

    subject: str
    method: str
    value: float | None
    warn_at: float
    threshold: float | None
    status: Status
    detail: str = ""

    def reason(self) -> str:
        """Say why this finding does not pass."""
        if self.value is None:
            return f"{self.subject}: {self.detail}"
        bound = self.threshold if self.status is Status.BLOCK and self.threshold is not None else self.warn_at
        return f"{self.subject} {self.value:.3g} over {bound:.3g} ({self.detail})"

    def to_row(self) -> dict[str, str | float]:
        """Return the finding as one line of a table; the same columns for every finding."""
        return {
            "status": self.status.value,
            "subject": self.subject,
            "value": "" if self.value is None else round(self.value, 4),
            "warns_at": round(self.warn_at, 4),
            "blocks_at": "never" if self.threshold is None else round(self.threshold, 4),
            "method": self.method,
            "detail": self.detail,
        }

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self) | {"status": self.status.value}


@dataclass(frozen=True, kw_only=True)
class DriftReport:
    """One batch against its reference window.

    Attributes:
        report_key: The Evidently report in the store (HTML); empty for a batch without a reference.
        record_key: The same findings as JSON: the record that later batches learn their thresholds from.
        rows_reference, rows_current: Photos on each side.
        least_rows: Fewer than that on a side: no verdict.
    """

    batch: str
    verdict: Status
    findings: tuple[Finding, ...]
    report_key: str
    record_key: str
    reference: tuple[str, ...]
    rows_reference: int
    rows_current: int
    least_rows: int

    def failed_rows(self) -> list[dict[str, str | float]]:
        """Return what warns or blocks as lines of a table, worst first."""
        return [f.to_row() for f in by_urgency(self.findings) if f.status in {Status.WARN, Status.BLOCK}]

    def sentence(self) -> str:
        """Say the verdict and its reasons in one line."""
        sizes = f"{self.rows_current} photos against {self.rows_reference} before"
        if self.verdict is Status.NOT_ENOUGH_ROWS:
            return f"not enough rows for a verdict: {sizes}; each side needs {self.least_rows}"
        if self.verdict is Status.OK:
            return f"no drift in {len(self.findings)} comparisons: {sizes}"
        reasons = [f.reason() for f in by_urgency(self.findings) if f.status in {Status.WARN, Status.BLOCK}]
        more = f"; {len(reasons) - 5} more" if len(reasons) > 5 else ""
        return f"{self.verdict.value}: {'; '.join(reasons[:5])}{more} ({sizes})"

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self) | {
            "verdict": self.verdict.value,
            "findings": [f.to_json() for f in self.findings],
            "said": self.sentence(),
        }


def by_urgency(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Order findings: what blocks first, then warnings, each by subject."""
    order = [Status.BLOCK, Status.WARN, Status.NOT_ENOUGH_ROWS, Status.OK]
    return tuple(sorted(findings, key=lambda f: (order.index(f.status), f.subject)))

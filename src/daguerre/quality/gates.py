"""From findings to a verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from daguerre.quality.findings import Finding, Status


def verdict(findings: Iterable[Finding], *, enough: bool) -> Status:
    """Return the worst status there is, or that there were not `enough` rows to have one."""
    if not enough:
        return Status.NOT_ENOUGH_ROWS
    found = {f.status for f in findings}
    return next((status for status in (Status.BLOCK, Status.WARN) if status in found), Status.OK)


def without_verdict(findings: Iterable[Finding]) -> list[Finding]:
    """Keep what was measured and take back what was judged: there were too few rows."""
    return [replace(f, status=Status.NOT_ENOUGH_ROWS) for f in findings]

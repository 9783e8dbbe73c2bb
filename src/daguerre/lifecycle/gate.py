"""One question that a candidate has to answer, and what came out."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """The outcome of one gate.

    Attributes:
        name: What is asked, one word or two joined by `_`; refusals name it.
        value: What was measured; None: nothing that is a finite number.
        limit: What `value` was compared with.
        said: The outcome in a sentence.
        ran: False when an earlier failure made asking unsafe or pointless; such a gate is not passed and not to blame.
    """

    name: str
    passed: bool
    value: float | None = None
    limit: float | None = None
    said: str
    ran: bool = True

    def to_row(self) -> dict[str, Any]:
        """Return the outcome as plain data."""
        return asdict(self)


def measured(name: str, *, passed: bool, value: float, limit: float, said: str) -> GateResult:
    """Return the outcome of a gate that measured a number; a number that is not finite never passes."""
    finite = math.isfinite(value)
    return GateResult(
        name=name, passed=passed and finite, value=float(value) if finite else None, limit=limit, said=said
    )


def not_run(name: str, because: str) -> GateResult:
    """Return the outcome of a gate that was not asked."""
    return GateResult(name=name, passed=False, ran=False, said=f"not asked: {because}")


def failed_names(gates: tuple[GateResult, ...]) -> tuple[str, ...]:
    """Return the gates that were asked and not passed, in order."""
    return tuple(g.name for g in gates if g.ran and not g.passed)

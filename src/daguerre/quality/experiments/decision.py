"""One verdict, and the sentence that a person can act on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from daguerre.quality.experiments.judge import Judgement, Row
from daguerre.quality.experiments.spec import ALL, ExperimentSpec
from daguerre.quality.experiments.wording import noun


class Verdict(StrEnum):
    """What is to be done with the candidate; of several that apply, the first."""

    #: The run says nothing: mend it and run again.
    INVALID = "INVALID"
    #: Something surely got worse.
    BLOCK = "BLOCK"
    #: Nothing is proven either way.
    HOLD = "HOLD"
    #: A success metric surely got better, and every guardrail is proven harmless.
    PROMOTE = "PROMOTE"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The outcome of an experiment.

    Attributes:
        reason: Why, as a sentence.
        queries_needed: For HOLD, the queries that would settle it; None when more of them are no help.
    """

    verdict: Verdict
    reason: str
    rows: tuple[Row, ...]
    queries_needed: int | None = None


def decide(spec: ExperimentSpec, judgement: Judgement) -> Decision:
    """Decide on the bounds of intervals, never on point estimates.

    In this order: INVALID when the run has a fault; BLOCK when a success metric is surely below production, or a
    guardrail surely lost more than its margin, in all or in a slice; HOLD when a guardrail is not proven to have
    lost less than its margin, or when no success metric is surely above production; else PROMOTE. Slices can block,
    but a slice does not have to prove itself: it rarely holds enough queries for that.
    """
    rows = judgement.rows
    gating = [row for row in rows if row.role != "diagnostic"]
    if judgement.faults:
        return Decision(verdict=Verdict.INVALID, reason=_sentence(judgement.faults), rows=rows)
    if worse := [row for row in gating if row.status == "worse"]:
        return Decision(verdict=Verdict.BLOCK, reason=_sentence(row.said for row in worse), rows=rows)
    whole = [row for row in gating if row.slice == ALL]
    unproven = [row for row in whole if row.role == "guardrail" and row.status == "unclear"]
    tried = [row for row in whole if row.role == "success"]
    won = [row for row in tried if row.status == "better"]
    if unproven or not won:
        return _hold(rows, unproven if won else [*unproven, *tried], noun(spec.kind))
    caveats = dict.fromkeys(row.caveat for row in whole if row.caveat)
    return Decision(verdict=Verdict.PROMOTE, reason=_sentence([*(row.said for row in won), *caveats]), rows=rows)


def _hold(rows: tuple[Row, ...], open_rows: list[Row], things: str) -> Decision:
    needed = [row.needed for row in open_rows]
    most = max((count for count in needed if count is not None), default=None)
    seen = open_rows[0].n
    if most is not None:
        way_out = f"about {most:,} {things} would settle it, there were {seen:,}"
    else:
        way_out = f"{seen:,} {things} were enough to see what was asked for, so more of them will hardly change this"
    reason = f"{_sentence(row.said for row in open_rows)} {way_out[0].upper()}{way_out[1:]}."
    return Decision(verdict=Verdict.HOLD, reason=reason, rows=rows, queries_needed=most)


def _sentence(parts: Iterable[str]) -> str:
    return "; ".join(parts) + "."

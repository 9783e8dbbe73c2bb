"""Whether a run may say anything at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from daguerre.quality.experiments.spec import ExperimentSpec
from daguerre.quality.experiments.split import split_p


@dataclass(frozen=True, kw_only=True)
class Validity:
    """What was seen of the run itself, before any effect is read.

    Attributes:
        asked: Queries that were asked.
        lost_pairs: Of these, how many have no answer on one side; failures are never lost by chance.
        judged_share: Share of the shown results that carry a judgement. Without one, a new find counts as wrong.
        split: People that saw production and the candidate, for kind `ab`.
        problems: What else makes the run worthless, as sentences, as in "the golden queries changed meanwhile".
    """

    asked: int
    lost_pairs: int = 0
    judged_share: float = 1.0
    split: tuple[int, int] | None = None
    problems: tuple[str, ...] = ()


def faults_of(spec: ExperimentSpec, validity: Validity) -> Iterator[str]:
    """Yield a sentence for everything that makes the run say nothing."""
    yield from validity.problems
    if validity.asked < 1:
        yield "no query was asked"
    elif validity.lost_pairs > spec.lost_max * validity.asked:
        yield (
            f"{validity.lost_pairs} of {validity.asked} queries have no answer on one side; "
            f"{spec.lost_max:.1%} may be lost, because failures do not hit by chance"
        )
    if not validity.judged_share >= spec.judged_min:
        yield (
            f"only {validity.judged_share:.0%} of the results carry a judgement, {spec.judged_min:.0%} have to: "
            "judge the new finds, or the candidate is punished for them"
        )
    if spec.kind == "ab":
        if validity.split is None:
            yield "nobody counted how many people saw each side"
        elif (p := split_p(validity.split, spec.split)) < spec.srm_alpha:
            old, new = validity.split
            yield (
                f"{old} people saw production and {new} the candidate, {spec.split:.0%} were meant to (p = {p:.1g}): "
                "the assignment is broken, and so is every effect"
            )

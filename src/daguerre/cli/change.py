"""A model change while people search, and what they noticed of it."""

from __future__ import annotations

import getpass
import time
from dataclasses import asdict, dataclass
from typing import Any

from daguerre.cli.asking import Asking, people
from daguerre.cli.console import err, out, print_table
from daguerre.cli.journey import Journey, Step
from daguerre.encoders.spec import EncoderSpec
from daguerre.lifecycle.opening import open_live_search
from daguerre.quality.queries import find_in_source, load_queries
from daguerre.registry.log import read_state
from daguerre.registry.releases import load_release
from daguerre.registry.state import PRODUCTION
from daguerre.workspace import Workspace

_PEOPLE, _PAUSE_S = 2, 0.2
#: How long people search before the change begins, after it, and while the candidate is in the shadow and a canary.
_BEFORE_S, _AFTER_S, _TRIAL_S = 3.0, 3.0, 3.0


@dataclass(frozen=True, kw_only=True)
class Change:
    """How a change went.

    Attributes:
        promoted: Whether the new release is in production.
        steps: What was done.
        asked, failed: Queries that people put meanwhile, and those that got no answer.
        answered: Queries answered by space.
        before, after: Mean nDCG@10 of the answers of the old space and of the new one.
        switch_s: From the event that promotes to the first answer of the new space; None: it was not promoted.
        median_ms: Of all answers.
    """

    promoted: bool
    old: str
    new: str
    seconds: float
    steps: tuple[Step, ...]
    asked: int
    failed: int
    answered: dict[str, int]
    before: float
    after: float
    switch_s: float | None
    median_ms: float

    def as_dict(self) -> dict[str, Any]:
        """Return the change for JSON."""
        return asdict(self)


def change_model(ws: Workspace, new: EncoderSpec, *, quiet: bool = False) -> Change:
    """Bring a registered release into production while two people search; a call that was killed is gone on with.

    Raises:
        MoveError: the policy forbids a step.
        OrchestratorError: a run of the backfill failed.
    """
    old = load_release(ws, read_state(ws).pointers[PRODUCTION].release).spec
    began = time.monotonic()
    journey = Journey(
        ws=ws,
        spec=new,
        actor=getpass.getuser(),
        reason=f"{new.name} {new.digest[:8]} finds more of what people ask for",
        pause_s=_TRIAL_S,
        quiet=True,
        told=lambda step: None if quiet else err.print(f"   {step.seconds:6.1f} s  {step.name:<11}{step.said}"),
    )
    queries = load_queries(ws, find_in_source(ws))
    with open_live_search(ws) as search, people(search, queries, count=_PEOPLE, pause_s=_PAUSE_S) as asking:
        time.sleep(_BEFORE_S)
        promoted = journey.take()
        time.sleep(_AFTER_S)
    return _change(journey, asking, old, new, promoted=promoted, seconds=time.monotonic() - began)


def _change(
    journey: Journey, asking: Asking, old: EncoderSpec, new: EncoderSpec, *, promoted: bool, seconds: float
) -> Change:
    ended = next((step.began + step.seconds for step in journey.steps if step.name == "promote"), None)
    first = asking.first_of(new.space, ended) if ended else None
    return Change(
        promoted=promoted,
        old=old.space,
        new=new.space,
        seconds=seconds,
        steps=tuple(journey.steps),
        asked=len(asking.asked),
        failed=asking.failed,
        answered=dict(asking.by_space),
        before=asking.quality(old.space),
        after=asking.quality(new.space),
        switch_s=first - ended if first and ended else None,
        median_ms=asking.median_ms(),
    )


def draw_change(change: Change) -> None:
    """Print what people noticed."""
    switch = "not promoted" if change.switch_s is None else f"{change.switch_s:.2f} s after the promotion"
    answered = ", ".join(f"{count} by {space}" for space, count in sorted(change.answered.items()))
    print_table(
        "\nThe model was changed while two people searched",
        ["what", "measured"],
        [
            ["queries that got no answer", f"{change.failed} of {change.asked} ({answered})"],
            ["nDCG@10 of their answers", f"{change.before:.3f} before, {change.after:.3f} after"],
            ["first answer of the new space", switch],
            ["median time of an answer", f"{change.median_ms:.0f} ms, with the backfill on the same cores"],
            ["the whole change", f"{change.seconds:.0f} s"],
        ],
    )
    out.print("[dim]`daguerre models history` tells it again; `daguerre models rollback` takes it back.[/dim]")

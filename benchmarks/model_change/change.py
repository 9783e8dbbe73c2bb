"""The change itself, step by step as a model owner makes it, with the time of every step."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.model_change.installation import DAYS, NEW, Installation
from daguerre.cli.running import carry_out, live_spaces
from daguerre.encoders.spec import EncoderSpec
from daguerre.lifecycle.approval import approve
from daguerre.lifecycle.bake import watch
from daguerre.lifecycle.candidacy import nominate
from daguerre.lifecycle.completeness import prove_complete
from daguerre.lifecycle.experimenting import default_spec, run_release_experiment
from daguerre.lifecycle.promotion import promote_release
from daguerre.lifecycle.rollback import roll_back
from daguerre.lifecycle.sample import take_sample
from daguerre.lifecycle.shares import set_canary, set_shadow
from daguerre.lifecycle.validation import validate
from daguerre.registry.releases import register
from daguerre.serving.opening import open_encoder
from daguerre.tables import catalogue

WHO, WHY = "ada", "the new encoder is better on our questions"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the change; times are seconds since 1970."""

    name: str
    began: float
    ended: float
    said: str


@dataclass(kw_only=True)
class Timeline:
    """What was done when, and how full the new space was."""

    steps: list[Step] = field(default_factory=list)
    coverage: list[tuple[float, int, int]] = field(default_factory=list)

    def of(self, name: str) -> Step:
        """Return the first step of that name."""
        return next(step for step in self.steps if step.name == name)

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """Note one step; what the block puts into the list is what is said of it."""
        said: list[str] = []
        began = time.time()
        yield said
        ended = time.time()
        self.steps.append(Step(name=name, began=began, ended=ended, said="; ".join(said)))


def change(made: Installation, timeline: Timeline, *, quiet_s: float) -> EncoderSpec:
    """Register, validate, embed, compare, promote, roll back and promote again; `quiet_s` lies between some steps."""
    ws = made.ws
    time.sleep(quiet_s)
    with timeline.step("register") as said:
        new = register(ws, made.settings.project / NEW, actor=WHO)
        said.append(new.space)
    with timeline.step("validate") as said:
        validation = validate(ws, new.digest, actor=WHO)
        said.append(f"{len(validation.gates)} gates, passed: {validation.passed}")
    with timeline.step("sample") as said, open_encoder(ws, new.digest) as encoder:
        sample = take_sample(ws, new.digest, encoder, actor=WHO)
        hours = sample.estimate.hours
        said.append(f"{sample.sampled} photos; all will take {3600 * hours.low:.0f} to {3600 * hours.high:.0f} s")
    with timeline.step("approve"):
        approve(ws, new.digest, actor=WHO, reason=WHY)
        nominate(ws, new.digest, actor=WHO, reason=WHY)
    with timeline.step("backfill") as said, _watched(made, new, timeline):
        landed = made.land_until(DAYS[-1])
        outcome = carry_out(ws, spaces=live_spaces(ws), quiet=True)
        # Curation may refuse a batch whose signals drifted; searching does not depend on it.
        failures = [failure for failure in outcome.failures if not failure.startswith("curate ")]
        said.append(f"{outcome.runs} runs, {landed:,} photos landed meanwhile, {len(outcome.failures)} failures")
        if failures:
            raise RuntimeError("; ".join(failures))
    with timeline.step("prove") as said:
        proof = prove_complete(ws, new.digest, actor=WHO)
        said.append(f"{proof.vectors:,} vectors for {proof.photos:,} photos")
    with timeline.step("experiment") as said:
        record = run_release_experiment(ws, default_spec(ws, new.digest), actor=WHO)
        said.append(f"{record.verdict}: {record.reason}")
    with timeline.step("shadow"):
        set_shadow(ws, new.digest, 0.25, actor=WHO, reason=WHY)
        time.sleep(2 * quiet_s)
        set_shadow(ws, new.digest, 0.0, actor=WHO, reason="seen enough")
    with timeline.step("canary"):
        set_canary(ws, new.digest, 0.25, actor=WHO, reason=WHY)
        time.sleep(2 * quiet_s)
    with timeline.step("promote"):
        promote_release(ws, new.digest, actor=WHO, reason=WHY)
    time.sleep(quiet_s)
    with timeline.step("roll back"):
        roll_back(ws, actor=WHO, reason="to show the way back")
    time.sleep(quiet_s)
    with timeline.step("promote again"):
        promote_release(ws, new.digest, actor=WHO, reason=WHY)
    time.sleep(quiet_s)
    with timeline.step("watch") as said:
        said.append(watch(ws).what)
    return new


@contextmanager
def _watched(made: Installation, new: EncoderSpec, timeline: Timeline) -> Iterator[None]:
    """Note every second how many photos the new space holds."""
    stop = threading.Event()

    def count() -> None:
        ws = made.ws
        while not stop.wait(1.0):
            table = catalogue.stored_vectors(ws, new.space)
            held = table.count() if table else 0
            timeline.coverage.append((time.time(), held, catalogue.photos(ws).count()))

    thread = threading.Thread(target=count)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()

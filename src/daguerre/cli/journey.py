"""A release's whole way into production, one step after the other; whatever was done before is not done again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from daguerre.cli.orchestrate import OrchestratorError
from daguerre.cli.running import carry_out, live_spaces
from daguerre.encoders.spec import EncoderSpec
from daguerre.lifecycle.approval import approve
from daguerre.lifecycle.candidacy import nominate
from daguerre.lifecycle.completeness import prove_complete
from daguerre.lifecycle.experimenting import default_spec, run_release_experiment
from daguerre.lifecycle.promotion import promote_release
from daguerre.lifecycle.sample import take_sample
from daguerre.lifecycle.shares import end_shadow, set_canary, set_shadow
from daguerre.lifecycle.validation import validate
from daguerre.quality.experiments.spec import ExperimentSpec
from daguerre.registry.log import read_state
from daguerre.registry.policy import load_policy
from daguerre.registry.state import CANDIDATE, PRODUCTION, ReleaseState
from daguerre.serving.opening import open_encoder
from daguerre.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step that was taken: when it began, in seconds since 1970, how long it took, and what came of it."""

    name: str
    began: float
    seconds: float
    said: str


@dataclass(kw_only=True)
class Journey:
    """Takes one registered release from where it is into production, as one person who answers for every step.

    Attributes:
        experiment: What decides; None: the usual experiment.
        pause_s: How long the shadow and the canary run; longer than this they are a person's decision.
        told: Receives each step when it has ended.
    """

    ws: Workspace
    spec: EncoderSpec
    actor: str
    reason: str
    experiment: ExperimentSpec | None = None
    pause_s: float = 0.0
    quiet: bool = False
    told: Callable[[Step], None] = lambda step: None
    steps: list[Step] = field(default_factory=list)

    def take(self) -> bool:
        """Take every step that is left; False: the release was refused, or the experiment does not say PROMOTE.

        Raises:
            MoveError, PolicyError: the policy forbids a step.
            OrchestratorError: a run of the backfill failed; taking the steps again goes on there.
        """
        if self._points(PRODUCTION):
            return True
        if self._release.validated is None and not self._step("validate", self._validate):
            return False
        if self._release.sampled is None:
            self._step("sample", self._sample)
        if not self._points(CANDIDATE):
            self._step("approve", self._approve)
        self._step("backfill", self._backfill)
        self._step("prove", self._prove)
        if not self._step("experiment", self._experiment):
            return False
        if self.pause_s:
            self._step("shadow", self._shadow)
            self._step("canary", self._canary)
        self._step("promote", self._promote)
        return True

    @property
    def _release(self) -> ReleaseState:
        return read_state(self.ws).releases[self.spec.digest]

    def _points(self, alias: str) -> bool:
        return alias in read_state(self.ws).aliases_of(self.spec.digest)

    def _step(self, name: str, action: Callable[[], tuple[bool, str]]) -> bool:
        began, start = time.time(), time.perf_counter()
        passed, said = action()
        step = Step(name=name, began=began, seconds=time.perf_counter() - start, said=said)
        self.steps.append(step)
        self.told(step)
        return passed

    def _validate(self) -> tuple[bool, str]:
        found = validate(self.ws, self.spec.digest, actor=self.actor)
        failed = ", ".join(found.failed)
        return found.passed, f"refused by {failed}" if failed else f"{len(found.gates)} gates passed"

    def _sample(self) -> tuple[bool, str]:
        with open_encoder(self.ws, self.spec.digest) as encoder:
            sample = take_sample(self.ws, self.spec.digest, encoder, actor=self.actor)
        seconds = [3600 * hours for hours in (sample.estimate.hours.low, sample.estimate.hours.high)]
        return (
            True,
            f"{sample.sampled} photos embedded; all {sample.photos:,} take {seconds[0]:.0f} to {seconds[1]:.0f} s",
        )

    def _approve(self) -> tuple[bool, str]:
        if self.actor not in {approval.actor for approval in self._release.approvals}:
            approve(self.ws, self.spec.digest, actor=self.actor, reason=self.reason)
        nominate(self.ws, self.spec.digest, actor=self.actor, reason=self.reason)
        return True, f"{self.actor} says yes; new photos are embedded into both spaces from now on"

    def _backfill(self) -> tuple[bool, str]:
        outcome = carry_out(self.ws, spaces=live_spaces(self.ws), quiet=self.quiet)
        if outcome.failures:
            raise OrchestratorError("; ".join(outcome.failures), fix="The same command goes on where it stopped.")
        return True, f"{outcome.runs} Dagster runs"

    def _prove(self) -> tuple[bool, str]:
        return True, prove_complete(self.ws, self.spec.digest, actor=self.actor).sentence()

    def _experiment(self) -> tuple[bool, str]:
        spec = self.experiment or default_spec(self.ws, self.spec.digest)
        decided = run_release_experiment(self.ws, spec, actor=self.actor)
        return decided.verdict == "PROMOTE", f"{decided.verdict}: {decided.reason}"

    def _shadow(self) -> tuple[bool, str]:
        share = max(load_policy(self.ws).shadow.share, 0.25)
        set_shadow(self.ws, self.spec.digest, share, actor=self.actor, reason=self.reason)
        time.sleep(self.pause_s)
        end_shadow(self.ws, self.spec.digest, actor=self.actor, reason="seen enough")
        return True, f"{share:.0%} of the queries were asked beside production"

    def _canary(self) -> tuple[bool, str]:
        rule = load_policy(self.ws).canary
        share = min(rule.largest_share, rule.largest_step)
        set_canary(self.ws, self.spec.digest, share, actor=self.actor, reason=self.reason)
        time.sleep(self.pause_s)
        return True, f"{share:.0%} of the owners were answered by it"

    def _promote(self) -> tuple[bool, str]:
        promote_release(self.ws, self.spec.digest, actor=self.actor, reason=self.reason)
        return True, f"production is {self.spec.space}"

"""Proving a candidate before it costs anything: every gate is asked, every number is kept."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from daguerre.encoders.archive import fetch_release
from daguerre.encoders.golden import Golden, read_golden
from daguerre.encoders.release import GOLDEN as GOLDEN_FILE
from daguerre.encoders.release import Release
from daguerre.encoders.spec import EncoderError
from daguerre.lifecycle import answer_gates, bundle_gates, weight_gates
from daguerre.lifecycle.contest import CONTEST_GATES, contest
from daguerre.lifecycle.gate import GateResult, failed_names, not_run
from daguerre.lifecycle.standing import standing
from daguerre.lifecycle.trial import TrialError, try_out
from daguerre.registry.events import EventKind
from daguerre.registry.evidence import keep_evidence
from daguerre.registry.log import read_state, record
from daguerre.registry.policy import Policy, load_policy
from daguerre.registry.state import PRODUCTION, State
from daguerre.telemetry import Progress, ProgressSink, no_progress
from daguerre.workspace import Workspace

STAGE = "validation"
#: Every gate in the order in which it is asked.
GATES = (
    bundle_gates.FILES,
    bundle_gates.SIGNATURE,
    bundle_gates.ONNX_CHECKER,
    weight_gates.FINITE_WEIGHTS,
    answer_gates.RUNS,
    bundle_gates.IO_CONTRACT,
    answer_gates.GOLDEN,
    weight_gates.TOKENIZER_GATE,
    answer_gates.UNIT_NORM,
    answer_gates.DETERMINISM,
    *CONTEST_GATES,
)


@dataclass(frozen=True, kw_only=True)
class Validation:
    """What came out.

    Attributes:
        against: Digest of the release that was in production meanwhile; empty: none, or the same one.
        gates: One result per gate of `GATES`, in that order.
        evidence: Key (`uri`) and `sha256` of the document with every number.
    """

    digest: str
    against: str
    passed: bool
    gates: tuple[GateResult, ...]
    evidence: dict[str, str]

    @property
    def failed(self) -> tuple[str, ...]:
        """Return the names of the gates that refused."""
        return failed_names(self.gates)


def validate(ws: Workspace, digest: str, *, actor: str, progress: ProgressSink = no_progress) -> Validation:
    """Ask every gate about a registered release, keep the numbers, and say VALIDATED or REFUSED in the log.

    A gate is asked even when another one refused before it, except where that is not safe: files that are not the
    registered ones are never opened, graphs that fail their trial never reach the server.

    Raises:
        UnknownReleaseError, RetiredReleaseError: there is nothing to validate.
        ServerMissingError, ServerStartError, ServerUnavailableError, StoreUnavailableError: nobody can tell now;
            nothing is recorded.
        EncoderError: production itself does not answer as it should; nothing is recorded.
    """
    policy = load_policy(ws)
    against = _rival(read_state(ws), digest)
    gates, figures = _ask_all(ws, digest, against, policy, progress)
    passed = all(g.passed for g in gates)
    evidence = keep_evidence(
        ws,
        {
            "kind": STAGE,
            "release": digest,
            "against": against,
            "policy": policy.digest,
            "passed": passed,
            "gates": [g.to_row() for g in gates],
            "figures": figures,
            "cores": len(os.sched_getaffinity(0)),
            "at": ws.clock().isoformat(),
        },
    )
    failed = failed_names(gates)
    record(
        ws,
        EventKind.VALIDATED if passed else EventKind.REFUSED,
        digest,
        actor=actor,
        reason=f"{len(gates)} gates passed" if passed else f"refused by {', '.join(failed)}",
        allow=lambda state: bool(standing(state, digest)),
        evidence={**evidence, "against": against, "policy": policy.digest, "failed": list(failed)},
    )
    return Validation(digest=digest, against=against, passed=passed, gates=gates, evidence=evidence)


def _rival(state: State, digest: str) -> str:
    """Return the release to compare with."""
    standing(state, digest)
    production = state.pointers.get(PRODUCTION)
    return production.release if production and production.release != digest else ""


def _ask_all(
    ws: Workspace, digest: str, against: str, policy: Policy, progress: ProgressSink
) -> tuple[tuple[GateResult, ...], dict[str, Any]]:
    files, release = bundle_gates.files_gate(ws, digest)
    gates = [files, bundle_gates.signature_gate(ws, digest, policy)]
    figures: dict[str, Any] = {}
    space = release.spec.space if release else ""
    _tell(progress, gates, space)
    if release is None:
        gates += [not_run(name, "the files are not those that were registered") for name in GATES[len(gates) :]]
    else:
        gates += _try(ws, release, policy)
        _tell(progress, gates, space)
        if refused := failed_names(tuple(gates[2:])):
            because = f"refused by {', '.join(refused)}, so it is kept away from the server"
            gates += [not_run(name, because) for name in CONTEST_GATES]
        else:
            rival = fetch_release(ws, against) if against else None
            contested, figures = contest(ws, release, rival, policy.validation)
            gates += contested
    _tell(progress, gates, space)
    return tuple(gates), figures


def _try(ws: Workspace, release: Release, policy: Policy) -> list[GateResult]:
    """Ask the gates that need no server."""
    least = policy.validation.min_cosine
    golden, spoiled = _golden(release)
    trial, why = None, ""
    try:
        trial = try_out(release, golden, scratch=ws.cache)
    except TrialError as e:
        why = str(e)
    cosines = answer_gates.golden_cosines(golden, trial)
    gates = [
        bundle_gates.checker_gate(release),
        weight_gates.weights_gate(release),
        answer_gates.runs_gate(trial, why),
        bundle_gates.contract_gate(release, golden, trial),
    ]
    words = weight_gates.tokenizer_gate(
        release,
        golden.texts if golden else (),
        text_cosine=cosines.text,
        image_cosine=cosines.image,
        least=least,
    )
    if trial is None or not trial.answers:
        mute = [not_run(name, "it does not answer") for name in (answer_gates.UNIT_NORM, answer_gates.DETERMINISM)]
        return [*gates, not_run(answer_gates.GOLDEN, "it does not answer"), words, *mute]
    return [
        *gates,
        answer_gates.golden_gate(cosines, least, why_not=spoiled),
        words,
        answer_gates.norm_gate(trial),
        answer_gates.determinism_gate(trial, least),
    ]


def _golden(release: Release) -> tuple[Golden | None, str]:
    """Return golden vectors whose shapes can be asked for, or why there are none."""
    try:
        golden = read_golden(release.path(GOLDEN_FILE))
        golden.check_shapes(release.spec)
    except EncoderError as e:
        return None, str(e)
    return golden, ""


def _tell(progress: ProgressSink, gates: list[GateResult], space: str) -> None:
    refused = len(failed_names(tuple(gates)))
    done = len(gates) - refused
    progress(Progress(stage=STAGE, batch="", space=space, done=done, total=len(GATES), rejected=refused))

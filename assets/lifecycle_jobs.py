"""What is done to a release before anybody is answered by it, as jobs with a form: each calls one library function.

Whatever happens stands in the release log, which knows nothing of Dagster.
"""

from dataclasses import asdict

import dagster as dg

from assets import forms, policy
from assets.evidence import plain, shown_evidence
from assets.moving import moving, one_op_job, show_event
from assets.resources import Daguerre


@dg.op(pool=policy.TRITON)
def validate(context: dg.OpExecutionContext, config: forms.Trial, daguerre: Daguerre) -> None:
    """Ask every gate, against production in the same run; fail when one refuses."""
    from daguerre.lifecycle.finding import find
    from daguerre.lifecycle.validation import validate

    with moving(context, daguerre) as ws:
        found = validate(ws, find(ws, config.release).digest, actor=config.actor)
        gates = plain([gate.to_row() for gate in found.gates])
        context.add_output_metadata({"gates": gates} | shown_evidence(ws, found.evidence))
        if not found.passed:
            said = [f"{gate.name}: {gate.said}" for gate in found.gates if gate.name in found.failed]
            raise dg.Failure(description="\n".join(["Refused.", *said]), metadata={"gates": gates}, allow_retries=False)


@dg.op(pool=policy.TRITON)
def sample(context: dg.OpExecutionContext, config: forms.Sampling, daguerre: Daguerre) -> None:
    """Embed a sample and say what the whole backfill costs, before anybody spends it."""
    from daguerre.lifecycle.finding import find
    from daguerre.lifecycle.sample import take_sample

    with moving(context, daguerre) as ws:
        spec = find(ws, config.release)
        with daguerre.encoder(ws, spec.space) as encoder:
            found = take_sample(ws, spec.digest, encoder, actor=config.actor, size=config.size, seed=ws.settings.seed)
        context.add_output_metadata(shown_evidence(ws, asdict(found)))


@dg.op
def approve(context: dg.OpExecutionContext, config: forms.Move, daguerre: Daguerre) -> None:
    """Say yes; the policy says whose yes counts, and how many are needed."""
    from daguerre.lifecycle.approval import approve
    from daguerre.lifecycle.finding import find

    with moving(context, daguerre) as ws:
        event = approve(ws, find(ws, config.release).digest, actor=config.actor, reason=config.reason)
        show_event(context, ws, event)


@dg.op
def nominate(context: dg.OpExecutionContext, config: forms.Move, daguerre: Daguerre) -> None:
    """Make the release the candidate: its column of vectors is filled from now on."""
    from daguerre.lifecycle.candidacy import nominate
    from daguerre.lifecycle.finding import find

    with moving(context, daguerre) as ws:
        event = nominate(ws, find(ws, config.release).digest, actor=config.actor, reason=config.reason)
        show_event(context, ws, event)


@dg.op
def complete(context: dg.OpExecutionContext, config: forms.Trial, daguerre: Daguerre) -> None:
    """Prove, photo by photo, that the release's index lacks none."""
    from daguerre.lifecycle.completeness import prove_complete
    from daguerre.lifecycle.finding import find

    with moving(context, daguerre) as ws:
        found = prove_complete(ws, find(ws, config.release).digest, actor=config.actor)
        context.add_output_metadata(shown_evidence(ws, found.to_json() | dict(found.evidence)))


ALL = [
    one_op_job("validate_release", validate, "Ask every gate about a release; the numbers are kept."),
    one_op_job("sample_release", sample, "Embed a sample of a release; estimate what the rest will cost."),
    one_op_job("approve_release", approve, "Say yes to a release."),
    one_op_job("nominate_release", nominate, "Make a release the candidate, so that its space is filled."),
    one_op_job("prove_complete", complete, "Prove that a space holds every photo."),
]

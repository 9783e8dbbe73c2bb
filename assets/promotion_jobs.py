"""What changes who answers, as jobs with a form. What the policy forbids fails with the rule and what is missing."""

from dataclasses import asdict

import dagster as dg

from assets import forms
from assets.evidence import shown_evidence
from assets.moving import moving, one_op_job, show_event
from assets.resources import Daguerre


@dg.op
def shadow(context: dg.OpExecutionContext, config: forms.Share, daguerre: Daguerre) -> None:
    """Ask the candidate too, after the answer was given; a share of 0 ends it and keeps how they compare."""
    from daguerre.lifecycle.finding import find
    from daguerre.lifecycle.shares import end_shadow, set_shadow

    with moving(context, daguerre) as ws:
        digest = find(ws, config.release).digest
        if config.share:
            event = set_shadow(ws, digest, config.share, actor=config.actor, reason=config.reason)
        else:
            event = end_shadow(ws, digest, actor=config.actor, reason=config.reason)
        show_event(context, ws, event)


@dg.op
def canary(context: dg.OpExecutionContext, config: forms.Share, daguerre: Daguerre) -> None:
    """Let the candidate answer a share of the owners."""
    from daguerre.lifecycle.finding import find
    from daguerre.lifecycle.shares import set_canary

    with moving(context, daguerre) as ws:
        digest = find(ws, config.release).digest
        event = set_canary(ws, digest, config.share, actor=config.actor, reason=config.reason)
        show_event(context, ws, event)


@dg.op
def promote(context: dg.OpExecutionContext, config: forms.Promotion, daguerre: Daguerre) -> None:
    """Point production at the release, if the policy allows it, and begin its probation."""
    from daguerre.lifecycle.finding import find
    from daguerre.lifecycle.promotion import promote_release

    with moving(context, daguerre) as ws:
        event = promote_release(
            ws,
            find(ws, config.release).digest,
            actor=config.actor,
            reason=config.reason,
            override_reason=config.override_reason,
        )
        show_event(context, ws, event)


@dg.op
def roll_back(context: dg.OpExecutionContext, config: forms.Return, daguerre: Daguerre) -> None:
    """Take the release away from an alias; production answers as before at once."""
    from daguerre.lifecycle.rollback import roll_back

    with moving(context, daguerre) as ws:
        event = roll_back(ws, actor=config.actor, reason=config.reason, alias=config.alias)
        show_event(context, ws, event)


@dg.op
def retire(context: dg.OpExecutionContext, config: forms.Move, daguerre: Daguerre) -> None:
    """Free the release's vectors, index and models; refused while anything names it."""
    from daguerre.lifecycle.finding import find
    from daguerre.lifecycle.retirement import retire

    with moving(context, daguerre) as ws:
        freed = retire(ws, find(ws, config.release).digest, actor=config.actor, reason=config.reason)
        context.add_output_metadata(shown_evidence(ws, asdict(freed)))


@dg.op
def watch(context: dg.OpExecutionContext, daguerre: Daguerre) -> None:
    """Look at the guards once: a breach rolls back by itself, a probation that is over ends."""
    from daguerre.lifecycle.bake import watch

    with moving(context, daguerre) as ws:
        seen = watch(ws)
        said = seen.report.reason() or seen.report.wanting or "no guard was breached"
        shown = {"outcome": dg.MetadataValue.text(seen.what), "said": dg.MetadataValue.text(said)}
        context.add_output_metadata(shown | shown_evidence(ws, seen.report.figures))


watch_bake = one_op_job("watch_bake", watch, "Look at the guards of a probation or a canary once.")

ALL = [
    one_op_job("set_shadow", shadow, "Ask a candidate a share of the queries in the shadow."),
    one_op_job("set_canary", canary, "Let a candidate answer a share of the owners."),
    one_op_job("promote_release", promote, "Point production at a release, as the policy allows."),
    one_op_job("roll_back_release", roll_back, "Go back to what answered before."),
    one_op_job("retire_release", retire, "Free what a release takes up."),
    watch_bake,
]

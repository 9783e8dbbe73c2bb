"""A person's yes."""

from __future__ import annotations

from daguerre.lifecycle.moves import MoveError, check_reason
from daguerre.lifecycle.requirements import Requirements
from daguerre.lifecycle.standing import standing
from daguerre.registry.events import Event, EventKind
from daguerre.registry.log import record
from daguerre.registry.policy import Gate, load_policy
from daguerre.registry.state import State
from daguerre.workspace import Workspace


class ApprovalRefusedError(MoveError):
    """This approval cannot count."""


def approve(ws: Workspace, digest: str, *, actor: str, reason: str) -> Event:
    """Record that `actor` says yes to what the release is since its last validation; a second yes replaces the first.

    Raises:
        ApprovalRefusedError: the policy does not ask this person, or there is nothing to judge by yet.
        UnknownReleaseError, RetiredReleaseError: there is no such release any more.
        PolicyError: the policy cannot be read.
    """
    check_reason(reason)
    policy = load_policy(ws)
    who = policy.approvals.who
    if who and actor not in who:
        raise ApprovalRefusedError(
            f"{actor} is none of those whom the policy asks", fix=f"Ask one of {', '.join(sorted(who))}."
        )

    def allow(state: State) -> bool:
        release = standing(state, digest)
        before = [gate for gate in (Gate.VALIDATED, Gate.SAMPLED) if gate in policy.required]
        unmet = Requirements(ws=ws, state=state, release=release, policy=policy).unmet(before)
        if unmet:
            raise ApprovalRefusedError("; ".join(missing.sentence() for missing in unmet))
        return True

    event = record(ws, EventKind.APPROVED, digest, actor=actor, reason=reason, allow=allow)
    assert event
    return event

"""Making a release the candidate: from then on its space is filled, with what is there and with what lands."""

from __future__ import annotations

from daguerre.lifecycle.moves import MoveError, check_reason, named, published_version
from daguerre.lifecycle.requirements import Requirements
from daguerre.lifecycle.standing import standing
from daguerre.registry.events import Event, EventKind
from daguerre.registry.log import record
from daguerre.registry.policy import Gate, load_policy
from daguerre.registry.state import CANDIDATE, PRODUCTION, State
from daguerre.workspace import Workspace

#: What costs nothing yet and is therefore asked before every photo is embedded.
_BEFORE = (Gate.SIGNED, Gate.VALIDATED, Gate.SAMPLED, Gate.APPROVED)


class NominationRefusedError(MoveError):
    """The release cannot be the candidate."""


def nominate(ws: Workspace, digest: str, *, actor: str, reason: str) -> Event | None:
    """Point `candidate` at a release; None: it is the candidate already.

    There is one candidate at a time. While a promotion bakes there is none: the place is kept for the release in
    production, which becomes the candidate again when it is rolled back.

    Raises:
        NominationRefusedError: the place is taken, or a gate that comes before the backfill is not met.
        UnknownReleaseError, RetiredReleaseError: there is no such release any more.
        PolicyError: the policy cannot be read.
    """
    check_reason(reason)
    policy = load_policy(ws)
    snapshot = published_version(ws, digest)

    def allow(state: State) -> bool:
        release, taken = standing(state, digest), state.pointers.get(CANDIDATE)
        if taken and taken.release == digest:
            return False
        if taken:
            raise NominationRefusedError(
                f"{named(taken.release, state)} is it", fix="`daguerre models rollback --alias candidate` ends that."
            )
        production = state.pointers.get(PRODUCTION)
        if production and production.release == digest:
            raise NominationRefusedError(f"{digest[:12]} is in production")
        if state.baking:
            raise NominationRefusedError(
                f"{named(state.baking.release, state)} is on probation until {state.baking.until.isoformat()}",
                fix="Wait for its end (see `daguerre models watch`), or roll it back; it is the candidate then.",
            )
        gates = [gate for gate in _BEFORE if gate in policy.required] if production else []
        unmet = Requirements(ws=ws, state=state, release=release, policy=policy).unmet(gates)
        if unmet:
            raise NominationRefusedError("; ".join(missing.sentence() for missing in unmet))
        return True

    return record(
        ws,
        EventKind.PROMOTED,
        digest,
        actor=actor,
        reason=reason,
        allow=allow,
        alias=CANDIDATE,
        snapshot=snapshot,
        evidence={"policy": policy.digest},
    )

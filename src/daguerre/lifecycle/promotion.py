"""The move that changes what answers: one event, or nothing.

The release and the oldest snapshot that may answer for it move in one conditional write; a process that dies before
it has changed nothing, one that dies after it has done everything.
"""

from __future__ import annotations

from daguerre.lifecycle.moves import MoveError, check_reason, known, named, published_version
from daguerre.lifecycle.requirements import Missing, Requirements
from daguerre.registry.events import Event, EventKind
from daguerre.registry.evidence import keep_evidence
from daguerre.registry.log import AliasConflictError, read_state, record
from daguerre.registry.policy import Gate, Policy, load_policy
from daguerre.registry.state import CANDIDATE, PRODUCTION, State
from daguerre.workspace import Workspace

#: Rules that nobody can answer for: people would lose photos, or be answered by something that was never tried.
_ABSOLUTE = frozenset({Gate.COMPLETE.value, Gate.VALIDATED.value, "untampered", "registered", "candidate"})


class PromotionForbiddenError(MoveError):
    """The policy forbids this promotion."""

    missing: tuple[Missing, ...] = ()


def missing_for(ws: Workspace, digest: str) -> list[Missing]:
    """Return every rule that stands between a release and production, asked of the log and the tables anew.

    Raises:
        UnknownReleaseError: the release is not registered.
        PolicyError: the policy cannot be read.
    """
    return _missing(ws, read_state(ws), digest, load_policy(ws))[0]


def promote_release(
    ws: Workspace, digest: str, *, actor: str, reason: str, expect: str | None = None, override_reason: str = ""
) -> Event | None:
    """Point production at a release and begin its probation; None: it is there already.

    `expect` is the digest that production pointed at when the decision was taken ("" for nothing). The very first
    promotion needs a registered release and nothing else. With an `override_reason` a person answers for the gates
    that are not met; the event says which. A space with missing photos, a release that did not pass its validation
    and a broken signature cannot be answered for.

    Raises:
        PromotionForbiddenError: lists every rule that is not met, and what mends it.
        AliasConflictError: production, the candidate or the release changed since the decision was taken.
        UnknownReleaseError: the release is not registered.
        PolicyError: the policy cannot be read.
    """
    check_reason(reason)
    seen, policy = read_state(ws), load_policy(ws)
    release, before = known(seen, digest), seen.pointers.get(PRODUCTION)
    if expect is not None and expect != (before.release if before else ""):
        raise _conflict(seen)
    if before and before.release == digest:
        return None
    missing, requirements = _missing(ws, seen, digest, policy)
    stopping = [one for one in missing if not override_reason.strip() or one.rule in _ABSOLUTE]
    if stopping:
        error = PromotionForbiddenError(
            f"{digest[:12]} to production: " + "; ".join(one.sentence() for one in stopping)
        )
        error.missing = tuple(stopping)
        raise error
    evidence: dict[str, object] = {"bake_hours": policy.bake_hours, "policy": policy.digest}
    snapshot = published_version(ws, digest)
    if before:
        proof = requirements.completeness
        snapshot = proof.snapshot_version
        evidence |= keep_evidence(ws, proof.to_json())
    if missing:
        evidence |= {"overridden": [one.rule for one in missing], "override_reason": override_reason}

    def allow(state: State) -> bool:
        same = all(state.pointers.get(alias) == seen.pointers.get(alias) for alias in (PRODUCTION, CANDIDATE))
        if not same or state.releases.get(digest) != release:
            raise _conflict(state)
        return True

    return record(
        ws,
        EventKind.PROMOTED,
        digest,
        actor=actor,
        reason=reason,
        allow=allow,
        alias=PRODUCTION,
        snapshot=snapshot,
        evidence=evidence,
    )


def _missing(ws: Workspace, state: State, digest: str, policy: Policy) -> tuple[list[Missing], Requirements]:
    release = known(state, digest)
    requirements = Requirements(ws=ws, state=state, release=release, policy=policy)
    if release.retired:
        gone = Missing(rule="registered", said="it is retired", fix="Register it again and fill its space.")
        return [gone], requirements
    production = state.pointers.get(PRODUCTION)
    if production is None or production.release == digest:
        return requirements.unmet([]), requirements
    other = state.pointers.get(CANDIDATE)
    missing = []
    if other and other.release != digest:
        fix = "Promote that one, or end it: `daguerre models rollback --alias candidate`."
        missing.append(Missing(rule="candidate", said=f"{named(other.release, state)} is the candidate", fix=fix))
    # Whatever the policy lists: searching must not lose photos by the move.
    return [*missing, *requirements.unmet([*policy.required, Gate.COMPLETE])], requirements


def _conflict(state: State) -> AliasConflictError:
    now = state.pointers.get(PRODUCTION)
    return AliasConflictError(
        f"production points at {now.release[:12] if now else 'nothing'} after event {state.number}",
        fix="Look at `daguerre models history` and decide again.",
    )

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from daguerre.registry.events import GENESIS, Event, EventKind
from daguerre.registry.folds import decode_fold, encode_fold
from daguerre.registry.state import CANDIDATE, PREVIOUS, PRODUCTION, Approval, Baking, Phase, Pointer, State, fold
from daguerre.storage.digest import sha256_hex

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
A, B, C = "a" * 64, "b" * 64, "c" * 64


class Log:
    """A log in memory; every event is an hour after the one before."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def say(
        self, kind: EventKind, release: str, *, alias="", snapshot=None, actor="ada", reason="so", **evidence
    ) -> State:
        self.events.append(
            Event(
                number=len(self.events) + 1,
                previous=self.events[-1].sha256 if self.events else GENESIS,
                kind=kind,
                product="search",
                release=release,
                alias=alias,
                snapshot=snapshot,
                actor=actor,
                reason=reason,
                at=NOON + timedelta(hours=len(self.events)),
                evidence=evidence,
            )
        )
        return fold(self.events)

    def promote(self, release: str, *, alias=PRODUCTION, snapshot=None, **evidence) -> State:
        return self.say(EventKind.PROMOTED, release, alias=alias, snapshot=snapshot, **evidence)


@pytest.fixture
def log() -> Log:
    made = Log()
    for digest in (A, B):
        made.say(EventKind.REGISTERED, digest, actor="ci", name="tiny", space=f"tiny-{digest[:8]}")
    return made


def test_an_empty_log():
    assert fold([]) == State(number=0, head=GENESIS)


def test_registration_keeps_who_and_what(log):
    state = fold(log.events)
    release = state.releases[A]
    assert (release.registered_by, release.registered_at, release.phase) == ("ci", NOON, Phase.REGISTERED)
    assert release.registered == {"name": "tiny", "space": "tiny-aaaaaaaa"}
    assert list(state.releases) == [A, B]
    assert (state.number, state.head) == (2, log.events[-1].sha256)


def test_a_signature_that_comes_later_changes_nothing_else(log):
    log.say(EventKind.VALIDATED, A, figure=1)
    log.say(EventKind.APPROVED, A)
    release = log.say(EventKind.REGISTERED, A, actor="bob", name="tiny", signed_by="key").releases[A]
    assert release.registered == {"name": "tiny", "signed_by": "key"}
    assert (release.registered_by, release.phase, len(release.approvals)) == ("ci", Phase.APPROVED, 1)


@pytest.mark.parametrize(
    ("kind", "phase", "field"),
    [
        (EventKind.VALIDATED, Phase.VALIDATED, "validated"),
        (EventKind.SAMPLED, Phase.SAMPLED, "sampled"),
        (EventKind.COMPLETED, Phase.COMPLETE, "complete"),
    ],
)
def test_evidence_is_kept_where_it_belongs(log, kind, phase, field):
    release = log.say(kind, A, uri="somewhere").releases[A]
    assert release.phase is phase
    assert getattr(release, field) == {"uri": "somewhere"}
    assert fold(log.events).releases[B].phase is Phase.REGISTERED


def test_a_decision_does_not_move_the_phase(log):
    log.say(EventKind.VALIDATED, A)
    release = log.say(EventKind.DECIDED, A, verdict="HOLD").releases[A]
    assert (release.phase, release.decision) == (Phase.VALIDATED, {"verdict": "HOLD"})


def test_a_refusal_takes_validation_and_approvals_back(log):
    log.say(EventKind.VALIDATED, A, figure=1)
    log.say(EventKind.APPROVED, A)
    release = log.say(EventKind.REFUSED, A, reason="golden").releases[A]
    assert (release.phase, release.validated, release.approvals) == (Phase.REFUSED, None, ())


def test_approvals_count_people_since_the_last_validation(log):
    log.say(EventKind.APPROVED, A, actor="early")
    log.say(EventKind.VALIDATED, A)
    log.say(EventKind.APPROVED, A, actor="ada", reason="fine")
    log.say(EventKind.APPROVED, A, actor="bob")
    release = log.say(EventKind.APPROVED, A, actor="ada", reason="still fine").releases[A]
    assert [(a.actor, a.reason) for a in release.approvals] == [("bob", "so"), ("ada", "still fine")]
    assert release.approvals[-1] == Approval(actor="ada", reason="still fine", at=NOON + timedelta(hours=6))


def test_what_the_shadow_saw_outlives_its_end(log):
    assert log.say(EventKind.SHADOWED, A, share=0.2).releases[A].shadow == 0.2
    release = log.say(EventKind.SHADOWED, A, share=0.0, seen={"queries": 300}).releases[A]
    assert (release.shadow, release.shadowed) == (0.0, {"queries": 300})
    assert log.say(EventKind.SHADOWED, A, share=0.1).releases[A].shadowed == {"queries": 300}


def test_a_canary_knows_since_when(log):
    log.say(EventKind.CANARY, A, share=0.1)
    release = log.say(EventKind.CANARY, A, share=0.3).releases[A]
    assert (release.phase, release.canary, release.canary_since) == (Phase.CANARY, 0.3, NOON + timedelta(hours=3))


def test_the_first_promotion_bakes_nothing(log):
    state = log.promote(A, snapshot=4, bake_hours=24)
    assert state.pointers == {PRODUCTION: Pointer(release=A, snapshot=4)}
    assert (state.baking, state.releases[A].phase) == (None, Phase.PRODUCTION)


def test_a_promotion_moves_everything_at_once(log):
    log.promote(A, snapshot=4)
    log.promote(B, alias=CANDIDATE, snapshot=1)
    log.say(EventKind.SHADOWED, B, share=0.2)
    log.say(EventKind.CANARY, B, share=0.3)
    state = log.promote(B, snapshot=7, bake_hours=24)
    assert state.pointers == {PRODUCTION: Pointer(release=B, snapshot=7), PREVIOUS: Pointer(release=A, snapshot=4)}
    at = log.events[-1].at
    assert state.baking == Baking(release=B, since=at, until=at + timedelta(hours=24))
    release = state.releases[B]
    assert (release.phase, release.shadow, release.canary, release.canary_since) == (Phase.BAKING, 0.0, 0.0, None)
    assert state.aliases_of(B) == (PRODUCTION,)


def test_another_candidate_stays_when_production_moves(log):
    log.say(EventKind.REGISTERED, C)
    log.promote(A)
    log.promote(C, alias=CANDIDATE)
    assert log.promote(B).pointers[CANDIDATE] == Pointer(release=C)


def test_baking_ends(log):
    log.promote(A)
    log.promote(B, bake_hours=24)
    assert log.say(EventKind.BAKED, A).baking is not None  # of another release: says nothing of this one
    state = log.say(EventKind.BAKED, B)
    assert (state.baking, state.releases[B].phase) == (None, Phase.PRODUCTION)
    assert state.pointers[PREVIOUS].release == A


def test_production_rolls_back_to_what_was_before_and_keeps_the_other_as_candidate(log):
    log.promote(A, snapshot=4)
    log.promote(B, snapshot=7, bake_hours=24)
    state = log.say(EventKind.ROLLED_BACK, B, alias=PRODUCTION, reason="slow")
    assert state.pointers == {PRODUCTION: Pointer(release=A, snapshot=4), CANDIDATE: Pointer(release=B, snapshot=7)}
    assert (state.baking, state.releases[B].phase) == (None, Phase.ROLLED_BACK)
    again = log.promote(B, snapshot=9, bake_hours=1)
    assert again.pointers == {PRODUCTION: Pointer(release=B, snapshot=9), PREVIOUS: Pointer(release=A, snapshot=4)}
    assert again.releases[B].phase is Phase.BAKING


def test_without_a_previous_production_stays_where_it_is(log):
    log.promote(A)
    assert log.say(EventKind.ROLLED_BACK, A, alias=PRODUCTION).pointers == {PRODUCTION: Pointer(release=A)}


def test_a_candidate_rolls_back_to_nothing(log):
    log.promote(A)
    log.promote(B, alias=CANDIDATE)
    log.say(EventKind.CANARY, B, share=0.5)
    state = log.say(EventKind.ROLLED_BACK, B, alias=CANDIDATE)
    assert state.pointers == {PRODUCTION: Pointer(release=A)}
    assert (state.releases[B].phase, state.releases[B].canary) == (Phase.ROLLED_BACK, 0.0)


def test_a_retired_release_keeps_its_birth_only(log):
    log.say(EventKind.VALIDATED, A, figure=1)
    log.say(EventKind.APPROVED, A)
    release = log.say(EventKind.RETIRED, A).releases[A]
    assert release.retired
    assert (release.validated, release.approvals, release.registered_by) == (None, (), "ci")
    assert release.registered["space"] == "tiny-aaaaaaaa"
    again = log.say(EventKind.REGISTERED, A, actor="bob").releases[A]
    assert (again.phase, again.registered_by) == (Phase.REGISTERED, "bob")


@pytest.mark.parametrize("kind", [k for k in EventKind if k is not EventKind.REGISTERED])
def test_an_event_about_an_unknown_release_makes_none(log, kind):
    state = log.say(kind, C, alias=CANDIDATE if kind is EventKind.PROMOTED else "")
    assert list(state.releases) == [A, B]
    assert state.number == 3


def whole_life(log: Log) -> list[Event]:
    """Every kind of event once."""
    log.promote(A, snapshot=1)
    for kind, evidence in {
        EventKind.REFUSED: {"uri": "r"},
        EventKind.VALIDATED: {"uri": "v", "figures": [1, 2.5, None]},
        EventKind.SAMPLED: {"uri": "s"},
        EventKind.APPROVED: {},
    }.items():
        log.say(kind, B, actor="Ünal", reason="日本", **evidence)
    log.promote(B, alias=CANDIDATE)
    log.say(EventKind.COMPLETED, B, photos=3)
    log.say(EventKind.SHADOWED, B, share=0.1, seen={"overlap": 0.5})
    log.say(EventKind.CANARY, B, share=0.25)
    log.say(EventKind.DECIDED, B, verdict="PROMOTE")
    log.promote(B, snapshot=2, bake_hours=1.5)
    log.say(EventKind.BAKED, B)
    log.say(EventKind.ROLLED_BACK, B, alias=PRODUCTION)
    log.say(EventKind.ROLLED_BACK, B, alias=CANDIDATE)
    log.say(EventKind.RETIRED, B)
    return log.events


def test_a_fold_goes_on_from_any_place_and_survives_being_stored(log):
    events = whole_life(log)
    assert {e.kind for e in events} == set(EventKind)
    whole = fold(events)
    for cut in range(len(events) + 1):
        before = fold(events[:cut])
        stored = decode_fold(encode_fold(before))
        assert stored == before
        assert fold(events[cut:], stored) == whole
        assert encode_fold(fold(events[:cut])) == encode_fold(before)


def test_what_events_mean_has_a_version(log):
    """This fails when the fold or its format changes: raise folds.FORMAT, then write the new hash here."""
    states = [encode_fold(fold(whole_life(log)[:n])) for n in range(len(log.events) + 1)]
    digest = sha256_hex(b"".join(states))
    assert digest == "9effb49ed5dbf3374552beeda5d57c30bf543a7f66eec35f31b1eaf1b137f584"

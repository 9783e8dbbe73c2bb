"""The way back from every phase."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from daguerre import layout
from daguerre.encoders.spec import EncoderSpec
from daguerre.lifecycle.approval import ApprovalRefusedError, approve
from daguerre.lifecycle.candidacy import NominationRefusedError, nominate
from daguerre.lifecycle.completeness import prove_complete
from daguerre.lifecycle.promotion import PromotionForbiddenError, missing_for, promote_release
from daguerre.lifecycle.rollback import NothingToRollBackError, WayBackLostError, roll_back
from daguerre.lifecycle.routing import read_routes
from daguerre.lifecycle.shares import set_canary, set_shadow
from daguerre.lifecycle.standing import RetiredReleaseError
from daguerre.registry.events import EventKind
from daguerre.registry.log import AliasConflictError, read_events
from daguerre.registry.state import Phase
from tests.fakes.moving import House


def validated(house: House, spec: EncoderSpec) -> None:
    house.note(spec, EventKind.VALIDATED)


def sampled(house: House, spec: EncoderSpec) -> None:
    house.note(spec, EventKind.SAMPLED)


def approved(house: House, spec: EncoderSpec) -> None:
    approve(house.ws, spec.digest, actor="ann", reason="looks right")


def in_shadow(house: House, spec: EncoderSpec) -> None:
    set_shadow(house.ws, spec.digest, 0.2, actor="ann", reason="see")


def as_canary(house: House, spec: EncoderSpec) -> None:
    set_canary(house.ws, spec.digest, 0.2, actor="ann", reason="dare")


BEFORE_CANDIDACY = [[], [validated], [validated, sampled], [validated, sampled, approved]]


@pytest.mark.parametrize("steps", BEFORE_CANDIDACY, ids=["registered", "validated", "sampled", "approved"])
def test_a_release_that_no_alias_names_has_nothing_to_roll_back(
    house: House, old: EncoderSpec, steps: list[Callable[[House, EncoderSpec], None]]
) -> None:
    new = house.release("new")
    for step in steps:
        step(house, new)
    before = house.state
    with pytest.raises(NothingToRollBackError, match="no release is candidate"):
        roll_back(house.ws, actor="ann", reason="no", alias="candidate")
    with pytest.raises(NothingToRollBackError, match=f"nothing answered before {old.digest[:12]}"):
        roll_back(house.ws, actor="ann", reason="no")
    assert house.state == before


@pytest.mark.parametrize("steps", [[], [in_shadow], [in_shadow, as_canary]], ids=["complete", "shadow", "canary"])
def test_a_candidate_is_nothing_any_more(
    house: House, old: EncoderSpec, steps: list[Callable[[House, EncoderSpec], None]]
) -> None:
    new = house.candidate("new")
    for step in steps:
        step(house, new)
    roll_back(house.ws, actor="ann", reason="not good enough", alias="candidate")
    state, routes = house.state, read_routes(house.ws)
    assert "candidate" not in state.pointers
    assert (routes.canary, routes.shadow, routes.warm) == (None, None, ())
    assert routes.production.release == old.digest
    assert state.releases[new.digest].phase is Phase.ROLLED_BACK
    nominate(house.ws, new.digest, actor="ann", reason="second thoughts")
    assert read_routes(house.ws).canary is None


def test_a_candidate_that_was_only_nominated_is_nothing_any_more(house: House, old: EncoderSpec) -> None:
    new = house.release("new")
    house.judged(new)
    nominate(house.ws, new.digest, actor="ann", reason="next")
    assert roll_back(house.ws, actor="ann", reason="no", alias="candidate").release == new.digest
    assert house.pointer("candidate") == ""


@pytest.mark.parametrize("after_bake", [False, True], ids=["baking", "production"])
def test_what_answered_before_answers_again(house: House, old: EncoderSpec, after_bake: bool) -> None:
    new = house.candidate("new")
    promote_release(house.ws, new.digest, actor="ann", reason="better")
    if after_bake:
        assert house.bake(new).what == "baked"
    event = roll_back(house.ws, actor="bea", reason="people complain")
    assert (event.release, event.alias) == (new.digest, "production")
    assert event.evidence["phase"] == ("production" if after_bake else "baking")
    state = house.state
    assert {a: p.release for a, p in state.pointers.items()} == {"production": old.digest, "candidate": new.digest}
    assert state.baking is None
    assert missing_for(house.ws, new.digest) == []
    promote_release(house.ws, new.digest, actor="ann", reason="mended")
    assert house.pointer("production") == new.digest
    assert house.pointer("previous") == old.digest


def test_two_rollbacks_do_not_go_back_two_releases(house: House, old: EncoderSpec) -> None:
    new = house.candidate("new")
    promote_release(house.ws, new.digest, actor="ann", reason="better")
    roll_back(house.ws, actor="guard", reason="slow", expect=new.digest)
    with pytest.raises(AliasConflictError, match=f"production points at {old.digest[:12]}"):
        roll_back(house.ws, actor="ann", reason="slow", expect=new.digest)
    assert house.pointer("production") == old.digest


def test_a_rollback_that_lost_the_race_changes_nothing(
    house: House, old: EncoderSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    from daguerre.lifecycle import rollback

    new = house.candidate("new")
    promote_release(house.ws, new.digest, actor="ann", reason="better")
    find = rollback.find_snapshot

    def overtaken(*args: object) -> object:
        monkeypatch.undo()
        roll_back(house.ws, actor="bea", reason="first")
        return find(*args)

    monkeypatch.setattr(rollback, "find_snapshot", overtaken)
    with pytest.raises(AliasConflictError):
        roll_back(house.ws, actor="ann", reason="second")
    kinds = [e.kind for e in read_events(house.ws, "search")]
    assert kinds.count(EventKind.ROLLED_BACK) == 1


def test_a_candidate_beside_production_makes_room(house: House, old: EncoderSpec) -> None:
    new = house.candidate("new")
    promote_release(house.ws, new.digest, actor="ann", reason="better")
    house.bake(new)
    next_ = house.candidate("next")
    as_canary(house, next_)
    roll_back(house.ws, actor="ann", reason="people complain")
    assert house.pointer("candidate") == new.digest
    assert house.state.releases[next_.digest].canary == 0


def test_without_an_index_to_go_back_to_production_stays(house: House, old: EncoderSpec) -> None:
    new = house.candidate("new")
    promote_release(house.ws, new.digest, actor="ann", reason="better")
    house.ws.store.delete(layout.snapshot(old.space))
    with pytest.raises(WayBackLostError, match=f"{old.digest[:12]}.*has no index"):
        roll_back(house.ws, actor="ann", reason="slow")
    assert house.pointer("production") == new.digest


def test_the_way_back_is_given_up_only_after_the_bake(house: House, old: EncoderSpec) -> None:
    new = house.candidate("new")
    promote_release(house.ws, new.digest, actor="ann", reason="better")
    with pytest.raises(NothingToRollBackError, match="is the way back until"):
        roll_back(house.ws, actor="ann", reason="disk is full", alias="previous")
    house.bake(new)
    roll_back(house.ws, actor="ann", reason="disk is full", alias="previous")
    assert house.state.aliases_of(old.digest) == ()
    with pytest.raises(NothingToRollBackError, match="the way back was given up"):
        roll_back(house.ws, actor="ann", reason="too late")


def test_an_alias_that_there_is_not_is_refused(house: House, old: EncoderSpec) -> None:
    with pytest.raises(NothingToRollBackError, match="no alias 'prod'"):
        roll_back(house.ws, actor="ann", reason="no", alias="prod")


def test_there_is_one_candidate_at_a_time(house: House, old: EncoderSpec) -> None:
    new, other = house.candidate("new"), house.release("other")
    house.judged(other)
    with pytest.raises(NominationRefusedError, match=f"{new.digest[:12]} \\(candidate\\) is it"):
        nominate(house.ws, other.digest, actor="ann", reason="me too")
    assert nominate(house.ws, new.digest, actor="ann", reason="again") is None
    promote_release(house.ws, new.digest, actor="ann", reason="better")
    with pytest.raises(NominationRefusedError, match="on probation until"):
        nominate(house.ws, other.digest, actor="ann", reason="now me")
    with pytest.raises(NominationRefusedError, match="is in production"):
        nominate(house.ws, new.digest, actor="ann", reason="again")


def test_a_retired_release_moves_nowhere(house: House, old: EncoderSpec) -> None:
    new = house.candidate("new")
    roll_back(house.ws, actor="ann", reason="no", alias="candidate")
    house.note(new, EventKind.RETIRED)
    before = house.state
    for move in (approve, nominate):
        with pytest.raises(RetiredReleaseError, match=new.digest[:12]):
            move(house.ws, new.digest, actor="ann", reason="yet again")
    with pytest.raises(RetiredReleaseError):
        prove_complete(house.ws, new.digest, actor="ann")
    with pytest.raises(PromotionForbiddenError, match="registered: it is retired"):
        promote_release(house.ws, new.digest, actor="ann", reason="yet again", override_reason="I know it")
    assert house.state == before


def test_what_comes_before_the_backfill_is_asked_before_it(house: House, old: EncoderSpec) -> None:
    new = house.release("new")
    with pytest.raises(NominationRefusedError, match=r"validated: .*sampled: .*approved: "):
        nominate(house.ws, new.digest, actor="ann", reason="hurry")
    with pytest.raises(ApprovalRefusedError, match=r"validated: .*sampled: "):
        approve(house.ws, new.digest, actor="ann", reason="blindly")
    house.policy("required: [validated]\napprovals: {who: [bea]}\n")
    house.note(new, EventKind.VALIDATED)
    with pytest.raises(ApprovalRefusedError, match="Ask one of bea"):
        approve(house.ws, new.digest, actor="ann", reason="looks right")
    approve(house.ws, new.digest, actor="bea", reason="looks right")
    approve(house.ws, new.digest, actor="bea", reason="still does")
    assert [a.reason for a in house.state.releases[new.digest].approvals] == ["still does"]

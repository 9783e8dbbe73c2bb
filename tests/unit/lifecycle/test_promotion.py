"""The move that changes what answers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from daguerre import layout
from daguerre.encoders.spec import EncoderSpec
from daguerre.lifecycle import promotion
from daguerre.lifecycle.candidacy import nominate
from daguerre.lifecycle.completeness import prove_complete
from daguerre.lifecycle.moves import MoveError
from daguerre.lifecycle.promotion import PromotionForbiddenError, missing_for, promote_release
from daguerre.registry.events import EventKind
from daguerre.registry.evidence import read_evidence
from daguerre.registry.log import AliasConflictError, read_events
from daguerre.registry.state import Phase
from daguerre.storage.ports import StoreUnavailableError
from daguerre.tables import catalogue
from tests.fakes.moving import START, House


def rules(house: House, spec: EncoderSpec) -> list[str]:
    return [missing.rule for missing in missing_for(house.ws, spec.digest)]


def test_the_first_promotion_needs_a_registered_release_only(house: House) -> None:
    first = house.release("first")
    event = promote_release(house.ws, first.digest, actor="ann", reason="the first", expect="")
    assert event
    assert (house.pointer("production"), event.snapshot) == (first.digest, None)
    assert house.state.baking is None
    assert house.state.releases[first.digest].phase is Phase.PRODUCTION


def test_a_ready_candidate_becomes_production_on_probation(house: House, old: EncoderSpec) -> None:
    new = house.candidate("new")
    assert rules(house, new) == []
    version = house.publish(new)
    event = promote_release(house.ws, new.digest, actor="ann", reason="better", expect=old.digest)
    assert event
    assert event.snapshot == version
    assert read_evidence(house.ws, event.evidence["uri"], event.evidence["sha256"])["vectors"] == 24
    state = house.state
    assert {alias: p.release for alias, p in state.pointers.items()} == {
        "production": new.digest,
        "previous": old.digest,
    }
    assert state.baking
    assert state.baking.until == START + timedelta(hours=24)
    assert state.releases[new.digest].phase is Phase.BAKING


def test_looking_at_production_again_does_not_take_it_out(house: House, old: EncoderSpec) -> None:
    for kind in (EventKind.VALIDATED, EventKind.REFUSED, EventKind.APPROVED):
        house.note(old, kind)
    prove_complete(house.ws, old.digest, actor="ann")
    assert house.state.releases[old.digest].phase is Phase.PRODUCTION
    assert house.state.releases[old.digest].validated is None


def test_promoting_what_is_in_production_does_nothing(house: House, old: EncoderSpec) -> None:
    before = house.state.number
    assert promote_release(house.ws, old.digest, actor="ann", reason="again") is None
    assert house.state.number == before


def test_every_rule_that_is_not_met_is_named_with_its_remedy(house: House, old: EncoderSpec) -> None:
    new = house.release("new")
    with pytest.raises(PromotionForbiddenError) as failure:
        promote_release(house.ws, new.digest, actor="ann", reason="hurry")
    found = {missing.rule: missing.fix for missing in failure.value.missing}
    assert list(found) == ["validated", "sampled", "approved", "complete", "index_audited", "experiment"]
    assert f"daguerre models validate {new.space}" in found["validated"]
    assert f"daguerre models approve {new.space}" in found["approved"]
    assert "0 of 1 approvals" in str(failure.value)
    assert house.pointer("production") == old.digest


def test_one_photo_that_landed_since_the_proof_holds_it_back(house: House, old: EncoderSpec) -> None:
    new = house.candidate("new")
    house.land(3, photos=1)
    assert rules(house, new) == []  # nobody can find that photo yet, in either space
    house.embed(old, 3)
    house.publish(old)
    with pytest.raises(PromotionForbiddenError, match=r"lacks 1 of 25 photos.*2026-03-01.0003 \(1\)"):
        promote_release(house.ws, new.digest, actor="ann", reason="better")
    house.embed(new, 3)
    with pytest.raises(PromotionForbiddenError, match="embedded but not indexed"):
        promote_release(house.ws, new.digest, actor="ann", reason="better")
    house.publish(new)
    assert promote_release(house.ws, new.digest, actor="ann", reason="better")


def test_nobody_can_answer_for_a_missing_photo_or_a_failed_validation(house: House, old: EncoderSpec) -> None:
    new = house.candidate("new")
    photo = catalogue.photos(house.ws).read(["photo_id"])["photo_id"][7].as_py()
    catalogue.vectors(house.ws, new.space, new.dim).delete(f"photo_id = '{photo}'")
    house.publish(new)
    with pytest.raises(PromotionForbiddenError, match=f"complete: .*{photo}"):
        promote_release(house.ws, new.digest, actor="ann", reason="better", override_reason="I take the blame")
    house.fill(new)
    house.note(new, EventKind.REFUSED)
    with pytest.raises(PromotionForbiddenError, match="validated: ") as failure:
        promote_release(house.ws, new.digest, actor="ann", reason="better", override_reason="I take the blame")
    assert [missing.rule for missing in failure.value.missing] == ["validated"]
    assert house.pointer("production") == old.digest


def test_a_policy_that_forgets_completeness_still_asks_for_it(house: House, old: EncoderSpec) -> None:
    house.policy("required: []\n")
    new = house.release("new")
    house.embed(new, 1)
    house.publish(new)
    assert rules(house, new) == ["complete"]


def test_an_override_says_which_rules_it_overrode(house: House, old: EncoderSpec) -> None:
    house.policy("required: [approved, experiment, canaried]\n")
    new = house.release("new")
    house.fill(new)
    prove_complete(house.ws, new.digest, actor="ann")
    event = promote_release(house.ws, new.digest, actor="ann", reason="outage", override_reason="the old one is ill")
    assert event
    assert event.evidence["overridden"] == ["approved", "experiment", "canaried"]
    assert event.evidence["override_reason"] == "the old one is ill"


def test_approvals_count_people_whom_the_policy_names(house: House, old: EncoderSpec) -> None:
    new = house.candidate("new")
    house.policy("approvals: {needed: 2, who: [bea, cem, dan]}\n")
    house.note(new, EventKind.APPROVED)  # by "tests"
    assert "0 of 2 approvals" in missing_for(house.ws, new.digest)[0].said
    assert "2 more of bea, cem, dan" in missing_for(house.ws, new.digest)[0].fix


@pytest.mark.parametrize(
    ("seen", "said"),
    [(None, "not compared"), ((199, 0.9), "199 queries"), ((200, 0.1), "shares 0.10"), ((200, 0.2), "")],
)
def test_the_shadow_must_have_been_long_and_alike_enough(
    house: House, old: EncoderSpec, seen: tuple[int, float] | None, said: str
) -> None:
    house.policy("required: [shadowed]\n")
    new = house.candidate("new")
    if seen:
        house.note(new, EventKind.SHADOWED, share=0.0, seen={"queries": seen[0], "overlap": seen[1]})
    assert [m.rule for m in missing_for(house.ws, new.digest)] == (["shadowed"] if said else [])
    assert all(said in m.said for m in missing_for(house.ws, new.digest))


def test_the_canary_must_have_run_for_its_hours(house: House, old: EncoderSpec) -> None:
    house.policy("required: [canaried]\ncanary: {hours: 2}\n")
    new = house.candidate("new")
    assert "no canary is running" in missing_for(house.ws, new.digest)[0].said
    house.note(new, EventKind.CANARY, share=0.1)
    house.clock.on(hours=1.9)
    assert "2 hours" in missing_for(house.ws, new.digest)[0].said
    house.clock.on(hours=0.2)
    assert missing_for(house.ws, new.digest) == []


def test_an_experiment_against_another_production_says_nothing(house: House, old: EncoderSpec) -> None:
    new = house.candidate("new")
    house.note(new, EventKind.DECIDED, verdict="HOLD")
    assert "says HOLD" in missing_for(house.ws, new.digest)[0].said
    house.note(new, EventKind.DECIDED, verdict="PROMOTE", production="f" * 64)
    assert "ffffffffffff, which is not in production" in missing_for(house.ws, new.digest)[0].said
    house.note(new, EventKind.DECIDED, verdict="PROMOTE", production=old.digest)
    assert missing_for(house.ws, new.digest) == []


def test_a_signature_that_does_not_hold_cannot_be_overridden(house: House, old: EncoderSpec) -> None:
    new = house.candidate("new")
    house.ws.store.put(layout.signature(new.digest), b'{"key": "AA==", "signature": "AA=="}')
    with pytest.raises(PromotionForbiddenError, match="untampered"):
        promote_release(house.ws, new.digest, actor="ann", reason="better", override_reason="looks fine to me")


def test_while_another_release_is_the_candidate_nobody_overtakes_it(house: House, old: EncoderSpec) -> None:
    house.policy("required: []\n")
    other, new = house.release("other"), house.release("new")
    house.fill(new)
    prove_complete(house.ws, new.digest, actor="ann")
    nominate(house.ws, other.digest, actor="ann", reason="next")
    with pytest.raises(PromotionForbiddenError, match=f"candidate: {other.digest[:12]}"):
        promote_release(house.ws, new.digest, actor="ann", reason="better", override_reason="quick")


def test_without_a_reason_nothing_moves(house: House, old: EncoderSpec) -> None:
    with pytest.raises(MoveError, match="no reason"):
        promote_release(house.ws, house.release("new").digest, actor="ann", reason=" ")


def test_a_decision_about_another_production_does_not_stand(house: House, old: EncoderSpec) -> None:
    new = house.candidate("new")
    promote_release(house.ws, new.digest, actor="ann", reason="better", expect=old.digest)
    house.policy("required: []\n")
    late = house.release("late")
    house.fill(late)
    prove_complete(house.ws, late.digest, actor="ann")
    with pytest.raises(AliasConflictError, match=f"production points at {new.digest[:12]}"):
        promote_release(house.ws, late.digest, actor="bea", reason="better", expect=old.digest)


def test_of_racing_owners_one_wins(house: House, old: EncoderSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    new = house.candidate("new")
    ready = threading.Barrier(4)
    published = promotion.published_version

    def together(*args: object) -> int | None:
        ready.wait(timeout=20)  # all four have read the same state and found every gate met
        return published(*args)

    monkeypatch.setattr(promotion, "published_version", together)

    def attempt(name: str) -> str:
        try:
            promote_release(house.ws, new.digest, actor=name, reason="better", expect=old.digest)
        except AliasConflictError:
            return "conflict"
        return "won"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, ["ann", "bea", "cem", "dan"])) == ["conflict"] * 3 + ["won"]
    moved = [e for e in read_events(house.ws, "search") if e.kind is EventKind.PROMOTED and e.alias == "production"]
    assert [e.release for e in moved] == [old.digest, new.digest]


def test_a_release_that_is_refused_while_its_promotion_is_decided_stays_out(
    house: House, old: EncoderSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = house.candidate("new")
    published = promotion.published_version

    def late(*args: object) -> int | None:
        house.note(new, EventKind.REFUSED)
        return published(*args)

    monkeypatch.setattr(promotion, "published_version", late)
    with pytest.raises(AliasConflictError):
        promote_release(house.ws, new.digest, actor="ann", reason="better")
    assert house.pointer("production") == old.digest


@pytest.mark.parametrize("step", range(3))
def test_a_death_at_any_write_promotes_nothing_or_everything(
    house: House, old: EncoderSpec, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    new = house.candidate("new")
    before, create = house.state, type(house.ws.store).create
    writes = iter(range(100))

    def dying(store: object, key: str, data: bytes) -> None:
        at = next(writes)
        if at == step and step < 2:
            raise StoreUnavailableError("killed before the write")
        create(store, key, data)
        if at == step - 1 and step == 2:
            raise StoreUnavailableError("killed after the write")

    monkeypatch.setattr(type(house.ws.store), "create", dying)
    with pytest.raises(StoreUnavailableError):
        promote_release(house.ws, new.digest, actor="ann", reason="better")
    monkeypatch.undo()
    after = house.state
    if step < 2:  # the proof, then the event
        assert after == before
        assert promote_release(house.ws, new.digest, actor="ann", reason="better")
    assert house.pointer("production") == new.digest
    assert promote_release(house.ws, new.digest, actor="ann", reason="better") is None

"""How much of the traffic a candidate sees, and where queries go then."""

from __future__ import annotations

import pytest

from daguerre.encoders.spec import EncoderSpec
from daguerre.lifecycle.candidacy import nominate
from daguerre.lifecycle.promotion import missing_for, promote_release
from daguerre.lifecycle.routing import NoProductionError, read_routes
from daguerre.lifecycle.shares import ShareRefusedError, end_shadow, set_canary, set_shadow, shadow_so_far
from daguerre.search.traffic import TrafficLog
from tests.fakes.moving import House

ANN = {"actor": "ann", "reason": "step by step"}


def test_before_the_first_promotion_there_is_no_route(house: House) -> None:
    house.release("new")
    with pytest.raises(NoProductionError):
        read_routes(house.ws)


def test_a_candidate_gets_its_share_and_keeps_warm(house: House, old: EncoderSpec) -> None:
    new = house.candidate("new")
    assert [r.release for r in read_routes(house.ws).all()] == [old.digest, new.digest]
    set_shadow(house.ws, new.digest, 0.3, **ANN)
    set_canary(house.ws, new.digest, 0.1, **ANN)
    routes = read_routes(house.ws)
    assert routes.number == house.state.number
    assert routes.shadow
    assert routes.canary
    assert (routes.shadow.share, routes.canary.share) == (0.3, 0.1)
    assert routes.canary.route.space == new.space
    version = house.publish(new)
    assert routes.canary.route.snapshot == version
    assert set_canary(house.ws, new.digest, 0.1, **ANN) is None
    set_canary(house.ws, new.digest, 0, **ANN)
    assert read_routes(house.ws).canary is None


def test_after_a_promotion_the_release_before_stays_warm(house: House, old: EncoderSpec) -> None:
    new = house.candidate("new")
    set_canary(house.ws, new.digest, 0.1, **ANN)
    event = promote_release(house.ws, new.digest, **ANN)
    assert event
    routes = read_routes(house.ws)
    assert (routes.production.release, routes.production.snapshot) == (new.digest, event.snapshot)
    assert routes.canary is None
    assert [route.release for route in routes.warm] == [old.digest]


def test_a_candidate_without_every_photo_gets_no_query(house: House, old: EncoderSpec) -> None:
    new = house.release("new")
    house.judged(new)
    with pytest.raises(ShareRefusedError, match="is not the candidate"):
        set_shadow(house.ws, new.digest, 0.1, **ANN)
    nominate(house.ws, new.digest, **ANN)
    with pytest.raises(ShareRefusedError, match="never proven complete"):
        set_shadow(house.ws, new.digest, 0.1, **ANN)
    with pytest.raises(ShareRefusedError, match="never proven complete"):
        set_canary(house.ws, new.digest, 0.1, **ANN)
    assert read_routes(house.ws).warm == ()


@pytest.mark.parametrize(
    ("now", "wanted", "said"),
    [
        (0, 0.25, "largest_step is 0.2"),
        (0.2, 0.4, ""),
        (0.4, 0.6, "largest_share is 0.5"),
        (0.4, 0.1, ""),
        (0, 1.5, "between 0 and 1"),
    ],
)
def test_a_canary_grows_by_the_policys_steps(
    house: House, old: EncoderSpec, now: float, wanted: float, said: str
) -> None:
    house.policy("required: []\ncanary: {largest_share: 0.5, largest_step: 0.2}\n")
    new = house.candidate("new")
    for step in range(1, round(now / 0.2) + 1):
        set_canary(house.ws, new.digest, 0.2 * step, **ANN)
    if said:
        with pytest.raises(ShareRefusedError, match=said):
            set_canary(house.ws, new.digest, wanted, **ANN)
    else:
        set_canary(house.ws, new.digest, wanted, **ANN)
        assert house.state.releases[new.digest].canary == wanted


def test_the_end_of_the_shadow_keeps_what_was_seen(house: House, old: EncoderSpec) -> None:
    house.policy("required: [shadowed]\nshadow: {queries: 30, min_overlap: 0.4}\n")
    new = house.candidate("new")
    assert end_shadow(house.ws, new.digest, **ANN) is None
    set_shadow(house.ws, new.digest, 0.5, **ANN)
    assert shadow_so_far(house.ws, new.digest)["queries"] == 0
    log = TrafficLog(house.ws)
    for _ in range(40):
        log.compared(new.digest, 0.004, overlap=0.5, rbo=0.6)
    log.close()
    end_shadow(house.ws, new.digest, **ANN)
    seen = house.state.releases[new.digest].shadowed
    assert seen
    assert (seen["queries"], seen["overlap"]) == (40, pytest.approx(0.5))
    assert house.state.releases[new.digest].shadow == 0
    assert missing_for(house.ws, new.digest) == []

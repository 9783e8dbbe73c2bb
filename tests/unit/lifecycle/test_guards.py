"""Guards that roll back by themselves, and never for noise."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from daguerre import layout
from daguerre.encoders.spec import EncoderSpec
from daguerre.index.snapshot import read_snapshot
from daguerre.lifecycle.bake import watch
from daguerre.lifecycle.breaches import MIN_QUERIES, MIN_TIMED, bounds
from daguerre.lifecycle.guards import read_guards
from daguerre.lifecycle.promotion import promote_release
from daguerre.lifecycle.rollback import roll_back
from daguerre.lifecycle.shares import set_canary
from daguerre.registry.events import EventKind
from daguerre.registry.log import read_events
from daguerre.registry.policy import load_policy
from daguerre.registry.state import Phase
from daguerre.search.abstention import Abstention, write_abstention
from daguerre.stages import journal
from daguerre.stages.report import StageReport
from tests.fakes.moving import House


@pytest.fixture
def new(house: House, old: EncoderSpec) -> EncoderSpec:
    """Promoted 20 minutes after `old` answered a thousand queries, a tenth of them with nothing good."""
    spec = house.candidate("new")
    house.traffic(old, answered=1000, failed=1, nothing=100)
    house.clock.on(minutes=20)
    promote_release(house.ws, spec.digest, actor="ann", reason="better")
    house.clock.on(minutes=30)
    return spec


def last_reason(house: House) -> str:
    event = read_events(house.ws, "search")[-1]
    assert event.kind is EventKind.ROLLED_BACK
    assert event.actor == "guard"
    return event.reason


def test_without_a_probation_there_is_nothing_to_watch(house: House, old: EncoderSpec) -> None:
    before = house.state.number
    assert watch(house.ws).what == "nothing"
    assert house.state.number == before


def test_a_release_as_good_as_the_one_before_bakes_through(house: House, old: EncoderSpec, new: EncoderSpec) -> None:
    house.clock.on(minutes=-20)
    house.traffic(new, answered=1000, failed=2, nothing=110, ms=6)
    house.clock.on(minutes=40)
    outcome = watch(house.ws)
    assert (outcome.what, outcome.report.breaches) == ("baking", ())
    assert outcome.report.figures["nothing_share_before"] == pytest.approx(0.1)
    assert outcome.report.figures["p99_ms"] == pytest.approx(6, rel=0.1)
    house.clock.on(hours=24)
    assert watch(house.ws).what == "baked"
    assert house.state.baking is None
    assert house.state.releases[new.digest].phase is Phase.PRODUCTION
    assert read_events(house.ws, "search")[-1].evidence["figures"]["asked"] == 1002
    assert watch(house.ws).what == "nothing"


@pytest.mark.parametrize(
    ("answered", "failed", "nothing", "ms", "guard"),
    [
        (500, 40, 50, 5.0, "error_share: 40 of 540 queries failed"),
        (500, 0, 250, 5.0, "nothing_found_ratio: nothing good was found for 50.0% of 500 queries, before for 10.0%"),
        (600, 0, 60, 50.0, "latency_p99_ratio: p99 is "),
    ],
)
def test_a_breach_rolls_back_and_says_why(
    house: House, old: EncoderSpec, new: EncoderSpec, answered: int, failed: int, nothing: int, ms: float, guard: str
) -> None:
    house.traffic(new, answered=answered, failed=failed, nothing=nothing, ms=ms)
    house.clock.on(minutes=1)
    outcome = watch(house.ws)
    assert outcome.what == "rolled back"
    assert len(outcome.report.breaches) == 1
    assert last_reason(house).startswith(f"by itself: {guard}")
    assert "the limit is" in last_reason(house)
    assert house.pointer("production") == old.digest
    assert house.pointer("candidate") == new.digest
    assert watch(house.ws).what == "nothing"


@pytest.mark.parametrize(
    ("answered", "failed", "nothing", "ms"),
    [
        (0, 3, 0, 5.0),  # three failures are no verdict
        (0, MIN_QUERIES - 1, 0, 5.0),
        (MIN_QUERIES - 2, 0, MIN_QUERIES - 2, 5.0),
        (MIN_TIMED - 1, 0, 50, 500.0),
        (200, 5, 20, 5.0),  # 2.4 % of 205: more than 1 %, but may be chance
        (300, 0, 54, 5.0),  # 18 % against 10 %: 1.8 times, but may be chance
    ],
)
def test_noise_does_not_roll_back(
    house: House, old: EncoderSpec, new: EncoderSpec, answered: int, failed: int, nothing: int, ms: float
) -> None:
    house.traffic(new, answered=answered, failed=failed, nothing=nothing, ms=ms)
    house.clock.on(minutes=1)
    assert watch(house.ws).what == "baking"


def test_a_space_that_learned_to_say_nothing_is_not_compared_with_one_that_never_does(
    house: House, old: EncoderSpec, new: EncoderSpec
) -> None:
    house.traffic(new, answered=500, nothing=250)
    house.clock.on(minutes=1)
    calibration = Abstention(
        space=new.space, threshold=0.2, statistic="best", rule="balanced", false_answer_rate=0.05,
        false_answer_interval=(0.0, 0.1), recall_loss=0.01, recall_loss_interval=(0.0, 0.02), queries=100,
        no_match_queries=50, meets_targets=True, calibrated_at=house.clock.now,
    )  # fmt: skip
    write_abstention(house.ws, calibration)
    assert watch(house.ws).what == "baking"
    write_abstention(house.ws, replace(calibration, space=old.space))
    assert watch(house.ws).what == "rolled back"


def test_what_failed_as_often_before_is_not_the_new_ones_fault(house: House, old: EncoderSpec) -> None:
    new = house.candidate("new")
    house.traffic(old, answered=900, failed=100)
    house.clock.on(minutes=10)
    promote_release(house.ws, new.digest, actor="ann", reason="better")
    house.clock.on(minutes=10)
    house.traffic(new, answered=900, failed=110)
    house.clock.on(minutes=1)
    assert watch(house.ws).what == "baking"


def test_the_comparison_is_with_as_long_a_time_before(house: House, old: EncoderSpec) -> None:
    new = house.candidate("new")
    house.traffic(old, answered=1000, ms=5)
    house.clock.on(hours=3)
    promote_release(house.ws, new.digest, actor="ann", reason="better")
    house.clock.on(hours=1)
    house.traffic(new, answered=1000, ms=100)
    house.clock.on(minutes=1)
    assert watch(house.ws).report.figures["asked_before"] == 0
    house.clock.on(hours=3)
    report = read_guards(house.ws, load_policy(house.ws))
    assert report.figures["asked_before"] == 1000
    assert [breach.guard for breach in report.breaches] == ["latency_p99_ratio"]


def test_an_index_that_lost_its_recall_rolls_back(house: House, old: EncoderSpec, new: EncoderSpec) -> None:
    snapshot = read_snapshot(house.ws, new.space)
    house.ws.store.put(layout.snapshot(new.space), replace(snapshot, ann=True).to_json())
    figures = {"recall_at_10": 0.97, "recall_at_10_shifted": 0.9, "version": float(snapshot.version - 1)}
    journal.record(
        house.ws,
        StageReport(stage="search_index", space=new.space, total=24, done=24, fresh=1, seconds=1, figures=figures),
    )
    assert watch(house.ws).what == "baking"  # the audit was of an older index
    figures["version"] += 1
    journal.record(
        house.ws,
        StageReport(stage="search_index", space=new.space, total=24, done=24, fresh=1, seconds=1, figures=figures),
    )
    assert watch(house.ws).what == "rolled back"
    assert "recall_at_10: the index of 24 vectors" in last_reason(house)


@pytest.mark.parametrize(
    ("drift", "landed", "rolls_back"),
    [("block", 3, True), ("warn", 3, False), ("ignore", 3, False), ("block", 2, False)],
)
def test_drift_rolls_back_when_the_policy_says_so(
    house: House, old: EncoderSpec, new: EncoderSpec, drift: str, landed: int, rolls_back: bool
) -> None:
    house.policy(f"guards: {{drift: {drift}}}\n")
    house.land(3)  # since the promotion; batch 2 landed before it
    record = {
        "batch": house.batches[landed],
        "verdict": "block",
        "said": "brightness",
        "findings": [{"status": "block"}],
    }
    house.ws.store.put(f"reports/drift/{house.batches[landed]}.json", json.dumps(record).encode())
    assert (watch(house.ws).what == "rolled back") is rolls_back


def test_a_bad_canary_ends_and_production_goes_on(house: House, old: EncoderSpec) -> None:
    new = house.candidate("new")
    set_canary(house.ws, new.digest, 0.2, actor="ann", reason="dare")
    house.clock.on(minutes=5)
    house.traffic(old, answered=2000, nothing=100)
    house.traffic(new, "canary", answered=400, failed=100)
    house.clock.on(minutes=1)
    outcome = watch(house.ws)
    assert (outcome.what, outcome.report.alias) == ("rolled back", "candidate")
    assert last_reason(house).startswith("by itself: error_share: 100 of 500")
    assert house.pointer("candidate") == ""
    assert house.pointer("production") == old.digest


def test_a_good_canary_is_left_alone(house: House, old: EncoderSpec) -> None:
    new = house.candidate("new")
    set_canary(house.ws, new.digest, 0.2, actor="ann", reason="dare")
    house.traffic(old, answered=2000, nothing=200)
    house.traffic(new, "canary", answered=500, nothing=55)
    house.clock.on(minutes=1)
    outcome = watch(house.ws)
    assert (outcome.what, outcome.report.release) == ("nothing", new.digest)
    assert outcome.report.figures["nothing_share"] == pytest.approx(0.11)


def test_a_person_who_was_faster_is_left_alone(
    house: House, old: EncoderSpec, new: EncoderSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    from daguerre.lifecycle import bake

    house.traffic(new, answered=500, failed=100)
    house.clock.on(minutes=1)
    look = bake.probation

    def overtaken(*args: object) -> object:
        roll_back(house.ws, actor="ann", reason="I saw it first")
        return look(*args)

    monkeypatch.setattr(bake, "probation", overtaken)
    assert watch(house.ws).what == "nothing"
    assert read_events(house.ws, "search")[-1].actor == "ann"


def test_bounds_hold_what_they_promise() -> None:
    assert bounds(0, 0) == (0.0, 1.0)
    assert bounds(0, 100)[0] == 0
    assert bounds(100, 100)[1] == pytest.approx(1)
    rng = np.random.default_rng(3)
    for share in (0.01, 0.1, 0.5):
        counts = rng.binomial(400, share, 4000)
        outside = [not low <= share <= high for low, high in (bounds(int(c), 400) for c in counts)]
        assert np.mean(outside) < 0.01
    low, high = bounds(40, 400)
    assert low < 0.1 < high
    assert high - low < 0.12


def test_an_unreadable_calibration_does_not_blind_the_guards(house: House, old: EncoderSpec, new: EncoderSpec) -> None:
    house.ws.store.put(layout.abstention(new.space), b"{")
    house.traffic(new, answered=500, failed=40)
    house.clock.on(minutes=1)
    assert watch(house.ws).what == "rolled back"


def test_a_probation_that_nobody_asked_in_goes_on(house: House, old: EncoderSpec, new: EncoderSpec) -> None:
    house.clock.on(hours=25)
    outcome = watch(house.ws)
    assert (outcome.what, outcome.report.wanting) == (
        "baking", "not enough answers yet: 0 of 50 (`guards.min_answers` of the policy)",
    )  # fmt: skip
    house.traffic(new, answered=49, failed=1)
    house.clock.on(minutes=1)
    assert watch(house.ws).report.wanting.startswith("not enough answers yet: 49 of 50")
    assert house.state.baking is not None
    house.traffic(new, answered=1)
    house.clock.on(minutes=1)
    outcome = watch(house.ws)
    assert (outcome.what, outcome.report.wanting) == ("baked", "")


def test_a_policy_may_let_a_probation_end_by_time_alone(house: House, old: EncoderSpec, new: EncoderSpec) -> None:
    house.policy("guards: {min_answers: 0}\n")
    house.clock.on(hours=25)
    assert watch(house.ws).what == "baked"

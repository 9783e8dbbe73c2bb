from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest

from daguerre.quality.calibration import (
    CAUTIOUS_LOSS,
    MAX_FALSE_ANSWERS,
    MAX_LOSS,
    MIN_ANSWERED,
    MIN_NO_MATCH,
    Asked,
    Calibration,
    Rule,
    calibrate,
)
from daguerre.quality.queries import GoldenQuery
from daguerre.quality.search_report import asked_by_words


def queries(answered: Sequence[float], nothing: Sequence[float], *, hits: int = 3) -> list[Asked]:
    found = [Asked(id=f"a{i}", best=float(best), hits=hits, no_match=False) for i, best in enumerate(answered)]
    return found + [Asked(id=f"n{i}", best=float(best), hits=0, no_match=True) for i, best in enumerate(nothing)]


def drawn(rng: np.random.Generator, n: int, no_match: int, *, apart: float = 0.2) -> list[Asked]:
    return queries(rng.normal(0.4 + apart, 0.05, n), rng.normal(0.4, 0.05, no_match))


def rates(found: Calibration, fresh: list[Asked]) -> tuple[float, float]:
    assert found.threshold is not None
    shown = [one for one in fresh if one.best >= found.threshold]
    answered = sum(not one.no_match for one in fresh)
    false = sum(one.no_match for one in shown) / (len(fresh) - answered)
    return false, 1 - sum(not one.no_match for one in shown) / answered


def test_queries_that_differ_are_told_apart_within_the_targets() -> None:
    rng = np.random.default_rng(1)
    found = calibrate(drawn(rng, 200, 40))
    assert found.rule is Rule.BALANCED
    assert found.meets_targets
    assert (found.queries, found.no_match_queries, found.false_answers.n, found.recall_loss.n) == (200, 40, 40, 200)
    false, lost = rates(found, drawn(rng, 20_000, 20_000))
    assert false <= MAX_FALSE_ANSWERS
    assert lost <= MAX_LOSS


def test_queries_that_do_not_differ_keep_their_hits_and_miss_the_target() -> None:
    rng = np.random.default_rng(2)
    found = calibrate(drawn(rng, 300, 60, apart=0.02))
    assert not found.meets_targets
    assert found.false_answers.value > 0.5
    false, lost = rates(found, drawn(rng, 20_000, 20_000, apart=0.02))
    assert lost == pytest.approx(MAX_LOSS, abs=0.03)
    assert false > 0.5


def test_held_out_rates_are_those_of_queries_not_seen() -> None:
    """Over many small sets: no bias to speak of, and intervals that hold the truth about as often as they say."""
    rng = np.random.default_rng(3)
    fresh = drawn(rng, 20_000, 20_000, apart=0.14)
    made = [calibrate(drawn(rng, 90, 25, apart=0.14)) for _ in range(60)]
    truth = [rates(found, fresh) for found in made]
    said = [(found.false_answers, found.recall_loss) for found in made]
    for kind in (0, 1):
        assert np.mean([one[kind].value for one in said]) == pytest.approx(np.mean([t[kind] for t in truth]), abs=0.02)
        inside = [one[kind].low <= t[kind] <= one[kind].high for one, t in zip(said, truth, strict=True)]
        assert np.mean(inside) >= 0.85


def test_with_few_queries_without_a_match_the_loss_decides() -> None:
    rng = np.random.default_rng(4)
    asked = drawn(rng, 200, MIN_NO_MATCH - 1, apart=0.3)
    found = calibrate(asked)
    assert found.rule is Rule.CAUTIOUS
    assert not found.meets_targets, "too few to say so"
    assert "too few" in found.said
    assert found.threshold == calibrate([one for one in asked if not one.no_match]).threshold
    assert rates(found, drawn(rng, 20_000, 1, apart=0.3))[1] == pytest.approx(CAUTIOUS_LOSS, abs=0.02)


def test_with_few_queries_that_find_something_nothing_is_withheld() -> None:
    few = [*drawn(np.random.default_rng(5), MIN_ANSWERED - 1, 100), Asked(id="x", best=0.9, hits=0, no_match=False)]
    found = calibrate(few)
    assert (found.rule, found.threshold) == (Rule.NONE, None)
    assert (found.false_answers.value, found.recall_loss.value) == (1, 0), "everything is answered"
    assert "no threshold" in found.said


def test_nothing_asked() -> None:
    found = calibrate([])
    assert (found.threshold, found.false_answers.n, found.recall_loss.high) == (None, 0, 1)


def test_a_query_whose_answer_holds_nothing_relevant_costs_nothing_to_withhold() -> None:
    asked = drawn(np.random.default_rng(6), 100, 30, apart=0.4)
    wrong = [Asked(id=f"w{i}", best=0.3, hits=0, no_match=False) for i in range(50)]
    found, with_wrong = calibrate(asked), calibrate(asked + wrong)
    assert with_wrong.threshold == found.threshold
    assert with_wrong.queries == found.queries + 50
    assert with_wrong.withheld.n == found.withheld.n == 100


def test_recall_counts_hits_not_queries() -> None:
    """One query of a hundred hits, all others of one: what is lost depends on which."""
    asked = queries(np.linspace(0.5, 0.9, 100), np.linspace(0.1, 0.55, 40), hits=1)
    weakest = [Asked(id=one.id, best=one.best, hits=10 if one.best == 0.5 else one.hits, no_match=one.no_match)
               for one in asked]  # fmt: skip
    light, heavy = calibrate(asked), calibrate(weakest)
    assert light.threshold == heavy.threshold
    assert light.withheld == heavy.withheld
    assert heavy.recall_loss.value == pytest.approx((light.recall_loss.value * 100 + 9) / 109)


def test_the_order_of_queries_does_not_matter() -> None:
    asked = drawn(np.random.default_rng(7), 80, 30)
    assert calibrate(asked[::-1]).false_answers == calibrate(asked).false_answers


@pytest.mark.parametrize("spread", [0.0, 1e-9])
def test_equal_scores_make_no_trouble(spread: float) -> None:
    rng = np.random.default_rng(8)
    found = calibrate(queries(0.6 + spread * rng.random(50), 0.6 + spread * rng.random(50)))
    assert found.threshold == pytest.approx(0.6, abs=1e-3)
    assert found.withheld.value <= MAX_LOSS
    apart = calibrate(queries([0.6] * 50, [0.4] * 50))
    assert (apart.false_answers.value, apart.recall_loss.value) == (0, 0)


def test_the_record_is_json() -> None:
    told = calibrate(drawn(np.random.default_rng(9), 80, 30)).to_json()
    assert json.loads(json.dumps(told, allow_nan=False))["meets_targets"] is True


def golden(name: str, *, kind: str = "text", relevant: int = 0, judged: frozenset[str] | None = None) -> GoldenQuery:
    return GoldenQuery(
        id=name, kind="text" if kind == "text" else "photo", text="x", photo_id="p", owner_id=None,
        relevant=frozenset(f"r{i}" for i in range(relevant)), expected=relevant, query_class="c", judged=judged,
    )  # fmt: skip


def test_only_words_whose_right_answer_is_certain_are_learnt_from() -> None:
    asked = [
        golden("found", relevant=2),
        golden("nothing"),
        golden("picture", kind="photo", relevant=1),
        golden("empty", relevant=1),
        golden("looked at few", judged=frozenset({"p9"})),
    ]
    answer = [("r0", 0.7), ("r9", 0.6), ("r1", 0.5), *((f"x{i}", 0.4) for i in range(20))]
    answers = {one.id: [] if one.id == "empty" else answer for one in asked}
    assert asked_by_words(asked, answers) == [
        Asked(id="found", best=0.7, hits=2, no_match=False),
        Asked(id="nothing", best=0.7, hits=0, no_match=True),
    ]

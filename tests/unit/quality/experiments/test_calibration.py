"""Experiments with known truth: how often each verdict comes out, of `worlds.RUNS` simulated ones.

The truth is exact: nothing differs by chance of the draw but the draw. Zero effect may promote 5 % of the time and is
built to promote 2.5 %; the bounds here are what the product promises. What was measured is in
docs/decisions/0009-verdicts-on-bounds.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from daguerre.quality.experiments.decision import Decision, Verdict, decide
from daguerre.quality.experiments.interleaving import preference_values
from daguerre.quality.experiments.judge import PairedValues, Values, judge
from daguerre.quality.experiments.spec import ExperimentSpec
from daguerre.quality.experiments.validity import Validity
from tests.unit.quality.experiments.crowds import arms, interleaved
from tests.unit.quality.experiments.worlds import paired, rates, spec

SEEN = Validity(asked=1)
OFFLINE = spec()
PREFERENCE = spec(
    kind="interleaving", cluster="person", metrics=[{"name": "preference", "role": "success", "mde": 0.05}]
)
CLICKS = spec(kind="ab", metrics=[{"name": "clicks", "role": "success", "mde": 0.02, "relative": True}])


def peeking(plain: ExperimentSpec, until: int) -> ExperimentSpec:
    """Leave out the slices, which a look at a tenth of the data cannot fill, and plan for many looks."""
    metrics = tuple(metric.model_copy(update={"slices": ()}) for metric in plain.metrics)
    return plain.model_copy(update={"metrics": metrics, "peek_until": until})


def verdict(plain: ExperimentSpec, values: Values, split: tuple[int, int] | None = None) -> Decision:
    return decide(plain, judge(plain, values, replace(SEEN, split=split)))


def first_promotion(decisions: Iterable[Decision]) -> Decision:
    """Stop at the first look that allows it, as somebody would who wants it to be allowed; else the last word."""
    last: Decision | None = None
    for last in decisions:
        if last.verdict is Verdict.PROMOTE:
            break
    assert last is not None
    return last


def first(values: PairedValues, at: Sequence[int]) -> PairedValues:
    return PairedValues(
        query_ids=[values.query_ids[i] for i in at],
        clusters=[values.clusters[i] for i in at],
        production=values.production[at],
        candidate=values.candidate[at],
    )


def offline(effect: float) -> dict[Verdict, float]:
    return rates(lambda r: verdict(OFFLINE, paired(effect, r)))


def offline_peeked(effect: float, plain: ExperimentSpec) -> dict[Verdict, float]:
    def once(r: np.random.Generator) -> Decision:
        values = paired(effect, r)
        looks = [np.arange(end) for end in range(100, 801, 100)]
        return first_promotion(verdict(plain, {k: first(v, at) for k, v in values.items()}) for at in looks)

    return rates(once)


def interleaving(lift: float, plain: ExperimentSpec = PREFERENCE, looks: int = 1) -> dict[Verdict, float]:
    def once(r: np.random.Generator) -> Decision:
        values = preference_values(interleaved(r, production=1.0, candidate=1.0 + lift))
        order = r.permutation(len(values.query_ids))
        ends = [len(order) * (look + 1) // looks for look in range(looks)]
        return first_promotion(verdict(plain, {"preference": first(values, order[:end])}) for end in ends)

    return rates(once)


def ab(lift: float, plain: ExperimentSpec = CLICKS, looks: int = 1) -> dict[Verdict, float]:
    def once(r: np.random.Generator) -> Decision:
        return first_promotion(
            verdict(plain, {"clicks": values}, (len(values.production.total), len(values.candidate.total)))
            for values in arms(r, lift, looks=looks)
        )

    return rates(once)


class TestOffline:
    """800 queries of 60 owners, a guardrail on recall and one on latency, four slices."""

    def test_a_gain_of_two_points_is_promoted(self) -> None:
        assert offline(0.02)[Verdict.PROMOTE] >= 0.9

    def test_a_loss_of_two_points_is_never_promoted(self) -> None:
        found = offline(-0.02)
        assert found[Verdict.PROMOTE] == 0
        assert found[Verdict.BLOCK] >= 0.9

    def test_no_effect_is_hardly_ever_promoted_and_mostly_held(self) -> None:
        found = offline(0.0)
        assert found[Verdict.PROMOTE] <= 0.05
        assert found[Verdict.HOLD] >= 0.85

    def test_four_owners_keep_the_rates_about_themselves(self) -> None:
        found = rates(lambda r: verdict(OFFLINE, paired(0.0, r, queries=240, owners=4, owner_spread=0.0)))
        assert found[Verdict.PROMOTE] <= 0.05

    def test_eight_owners_keep_the_rates_about_others(self) -> None:
        found = rates(lambda r: verdict(OFFLINE, paired(0.0, r, queries=400, owners=8, owner_spread=0.02)))
        assert found[Verdict.PROMOTE] <= 0.05


class TestOfflineLookedAtEightTimes:
    def test_no_effect_is_not_promoted_more_often(self) -> None:
        assert offline_peeked(0.0, peeking(OFFLINE, 800))[Verdict.PROMOTE] <= 0.05

    def test_a_gain_of_two_points_is_promoted(self) -> None:
        assert offline_peeked(0.02, peeking(OFFLINE, 800))[Verdict.PROMOTE] >= 0.9


class TestInterleaving:
    """About 300 lists seen by 50 people; the candidate lifts right photos by .7 standard deviations more, or less."""

    def test_a_better_ranking_is_promoted(self) -> None:
        assert interleaving(0.7)[Verdict.PROMOTE] >= 0.9

    def test_a_worse_ranking_is_never_promoted(self) -> None:
        assert interleaving(-0.7)[Verdict.PROMOTE] == 0

    def test_an_equal_ranking_is_hardly_ever_promoted(self) -> None:
        assert interleaving(0.0)[Verdict.PROMOTE] <= 0.05

    def test_looking_six_times_does_not_promote_it_either(self) -> None:
        assert interleaving(0.0, peeking(PREFERENCE, 300), looks=6)[Verdict.PROMOTE] <= 0.05


class TestAB:
    """2,000 people, half of them on each side, in whose lists right photos are 12 % more frequent, or less."""

    def test_a_better_side_is_promoted(self) -> None:
        assert ab(0.12)[Verdict.PROMOTE] >= 0.9

    def test_a_worse_side_is_never_promoted(self) -> None:
        assert ab(-0.12)[Verdict.PROMOTE] == 0

    def test_an_equal_side_is_hardly_ever_promoted(self) -> None:
        assert ab(0.0)[Verdict.PROMOTE] <= 0.05

    def test_looking_ten_times_does_not_promote_it_either(self) -> None:
        assert ab(0.0, peeking(CLICKS, 2000), looks=10)[Verdict.PROMOTE] <= 0.05

    def test_without_the_sequence_looking_ten_times_would(self) -> None:
        assert ab(0.0, looks=10)[Verdict.PROMOTE] > 0.05

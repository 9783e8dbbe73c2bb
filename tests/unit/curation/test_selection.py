from __future__ import annotations

import numpy as np
import pytest

from daguerre.curation.selection import SelectionRules, cover, diverse, moment_labels, proposals, select, spread
from tests.fakes.lives import Occasion, moved, occasion, unit
from tests.fakes.measures import f1, selection_scores

K = 8


#: Occasions of one seed; those of seeds from 1000 on were looked at while the thresholds were chosen.
OF_SEED = 60


@pytest.fixture(scope="module")
def seeds() -> list[list[Occasion]]:
    made = [[occasion(seed * OF_SEED + i) for i in range(OF_SEED)] for seed in range(5)]
    return [[each for each in of_seed if len(each.quality) >= 20] for of_seed in made]


@pytest.fixture(scope="module")
def occasions(seeds) -> list[Occasion]:
    return [each for of_seed in seeds for each in of_seed]


def scores(occasions: list[Occasion], selector) -> tuple[float, float]:
    made = [selection_scores(selector(each), each.moment, each.quality, K) for each in occasions]
    covered, good = np.mean(made, axis=0)
    return float(covered), float(good)


def ours(each: Occasion) -> np.ndarray:
    return select(each.taken_s, each.quality, each.look, np.arange(len(each.quality)), most=K)


def best(each: Occasion) -> np.ndarray:
    return np.argsort(-each.quality)[:K]


def test_a_selection_covers_the_moments_with_good_pictures(occasions):
    covered, good = scores(occasions, ours)
    assert covered >= 0.9
    assert good >= 0.8


def test_a_selection_beats_the_best_pictures_by_a_fifth_for_every_seed(seeds):
    for of_seed in seeds:
        assert f1(*scores(of_seed, ours)) >= f1(*scores(of_seed, best)) + 0.2


def test_a_selection_gives_up_little_of_what_is_possible(occasions):
    """Whoever knows the moments, and which pictures count as good, does hardly better at the same coverage."""

    def knowing(each: Occasion) -> np.ndarray:
        """Return the best of the moments from the floor on, then the best of all that is left."""
        firsts = [rows[each.quality[rows].argmax()] for rows in map(np.flatnonzero, moments(each))]
        firsts = sorted((row for row in firsts if each.quality[row] >= 0.43), key=lambda row: -each.quality[row])[:K]
        rest = [row for row in np.argsort(-each.quality) if row not in firsts]
        return np.array([*firsts, *rest[: K - len(firsts)]])

    assert f1(*scores(occasions, ours)) >= f1(*scores(occasions, knowing)) - 0.01


def moments(each: Occasion) -> list[np.ndarray]:
    return [each.moment == number for number in np.unique(each.moment)]


def test_a_selection_by_blurred_judgement_still_beats_the_best_pictures_by_a_tenth(occasions):
    rng = np.random.default_rng(7)
    seen = [np.clip(each.quality + rng.normal(0, 0.1, len(each.quality)), 0, 1) for each in occasions]
    quality = {id(each): judged for each, judged in zip(occasions, seen, strict=True)}

    def choose(each: Occasion) -> np.ndarray:
        return select(each.taken_s, quality[id(each)], each.look, np.arange(len(each.quality)), most=K)

    by_quality = scores(occasions, lambda each: np.argsort(-quality[id(each)])[:K])
    assert f1(*scores(occasions, choose)) >= f1(*by_quality) + 0.1


def test_the_whole_rule_covers_more_than_diversity_over_all_photos(occasions):
    covered, _ = scores(occasions, ours)
    assert covered >= scores(occasions, lambda each: diverse(each.quality, each.look, K))[0] + 0.02
    assert covered >= scores(occasions, lambda each: spread(each.quality, each.look, K))[0] + 0.1


def test_a_selection_is_in_order_of_time_and_without_repetition(occasions):
    for each in occasions:
        picks = ours(each)
        assert len(picks) <= K
        assert (np.diff(picks) > 0).all()


def test_moments_end_with_time_or_look_and_are_joined_by_duplicates():
    rng = np.random.default_rng(1)
    look = unit(rng.normal(size=16))
    looks = np.stack([look, moved(rng, look, 0.1), moved(rng, look, 0.6), moved(rng, look, 0.05), look])
    taken = np.array([0.0, 30, 60, 90, 500])
    assert moment_labels(taken, looks, np.arange(5)).tolist() == [0, 0, 2, 3, 4]
    assert moment_labels(taken, looks, np.array([0, 1, 2, 3, 0])).tolist() == [0, 0, 2, 3, 0]


def test_of_duplicates_only_the_best_is_proposed_and_long_moments_propose_three():
    moment = np.array([0] * 7 + [7, 7])
    equals = np.array([0, 0, 2, 3, 4, 5, 6, 7, 8])
    quality = np.array([0.9, 1.0, 0.5, 0.8, 0.1, 0.1, 0.1, 0.5, 0.6])
    assert proposals(moment, equals, quality).tolist() == [1, 2, 3, 8]


def test_a_moment_without_a_good_picture_is_passed_over_unless_too_little_is_left():
    moment, quality = np.arange(5), np.array([0.9, 0.1, 0.3, 0.8, 0.2])
    rules = SelectionRules(fewest=2)
    assert proposals(moment, moment, quality, rules).tolist() == [0, 3]
    assert proposals(moment, moment, quality, SelectionRules(fewest=3)).tolist() == [0, 2, 3]
    assert proposals(moment, moment, np.zeros(5), rules).tolist() == [0, 1]


def test_a_picture_that_repeats_two_others_together_is_left_out():
    looks = unit(np.array([[1.0, 0, 0, 0], [0, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])).astype(np.float32)
    quality = np.array([0.5, 0.5, 0.5, 0.4, 0.4])
    assert sorted(spread(quality, looks, 4, SelectionRules(quality_growth=0.1)).tolist()) == [0, 1, 3, 4]


@pytest.mark.parametrize("n", [0, 1, 3])
def test_few_photos_are_all_chosen(n):
    looks = unit(np.random.default_rng(0).normal(size=(n, 8))).astype(np.float32)
    assert sorted(diverse(np.linspace(0, 1, n), looks, 5).tolist()) == list(range(n))
    assert sorted(spread(np.linspace(0, 1, n), looks, 5).tolist()) == list(range(n))


def test_the_cover_is_good_and_no_exception():
    looks = np.eye(4)[[0, 0, 0, 1]]
    assert cover(np.array([0.5, 0.9, 0.5, 0.95]), looks) == 1
    assert cover(np.array([0.1, 0.1, 0.1, 0.95]), looks) == 3

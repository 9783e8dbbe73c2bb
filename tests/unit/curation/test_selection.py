from __future__ import annotations

import numpy as np
import pytest

from daguerre.curation.selection import cover, diverse, moment_labels, proposals, select
from tests.fakes.lives import Occasion, moved, occasion, unit
from tests.fakes.measures import f1, selection_scores

K = 8


@pytest.fixture(scope="module")
def occasions() -> list[Occasion]:
    return [each for each in map(occasion, range(120)) if len(each.quality) >= 20]


def scores(occasions: list[Occasion], selector) -> tuple[float, float]:
    made = [selection_scores(selector(each), each.moment, each.quality, K) for each in occasions]
    covered, good = np.mean(made, axis=0)
    return float(covered), float(good)


def ours(each: Occasion) -> np.ndarray:
    return select(each.taken_s, each.quality, each.look, np.arange(len(each.quality)), most=K)


def test_a_selection_covers_the_moments_with_good_pictures(occasions):
    covered, good = scores(occasions, ours)
    assert covered >= 0.9
    assert good >= 0.75


def test_a_selection_beats_the_best_pictures_by_a_fifth(occasions):
    best = scores(occasions, lambda each: np.argsort(-each.quality)[:K])
    assert f1(*scores(occasions, ours)) >= f1(*best) + 0.2


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


def test_of_duplicates_only_the_best_is_proposed_and_long_moments_propose_two():
    moment = np.array([0] * 7 + [7, 7])
    equals = np.array([0, 0, 2, 3, 4, 5, 6, 7, 8])
    quality = np.array([0.9, 1.0, 0.2, 0.8, 0.1, 0.1, 0.1, 0.3, 0.4])
    assert proposals(moment, equals, quality).tolist() == [1, 3, 8]


@pytest.mark.parametrize("n", [0, 1, 3])
def test_few_photos_are_all_chosen(n):
    looks = unit(np.random.default_rng(0).normal(size=(n, 8))).astype(np.float32)
    assert sorted(diverse(np.linspace(0, 1, n), looks, 5).tolist()) == list(range(n))


def test_the_cover_is_good_and_no_exception():
    looks = np.eye(4)[[0, 0, 0, 1]]
    assert cover(np.array([0.5, 0.9, 0.5, 0.95]), looks) == 1
    assert cover(np.array([0.1, 0.1, 0.1, 0.95]), looks) == 3

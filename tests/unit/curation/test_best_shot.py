from __future__ import annotations

import numpy as np
import pytest

from benchmarks.learn_best_shot import learnt, pairwise
from daguerre.curation.best_shot import LEARNT, SET_BY_HAND, appeal, best_copy, best_frame
from daguerre.curation.frame_features import frame_features
from tests.fakes.frames import Shooting, shooting
from tests.fakes.lives import columns

ALL = np.arange(3)


@pytest.fixture(scope="module")
def bursts() -> list[Shooting]:
    """Return five seeds of bursts; the weights were learnt on others."""
    return [shooting(seed) for seed in range(60)]


def won(bursts: list[Shooting], choose) -> float:
    """Return the share of pairs that the chosen frame truly wins."""
    wins = []
    for burst in bursts:
        best = choose(burst)
        wins += (burst.quality[best] > np.delete(burst.quality, best)).tolist()
    return float(np.mean(wins))


def ours(burst: Shooting) -> int:
    return best_frame(burst.columns, burst.rows).row


def sharpest(burst: Shooting) -> int:
    return int(burst.columns.sharpness.argmax())


def test_the_chosen_frame_of_painted_bursts_is_truly_the_better_one(bursts):
    assert won(bursts, ours) >= 0.8


def test_the_choice_beats_the_sharpest_frame_by_a_tenth_and_chance_by_three(bursts):
    assert won(bursts, ours) >= won(bursts, sharpest) + 0.1
    assert won(bursts, ours) >= 0.5 + 0.3


def test_all_pairs_are_ordered_better_than_by_sharpness_or_by_look(bursts):
    right, _ = pairwise(bursts, LEARNT)
    for name in ("sharpness", "aesthetic"):
        alone = type(LEARNT)(weight={name: 1.0}, unit={name: 1.0})
        assert right >= pairwise(bursts, alone)[0] + 0.08


def test_learning_again_from_few_choices_gives_weights_that_agree(bursts):
    again = learnt(bursts)
    assert not set(again.weight) & set(SET_BY_HAND.weight)
    for name in ("sharpness", "calm"):
        assert again.weight[name] / again.unit[name] > 0.4 * LEARNT.weight[name] / LEARNT.unit[name]
    assert again.weight["light"] < 0


def test_the_sharpest_frame_is_best_and_it_says_so():
    choice = best_frame(columns(3, sharpness=np.array([5.0, 7.0, 6.0])), ALL)
    assert (choice.row, choice.reason) == (1, "sharpest of 3")


def test_a_pleasing_frame_may_beat_a_sharper_one():
    frames = columns(3, sharpness=np.array([6.9, 7.0, 1.0]), aesthetic=np.array([0.9, 0.1, 0.1]))
    choice = best_frame(frames, ALL)
    assert (choice.row, choice.reason) == (0, "best look of 3")


def test_grain_and_faces_are_named_when_they_decide():
    quiet = columns(3, sharpness=np.full(3, 6.0), noise=np.array([9.0, 1.0, 8.0]))
    assert best_frame(quiet, ALL).reason == "least noisy of 3"
    seen = columns(3, sharpness=np.array([6.0, 6.5, 6.0]), faces=np.array([3.0, 1.0, 1.0]))
    assert best_frame(seen, ALL).reason == "faces best of 3"


def test_what_a_person_liked_overrules_pixels():
    frames = columns(3, sharpness=np.array([5.0, 7.0, 6.0]), favorites=np.array([2.0, 0, 0]))
    assert best_frame(frames, ALL) == best_frame(columns(3, favorites=np.array([1.0, 0, 0])), ALL)
    assert best_frame(frames, ALL).reason == "you liked it"


def test_a_compromise_is_called_one():
    sharpness, look = np.array([6.0, 7.5, 3.0]), np.array([0.52, 0.3, 0.55])
    choice = best_frame(columns(3, sharpness=sharpness, aesthetic=look), ALL)
    assert (choice.row, choice.reason) == (0, "best sharpness, light and look together, of 3")


def test_a_signal_that_one_frame_lacks_counts_as_usual():
    frames = columns(3, sharpness=np.array([np.nan, 5.0, 6.0]))
    assert best_frame(frames, ALL).row == 2
    assert np.isnan(frame_features(frames, ALL)["sharpness"][0])


def test_without_signals_the_most_detailed_file_is_best():
    assert best_frame(columns(3, bytes=np.array([100, 300, 200])), ALL).row == 1


def test_equal_frames_leave_it_at_the_first():
    choice = best_frame(columns(3, sharpness=np.full(3, 5.0)), ALL)
    assert (choice.row, choice.reason) == (0, "first of 3")


@pytest.mark.parametrize(
    ("given", "best", "reason"),
    [
        ({"width": np.array([1000, 4000, 2000])}, 1, "largest of 3: 4000 x 3000"),
        ({"camera": np.array(["", "", "Example"], object)}, 2, "as the camera wrote it, of 3"),
        ({"bytes": np.array([10, 30, 20])}, 1, "least compressed of 3"),
        ({}, 0, "first of 3"),
    ],
)
def test_the_best_copy_is_the_one_closest_to_the_original(given, best, reason):
    choice = best_copy(columns(3, **given), ALL)
    assert (choice.row, choice.reason) == (best, reason)


def test_appeal_is_a_rank_and_a_half_where_nothing_is_known():
    scored = appeal(columns(4, sharpness=np.array([1.0, 2.0, 3.0, np.nan]), aesthetic=np.full(4, np.nan)))
    assert scored.tolist() == pytest.approx([1 / 6, 1 / 2, 5 / 6, 1 / 2])

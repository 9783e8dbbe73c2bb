from __future__ import annotations

import numpy as np
import pytest

from daguerre.curation.best_shot import appeal, best_copy, best_frame
from tests.fakes.lives import columns

ALL = np.arange(3)


def test_the_sharpest_frame_is_best_and_it_says_so():
    choice = best_frame(columns(3, sharpness=np.array([5.0, 7.0, 6.0])), ALL)
    assert (choice.row, choice.reason) == (1, "sharpest of 3")


def test_a_pleasing_frame_may_beat_a_sharper_one():
    frames = columns(3, sharpness=np.array([6.9, 7.0, 1.0]), aesthetic=np.array([0.9, 0.1, 0.1]))
    choice = best_frame(frames, ALL)
    assert (choice.row, choice.reason) == (0, "best sharpness and look of 3")


def test_without_signals_the_most_detailed_file_is_best():
    assert best_frame(columns(3, bytes=np.array([100, 300, 200])), ALL).row == 1


def test_equal_frames_leave_it_at_the_first():
    assert best_frame(columns(3, sharpness=np.full(3, 5.0)), ALL).row == 0


def test_ranking_frames_by_signals_beats_chance_by_three_tenths():
    rng = np.random.default_rng(3)
    hits = []
    for _ in range(200):
        latent = rng.normal(size=5)
        frames = columns(5, sharpness=6 + latent + rng.normal(0, 0.4, 5), aesthetic=0.5 + 0.1 * latent)
        hits.append(best_frame(frames, np.arange(5)).row == latent.argmax())
    assert np.mean(hits) >= 0.2 + 0.3


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

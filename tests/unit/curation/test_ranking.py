from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from daguerre.curation.ranking import FEATURES, Ranker, Stump, features_at, features_of, learn_ranker
from daguerre.curation.ranking_trial import pairwise_accuracy
from tests.fakes.lives import columns

NAMES = list(FEATURES)


def liking(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return features and what was liked: sharp photos with people, in light that is neither dark nor glaring."""
    features = np.tile([6.0, 0.45, 0.2, 3.0, 0.6, 0, 0, np.nan, 0, 0, 0], (n, 1)).astype(float)
    features[:, NAMES.index("sharpness")] += rng.normal(0, 1, n)
    features[:, NAMES.index("exposure")] += rng.normal(0, 0.2, n)
    features[:, NAMES.index("faces")] = rng.random(n) < 0.4
    worth = 1.2 * (features[:, 0] - 6) - 8 * np.abs(features[:, 1] - 0.45) + 1.5 * features[:, NAMES.index("faces")] - 1
    return features, rng.random(n) < 1 / (1 + np.exp(-worth))


@pytest.fixture(scope="module")
def learnt() -> Ranker:
    return learn_ranker(*liking(np.random.default_rng(1), 1500))


def test_what_was_learnt_orders_new_photos_better_than_sharpness(learnt):
    features, liked = liking(np.random.default_rng(2), 1500)
    ours = pairwise_accuracy(learnt.log_odds(features), liked)
    assert ours >= pairwise_accuracy(features[:, 0], liked) + 0.08


def test_both_a_photo_too_dark_and_one_too_bright_lose(learnt):
    light = NAMES.index("exposure")
    features = liking(np.random.default_rng(3), 3)[0]
    features[:] = features[0]
    features[:, light] = (0.05, 0.45, 0.9)
    dark, right, bright = learnt.log_odds(features)
    assert right > max(dark, bright)


def test_the_numbers_are_those_of_the_library_that_learnt_them():
    """The stored stumps answer as scikit-learn's model does."""
    from sklearn.ensemble import GradientBoostingClassifier

    features, liked = liking(np.random.default_rng(4), 600)
    ranker = learn_ranker(features, liked)
    filled = np.where(np.isnan(features), 0.0, features)
    theirs = GradientBoostingClassifier(
        n_estimators=150, learning_rate=0.1, max_depth=1, subsample=0.7, min_samples_leaf=5, random_state=0
    ).fit(filled, liked)
    assert ranker.log_odds(features) == pytest.approx(theirs.decision_function(filled), abs=1e-9)


def test_a_model_reads_as_it_was_written(learnt):
    again = Ranker.from_json(json.loads(json.dumps(learnt.to_json())))
    assert again == learnt


def test_learning_the_same_twice_gives_the_same():
    data = liking(np.random.default_rng(5), 300)
    assert learn_ranker(*data) == learn_ranker(*data)


def test_what_is_missing_counts_as_usual():
    stump = Stump(feature="sharpness", at=5.0, below=-1.0, above=1.0)
    ranker = Ranker(base=0.0, usual=dict.fromkeys(FEATURES, 7.0), stumps=(stump,))
    library = columns(3, sharpness=np.array([4.0, np.nan, 5.0]))
    assert ranker.parts(features_of(library))[:, 0].tolist() == [-1, 1, -1]
    assert ranker.judge(library).tolist() == pytest.approx([1 / 3, 5 / 6, 1 / 3])
    assert ranker.judge(columns(0)).tolist() == []


def test_it_says_what_speaks_for_a_photo():
    stumps = (
        Stump(feature="sharpness", at=5.0, below=-1.0, above=1.0),
        Stump(feature="faces", at=0.5, below=-2.0, above=2.0),
    )
    ranker = Ranker(base=0.0, usual=dict.fromkeys(FEATURES, 0.0), stumps=stumps)
    library = columns(3, sharpness=np.array([6.0, 6.0, 4.0]), faces=np.array([1.0, 0, 0]))
    assert ranker.reasons(library, 0) == ("there are people in it", "it is sharp")
    assert ranker.reasons(library, 1) == ("it is sharp",)
    assert ranker.reasons(library, 2) == ()


def test_a_frame_and_a_library_that_say_the_same_give_the_same_features():
    frame = pa.table(
        {
            "sharpness": [6.0, None],
            "exposure": [0.4, None],
            "contrast": [0.2, None],
            "noise": [2.0, None],
            "aesthetic": [0.7, None],
            "face_count": pa.array([2, None], pa.int32()),
            "largest_face_area": [0.1, None],
            "face_quality": [4.0, None],
            "top_concept": ["receipt", None],
            "views_28d": pa.array([3, None], pa.int64()),
            "favorites_28d": pa.array([1, None], pa.int64()),
        }
    )
    library = columns(
        2,
        **{
            name: np.array([value, np.nan])
            for name, value in {
                "sharpness": 6.0,
                "exposure": 0.4,
                "contrast": 0.2,
                "noise": 2.0,
                "aesthetic": 0.7,
                "faces": 2.0,
                "face_area": 0.1,
                "face_quality": 4.0,
                "document": 1.0,
            }.items()
        },
        views=np.array([3.0, 0]),
        favorites=np.array([1.0, 0]),
    )
    assert np.array_equal(features_at(frame), features_of(library), equal_nan=True)


def test_pairs_in_order_are_counted_and_ties_count_half():
    liked = np.array([True, True, False, False])
    assert pairwise_accuracy(np.array([3.0, 1.0, 2.0, 0.0]), liked) == 0.75
    assert pairwise_accuracy(np.zeros(4), liked) == 0.5
    assert np.isnan(pairwise_accuracy(np.zeros(2), np.array([True, True])))

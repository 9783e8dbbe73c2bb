from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from daguerre.features.concepts import NOT_TO_REMEMBER, Vocabulary, score, shipped_vocabulary


def test_the_shipped_vocabulary_names_what_memories_leave_out() -> None:
    vocabulary = shipped_vocabulary()
    assert set(vocabulary.names) >= NOT_TO_REMEMBER
    assert {"person", "portrait", "food", "beach", "city", "night"} <= set(vocabulary.names)
    assert all(vocabulary.prompts.values())


def test_any_change_is_another_version() -> None:
    one = Vocabulary(prompts={"a": ("x",), "b": ("y",)}, scale=50)
    changed = [
        replace(one, scale=51),
        replace(one, prompts={"b": ("y",), "a": ("x",)}),
        replace(one, prompts={"a": ("x", "z"), "b": ("y",)}),
    ]
    assert len({v.version for v in [one, *changed]}) == 4
    assert one.version == replace(one).version


def test_scores_are_shares_that_follow_the_cosine() -> None:
    concepts = np.eye(3, dtype=np.float32)
    vectors = np.array([[1, 0, 0], [0.6, 0.8, 0], [-1, 0, 0]], np.float32)
    scores = score(vectors, concepts, 10)
    assert scores.sum(axis=1) == pytest.approx([1, 1, 1])
    assert scores.argmax(axis=1).tolist()[:2] == [0, 1]
    assert scores[1, 1] / scores[1, 0] == pytest.approx(np.exp(10 * 0.2), rel=1e-4)


def test_large_scales_do_not_overflow_and_no_rows_are_no_rows() -> None:
    concepts = np.eye(2, dtype=np.float32)
    assert np.isfinite(score(np.array([[1, 0]], np.float32), concepts, 1e6)).all()
    assert score(np.zeros((0, 2), np.float32), concepts, 50).shape == (0, 2)

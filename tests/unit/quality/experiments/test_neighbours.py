from __future__ import annotations

import numpy as np
import pytest

from daguerre.quality.experiments.neighbours import Vectors, likeness
from tests.fakes.spaces import clustered


def unit(rows: np.ndarray) -> Vectors:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


SPACE = unit(clustered(600, 32).astype(np.float32))


def test_a_rotation_changes_nothing() -> None:
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(32, 32)))
    found = likeness(SPACE, (SPACE @ turn).astype(np.float32))
    assert found.overlap == pytest.approx(1, abs=0.01)
    assert found.cka == pytest.approx(1, abs=1e-3)
    assert found.photos == 600


def test_an_unrelated_space_agrees_by_chance() -> None:
    other = unit(np.random.default_rng(2).normal(size=(600, 48)))
    found = likeness(SPACE, other)
    assert found.overlap == pytest.approx(found.expected, abs=0.01)
    assert found.cka < 0.2


def test_noise_is_between() -> None:
    noisy = unit(SPACE + 0.15 * np.random.default_rng(3).normal(size=SPACE.shape))
    found = likeness(SPACE, noisy)
    assert 0.1 < found.overlap < 0.9


def test_one_photo_has_no_neighbours() -> None:
    found = likeness(SPACE[:1], SPACE[:1])
    assert (found.photos, found.overlap, found.cka) == (1, 0, 0)
    assert likeness(SPACE[:3], SPACE[:3]).overlap == 1

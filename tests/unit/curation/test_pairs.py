from __future__ import annotations

import numpy as np
import pytest

from daguerre.curation import pairs
from tests.fakes.lives import flipped, moved, unit


@pytest.fixture(params=["exhaustive", "tables and lists"])
def _way(request, monkeypatch):
    if request.param != "exhaustive":
        monkeypatch.setattr(pairs, "_EXHAUSTIVE_HASHES", 10)
        monkeypatch.setattr(pairs, "_EXHAUSTIVE_LOOKS", 10)


@pytest.mark.usefixtures("_way")
def test_every_pair_of_close_hashes_is_found():
    rng = np.random.default_rng(1)
    bits = rng.random((600, 256)) < 0.5
    near = np.stack([flipped(rng, row, int(rng.integers(0, 60))) for row in bits])
    pdq = np.packbits(np.concatenate([bits, near]), axis=1)
    differ = (pdq[:, None] != pdq[None]).any(-1)
    true = np.bitwise_count(pdq[:, None] ^ pdq[None]).sum(-1)
    expected = {(int(a), int(b)) for a, b in zip(*np.nonzero(np.triu(true <= 31, 1)), strict=True)}
    found = pairs.hash_pairs(pdq, 31)
    assert differ.any()
    assert set(zip(found.a.tolist(), found.b.tolist(), strict=True)) == expected
    assert np.array_equal(found.distance * 256, true[found.a, found.b])


@pytest.mark.usefixtures("_way")
def test_close_looks_are_found():
    rng = np.random.default_rng(2)
    looks = unit(rng.normal(size=(400, 32)))
    near = np.stack([moved(rng, row, float(rng.uniform(0, 0.01))) for row in looks])
    found = pairs.look_pairs(np.concatenate([looks, near]).astype(np.float32), 0.02)
    true = {(i, i + 400) for i in range(400)}
    assert len(true & set(zip(found.a.tolist(), found.b.tolist(), strict=True))) >= 396
    assert (found.distance <= 0.0201).all()


def test_moments_are_pairs_of_one_device_within_the_time():
    taken = np.array([0.0, 4, 9, 30, np.nan, 5])
    device = np.array(["a", "a", "a", "a", "a", "b"], object)
    first, second = pairs.moment_pairs(taken, device, within_s=5)
    assert sorted(zip(first.tolist(), second.tolist(), strict=True)) == [(0, 1), (1, 2)]


def test_a_time_lapse_costs_a_bounded_number_of_pairs():
    first, _ = pairs.moment_pairs(np.zeros(5000), np.full(5000, "a", object), within_s=1, most=10)
    assert len(first) < 5000 * 10


def test_nothing_makes_no_pairs():
    none = np.zeros(0)
    assert len(pairs.hash_pairs(np.zeros((0, 32), np.uint8), 31)) == 0
    assert len(pairs.look_pairs(np.zeros((0, 8), np.float32), 0.1)) == 0
    assert len(pairs.moment_pairs(none, np.zeros(0, object), within_s=1)[0]) == 0

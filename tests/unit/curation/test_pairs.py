from __future__ import annotations

import numpy as np
import pytest

from daguerre.curation import pairs
from tests.fakes.lives import flipped, moved, unit


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


@pytest.mark.parametrize("projections", [0, 4, 12, 24])
def test_close_looks_are_found(projections):
    rng = np.random.default_rng(2)
    looks = unit(rng.normal(size=(400, 32)))
    near = np.stack([moved(rng, row, float(rng.uniform(0, 0.01))) for row in looks])
    found = pairs.look_pairs(np.concatenate([looks, near]).astype(np.float32), 0.02, projections=projections)
    true = {(i, i + 400) for i in range(400)}
    assert len(true & set(zip(found.a.tolist(), found.b.tolist(), strict=True))) >= 396
    assert (found.distance <= 0.0201).all()


@pytest.mark.parametrize("projections", [0, 6])
def test_comparing_what_is_new_gives_the_pairs_that_it_is_in(projections):
    rng = np.random.default_rng(3)
    looks = unit(rng.normal(size=(300, 24)))
    look = np.concatenate([looks, *([moved(rng, row, float(rng.uniform(0, 0.03))) for row in looks],)]).astype(
        np.float32
    )
    pdq = rng.integers(0, 256, (300, 32), np.uint8)
    pdq = np.concatenate([pdq, pdq ^ np.packbits(rng.random((300, 256)) < 0.08, axis=1)])
    fresh = rng.random(600) < 0.1
    for all_pairs, new_pairs in (
        (pairs.hash_pairs(pdq, 31), pairs.hash_pairs(pdq, 31, fresh)),
        (
            pairs.look_pairs(look, 0.02, projections=projections),
            pairs.look_pairs(look, 0.02, projections=projections, fresh=fresh),
        ),
    ):
        touched = fresh[all_pairs.a] | fresh[all_pairs.b]
        assert 10 < touched.sum() < len(touched)
        assert np.array_equal(new_pairs.a, all_pairs.a[touched])
        assert np.array_equal(new_pairs.b, all_pairs.b[touched])
        assert np.array_equal(new_pairs.distance, all_pairs.distance[touched])


def test_hashes_farther_apart_than_the_tables_find_are_refused():
    with pytest.raises(ValueError, match="within 31"):
        pairs.hash_pairs(np.zeros((2, 32), np.uint8), 32)


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

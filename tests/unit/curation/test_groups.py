from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daguerre.curation.groups import Edges, components, edges, medoid_prune, sweep

N = 12
PAIRS = st.lists(st.tuples(st.integers(0, N - 1), st.integers(0, N - 1), st.floats(0, 1)), max_size=40)


def made(pairs: list[tuple[int, int, float]]) -> Edges:
    table = np.array(pairs, float).reshape(-1, 3)
    return edges(table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2])


def distances(known: Edges) -> dict[tuple[int, int], float]:
    pairs = zip(known.a.tolist(), known.b.tolist(), strict=True)
    return dict(zip(pairs, known.distance.tolist(), strict=True))


@given(PAIRS)
def test_pairs_are_kept_once_with_their_smallest_distance(pairs):
    expected: dict[tuple[int, int], float] = {}
    for a, b, distance in pairs:
        if a != b:
            key = (min(a, b), max(a, b))
            expected[key] = min(distance, expected.get(key, 2.0))
    assert distances(made(pairs)) == expected


@given(PAIRS)
def test_components_are_what_can_be_reached(pairs):
    known = made(pairs)
    reach = {i: {i} for i in range(N)}
    for a, b in zip(known.a.tolist(), known.b.tolist(), strict=True):
        both = reach[a] | reach[b]
        for i in both:
            reach[i] = both
    assert components(N, known).tolist() == [min(reach[i]) for i in range(N)]


@pytest.mark.parametrize("cover", [medoid_prune, sweep])
@given(pairs=PAIRS)
def test_every_member_matches_the_medoid_and_belongs_to_one_cluster(cover, pairs):
    known = made(pairs)
    distance = distances(known)
    seen: list[int] = []
    for cluster in cover(N, known):
        assert len(cluster.rows) > 1
        seen += cluster.rows
        for row, far in zip(cluster.rows, cluster.distances, strict=True):
            assert far == (
                0.0 if row == cluster.medoid else distance[min(row, cluster.medoid), max(row, cluster.medoid)]
            )
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("cover", [medoid_prune, sweep])
@given(pairs=PAIRS, random=st.randoms(use_true_random=False))
def test_the_order_of_pairs_decides_nothing(cover, pairs, random):
    shuffled = [(b, a, d) for a, b, d in pairs]
    random.shuffle(shuffled)
    assert cover(N, made(pairs)) == cover(N, made(shuffled))


def test_a_chain_is_cut_where_its_ends_no_longer_match():
    chain = made([(i, i + 1, 0.05) for i in range(8)])
    assert components(9, chain).tolist() == [0] * 9
    assert max(len(cluster.rows) for cluster in medoid_prune(9, chain)) == 3


def test_a_sweep_parts_a_moving_camera_from_where_it_began():
    chain = made([(i, i + 1, 0.05) for i in range(8)])
    assert [cluster.rows for cluster in sweep(9, chain)] == [(0, 1, 2), (3, 4, 5), (6, 7, 8)]

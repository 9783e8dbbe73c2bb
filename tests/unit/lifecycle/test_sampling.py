from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daguerre.lifecycle.sampling import allocate, choose_photos
from daguerre.tables import catalogue
from tests.fakes.spaces import photo_rows, vector_rows, workspace

COUNTS = st.dictionaries(
    st.tuples(st.sampled_from("abcdef"), st.integers(2018, 2026)), st.integers(0, 400), min_size=1, max_size=30
)


@given(COUNTS, st.integers(1, 300))
def test_shares_are_proportional_with_at_least_one_of_each(counts, size):
    taken = allocate(counts, size=size, seed=1)
    total = sum(counts.values())
    filled = [s for s, n in counts.items() if n]
    assert sum(taken.values()) == min(size, total)
    assert all(0 < n <= counts[s] for s, n in taken.items())
    if 0 < len(filled) <= size < total:
        assert set(taken) == set(filled)
        ideal = {s: counts[s] * size / total for s in filled}
        # What the smallest get beyond their share, the others miss.
        given_away = sum(1 - share for share in ideal.values() if share < 1)
        assert all(ideal[s] - 1 - given_away <= n <= ideal[s] + 1 for s, n in taken.items())


def test_with_more_strata_than_photos_large_strata_are_likelier():
    counts = {("large", 2020): 900, **{(f"o{i}", 2020): 10 for i in range(90)}}
    hits = Counter(s for seed in range(200) for s, n in allocate(counts, size=10, seed=seed).items() for _ in range(n))
    assert hits["large", 2020] == 200 * 5
    assert sum(hits.values()) == 2000
    assert len(hits) > 80


@pytest.fixture
def ws(tmp_path):
    ws = workspace(tmp_path / "root", tmp_path / "cache")
    matrix = np.zeros((700, 4), np.float16)
    catalogue.photos(ws).upsert(photo_rows(vector_rows(matrix, owners=("alice", "bob", "carol"))))
    return ws


def test_every_owner_and_year_is_there_and_the_seed_decides(ws):
    choice = choose_photos(ws, size=60, seed=1)
    assert (len(choice.ids), len(set(choice.ids)), choice.population) == (60, 60, 700)
    assert all(taken >= 1 for _, taken in choice.strata.values())
    assert ("alice", 0) in choice.strata
    assert choose_photos(ws, size=60, seed=1) == choice
    assert set(choose_photos(ws, size=60, seed=2).ids) != set(choice.ids)


def test_the_order_of_storage_changes_nothing(ws):
    choice = choose_photos(ws, size=60, seed=1)
    table = catalogue.photos(ws)
    rows = table.read()
    table.delete("true")
    table.upsert(rows.take(np.random.default_rng(0).permutation(rows.num_rows)))
    assert choose_photos(ws, size=60, seed=1).ids == choice.ids


def test_few_photos_are_all_taken(ws):
    assert len(choose_photos(ws, size=5000, seed=1).ids) == 700

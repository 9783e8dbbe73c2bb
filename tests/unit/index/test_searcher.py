from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daguerre.ids import SpaceName
from daguerre.index import searcher as searcher_module
from daguerre.index.build import build_index
from daguerre.index.filters import Filters
from daguerre.index.query import QueryVector, SpaceMismatchError
from daguerre.index.searcher import BadQueryError, ForeignOwnerError, Neighbour, Searcher
from daguerre.tables import catalogue
from daguerre.workspace import Workspace
from tests.fakes.spaces import PLACES, SPACE, clustered, photo_ids, vector_rows, workspace
from tests.unit.index.conftest import DIM, ROWS

OWNERS = ("alice", "bob", "carol")


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory, matrix: np.ndarray) -> Searcher:
    ws = workspace(tmp_path_factory.mktemp("root"), tmp_path_factory.mktemp("cache"), ann_rows=1000)
    catalogue.vectors(ws, SPACE, DIM).upsert(vector_rows(matrix, owners=OWNERS))
    return Searcher(ws, build_index(ws, SPACE, DIM))


def asking(values: np.ndarray) -> QueryVector:
    return QueryVector(space=SPACE, values=values.astype(np.float32))


def brute_force(matrix: np.ndarray, query: np.ndarray, k: int, numbers: np.ndarray) -> list[float]:
    scores = matrix[numbers].astype(np.float32) @ (query / np.linalg.norm(query))
    return sorted(scores.tolist(), reverse=True)[:k]


def assert_same(found: list[Neighbour], scores: list[float], matrix: np.ndarray, query: np.ndarray) -> None:
    assert [one.score for one in found] == pytest.approx(scores, abs=2e-4)
    unit = query / np.linalg.norm(query)
    for one in found:  # the score belongs to the photo, not merely to the rank
        assert float(matrix[int(one.photo_id, 16)].astype(np.float32) @ unit) == pytest.approx(one.score, abs=2e-4)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32 - 1),
    owner=st.sampled_from([*OWNERS, "nobody", "alice' OR 'a' = 'a", "ali"]),
    k=st.integers(1, 50),
    place=st.sampled_from(["", "Lisbon", "nowhere"]),
)
def test_an_owner_gets_exactly_the_best_of_its_own(
    searcher: Searcher, matrix: np.ndarray, seed: int, owner: str, k: int, place: str
) -> None:
    query = np.random.default_rng(seed).normal(size=DIM).astype(np.float32)
    numbers = np.array(
        [
            n
            for n in range(ROWS)
            if OWNERS[n % 3] == owner and (not place or (PLACES[n % 4] or "").startswith(f"{place},"))
        ],
        int,
    )
    filters = Filters(place=place)
    for found in (
        searcher.nearest(asking(query), k=k, owner=owner, where=filters),
        searcher.exact(asking(query), k=k, owner=owner, where=filters),
    ):
        assert {one.owner_id for one in found} <= {owner}
        assert_same(found, brute_force(matrix, query, k, numbers), matrix, query)


def test_from_disk_and_from_memory_the_answer_is_the_same(searcher: Searcher, matrix: np.ndarray) -> None:
    query = matrix[7].astype(np.float32)
    cold = searcher.exact(asking(query), k=30, owner="bob")
    for _ in range(3):
        warm = searcher.nearest(asking(query), k=30, owner="bob")
    assert searcher._residents.get("bob") is not None
    assert [one.score for one in warm] == pytest.approx([one.score for one in cold], abs=1e-5)
    assert (warm[0].photo_id, warm[0].owner_id) == (cold[0].photo_id, cold[0].owner_id) == (photo_ids(1, 7)[0], "bob")


def test_a_photo_finds_itself_in_the_whole_corpus_through_the_index(searcher: Searcher, matrix: np.ndarray) -> None:
    for number in (0, 1234, ROWS - 1):
        found = searcher.nearest(asking(matrix[number]), k=10)
        assert found[0].photo_id == photo_ids(1, number)[0]
        assert found[0].score == pytest.approx(1.0, abs=1e-3)
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_corpus_wide_filters_hold(searcher: Searcher, matrix: np.ndarray) -> None:
    query = matrix[3].astype(np.float32)
    found = searcher.nearest(asking(query), k=20, where=Filters(place="lisbon"))
    assert_same(found, brute_force(matrix, query, 20, np.arange(0, ROWS, 4)), matrix, query)


def test_the_length_of_the_query_does_not_matter(searcher: Searcher, matrix: np.ndarray) -> None:
    query = matrix[3].astype(np.float32)
    long = searcher.nearest(asking(1000 * query), k=5, owner="alice")
    assert [one.score for one in long] == pytest.approx(
        [one.score for one in searcher.nearest(asking(query), k=5, owner="alice")], abs=1e-5
    )


@pytest.mark.parametrize("query", [np.zeros(DIM), np.ones(DIM + 1), np.full(DIM, math.nan), np.full(DIM, math.inf)])
def test_what_is_not_a_vector_of_the_space_is_refused(searcher: Searcher, query: np.ndarray) -> None:
    with pytest.raises(BadQueryError, match=SPACE):
        searcher.nearest(asking(query), k=1)


def test_a_query_of_another_space_is_refused_even_when_its_shape_fits(searcher: Searcher, matrix: np.ndarray) -> None:
    foreign = QueryVector(space=SpaceName("other-00000000"), values=matrix[0].astype(np.float32))
    for question in (searcher.nearest, searcher.exact):
        for owner in (None, "alice", "alice", "alice"):
            with pytest.raises(SpaceMismatchError, match="other-00000000"):
                question(foreign, k=1, owner=owner)
    with pytest.raises(SpaceMismatchError, match=SPACE):
        searcher.explain(foreign)


def test_an_owner_can_be_brought_into_memory_before_it_asks(filled: Workspace, matrix: np.ndarray) -> None:
    searcher = Searcher(filled, build_index(filled, SPACE, DIM))
    cold = searcher.nearest(asking(matrix[0]), k=5, owner="bob")
    searcher.warm("alice")
    searcher.warm("alice")
    assert searcher.residents() == ["alice"]
    searcher.warm("bob")
    assert sorted(searcher.residents()) == ["alice", "bob"]
    warm = searcher.nearest(asking(matrix[0]), k=5, owner="bob")
    assert [one.score for one in warm] == pytest.approx([one.score for one in cold], abs=1e-5)


def test_a_foreign_row_never_gets_out_even_if_the_filter_were_wrong(
    filled: Workspace, matrix: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    searcher = Searcher(filled, build_index(filled, SPACE, DIM))
    monkeypatch.setattr(searcher_module, "quote", lambda _: "owner_id")  # owner_id = owner_id: everybody
    for _ in range(3):  # cold, then the attempt to load
        with pytest.raises(ForeignOwnerError, match="alice"):
            searcher.nearest(asking(matrix[0]), k=5, owner="alice")


def test_a_searcher_stays_with_its_snapshot(filled: Workspace, matrix: np.ndarray) -> None:
    searcher = Searcher(filled, build_index(filled, SPACE, DIM))
    before = searcher.nearest(asking(matrix[0]), k=10)
    catalogue.vectors(filled, SPACE, DIM).upsert(vector_rows(np.tile(matrix[:1], (50, 1)), start=ROWS))
    build_index(filled, SPACE, DIM)
    assert searcher.nearest(asking(matrix[0]), k=10) == before


def test_vectors_are_found_by_photo(searcher: Searcher, matrix: np.ndarray) -> None:
    owner, vector = searcher.vector(photo_ids(1, 4)[0])
    assert owner == "bob"
    assert vector.space == SPACE
    np.testing.assert_array_equal(vector.values, matrix[4].astype(np.float32))
    assert searcher.vector("nobody") is None


def test_fewer_photos_than_asked_for_are_all_returned(ws: Workspace) -> None:
    catalogue.vectors(ws, SPACE, 4).upsert(vector_rows(clustered(3, 4), owners=("a",)))
    searcher = Searcher(ws, build_index(ws, SPACE, 4))
    assert [len(searcher.nearest(asking(np.ones(4)), k=10, owner=o)) for o in (None, "a", "a", "a")] == [3] * 4

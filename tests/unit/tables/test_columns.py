from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from daguerre.tables.columns import to_column, to_matrix


def test_there_and_back() -> None:
    matrix = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float16)
    np.testing.assert_array_equal(to_matrix(to_column(matrix)), matrix.astype(np.float32))


@pytest.mark.parametrize("cut", [(0, 0), (2, 3), (6, 1)])
def test_a_slice_gives_its_own_rows(cut: tuple[int, int]) -> None:
    matrix = np.arange(35).reshape(7, 5)
    start, n = cut
    np.testing.assert_array_equal(to_matrix(to_column(matrix).slice(start, n)), matrix[start : start + n])


def test_chunks_are_joined_and_none_is_an_empty_matrix() -> None:
    column = to_column(np.ones((2, 3)))
    assert to_matrix(pa.chunked_array([column, column])).shape == (4, 3)
    assert to_matrix(pa.chunked_array([], type=column.type)).shape == (0, 3)

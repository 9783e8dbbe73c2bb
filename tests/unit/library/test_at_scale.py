from __future__ import annotations

import numpy as np

from daguerre.library.at_scale import scale_library


def test_rows_are_unit_vectors_near_their_class_and_sorted_by_owner() -> None:
    library = scale_library(5000, 64, owners=20, classes=50)
    assert library.vectors.shape == (5000, 64)
    assert library.vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(library.vectors, axis=1), 1, atol=1e-5)
    assert np.all(np.diff(library.owners) >= 0)
    nearest = np.argmax(library.vectors @ library.centers.T, axis=1)
    assert np.mean(nearest == library.classes) > 0.99
    counts = np.bincount(library.owners)
    assert counts.max() > 4 * counts.min()


def test_the_same_seed_gives_the_same_library() -> None:
    one, two, other = scale_library(1000, 16), scale_library(1000, 16), scale_library(1000, 16, seed=8)
    np.testing.assert_array_equal(one.vectors, two.vectors)
    np.testing.assert_array_equal(one.queries(5, seed=1), two.queries(5, seed=1))
    assert not np.array_equal(one.vectors, other.vectors)


def test_names_are_unique() -> None:
    names = scale_library(3000, 8).photo_ids()
    assert len(set(names)) == 3000
    assert {len(name) for name in names} == {32}

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daguerre.curation import blocks
from daguerre.curation.columns import PhotoColumns
from daguerre.curation.comparisons import Comparisons, compare
from daguerre.curation.duplicate_rules import RULES
from daguerre.curation.duplicates import find_again, find_duplicates
from tests.fakes.lives import album, columns

LIBRARY = album(11, scenes=35).columns


@pytest.fixture(autouse=True, params=["one block", "many blocks"])
def _way(request, monkeypatch):
    if request.param == "many blocks":
        monkeypatch.setattr(blocks, "ONE_BLOCK", 20)


def compared(photos: PhotoColumns, before: Comparisons | None = None) -> Comparisons:
    return compare(photos.photo_id, photos.pdq, photos.descriptor, before, RULES)


def named(found: Comparisons) -> set[tuple[str, str]]:
    return set(zip(found.photo_id[found.a].tolist(), found.photo_id[found.b].tolist(), strict=True))


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.3)), min_size=1, max_size=4), st.integers(0, 2**32 - 1))
def test_any_row_of_batches_changes_and_deletions_ends_where_one_comparison_of_all_does(steps, seed):
    rng = np.random.default_rng(seed)
    known, photos = None, LIBRARY
    for share, changed in steps:
        photos = LIBRARY.take(np.sort(rng.permutation(len(LIBRARY))[: int(share * len(LIBRARY))]))
        look, other = photos.descriptor.copy(), rng.random(len(photos)) < changed
        look[other] = rng.permutation(look[other])
        photos = replace(photos, descriptor=look)
        groups, known = find_again(photos, known)
        assert groups == find_duplicates(photos)
    at_once = compared(photos.take(np.isin(photos.photo_id.astype(str), known.photo_id.astype(str))))
    if at_once.projections == known.projections:
        assert named(known) == named(at_once)
        assert np.array_equal(known.facts, at_once.facts)


def test_only_what_is_new_or_changed_is_compared():
    first = compared(LIBRARY.take(np.arange(20, len(LIBRARY))))
    assert first.fresh == len(LIBRARY) - 20
    second = compared(LIBRARY, first)
    assert second.fresh == 20
    assert compared(LIBRARY, second).fresh == 0
    look = LIBRARY.descriptor.copy()
    look[5] = -look[5]
    pdq = LIBRARY.pdq.copy()
    pdq[7, 3] ^= 1
    assert compared(replace(LIBRARY, descriptor=look, pdq=pdq), second).fresh == 2


def test_a_library_that_outgrew_its_blocks_is_compared_anew(monkeypatch):
    monkeypatch.setattr(blocks, "ONE_BLOCK", 70)
    few = compared(LIBRARY.take(np.arange(60)))
    assert few.projections == 0
    grown = compared(LIBRARY, few)
    assert grown.projections > 0
    assert grown.fresh == len(LIBRARY)


def test_nothing_is_compared_with_nothing():
    none = compared(columns(0))
    assert len(none.photo_id) == len(none.a) == none.fresh == 0
    assert compared(columns(3), none).fresh == 3

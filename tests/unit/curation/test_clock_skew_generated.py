"""Clocks of generated libraries: no subject is taken with both cameras, so that occasions alone can tell."""

from __future__ import annotations

import numpy as np

from daguerre.curation.clock_skew import apply_skews, find_skews
from daguerre.curation.events import boundaries
from daguerre.library.difficulty import EASY, HARD, Difficulty
from daguerre.library.plan import plan_library
from daguerre.library.spec import LibrarySpec
from tests.fakes.measures import boundary_f1
from tests.fakes.told import Told, told

OWNERS = ("alice", "bob")


def libraries(level: Difficulty) -> list[Told]:
    plans = [plan_library(LibrarySpec(owners=OWNERS, photos=1600, seed=seed, difficulty=level)) for seed in (0, 1)]
    return [told(plan, owner) for plan in plans for owner in OWNERS]


def taken_off(library: Told) -> np.ndarray:
    after = apply_skews(library.columns, find_skews(library.columns))
    off = dict(zip(after.photo_id, after.skew_s, strict=True))
    return np.array([off[photo] for photo in library.columns.photo_id])


def f1_at(library: Told, taken_s: np.ndarray) -> float:
    order = np.argsort(taken_s, kind="stable")
    order = order[library.event[order] != ""]
    found = boundaries(taken_s[order], library.columns.lat[order], library.columns.lon[order])
    return boundary_f1(found, library.event[order][1:] != library.event[order][:-1])


def test_occasions_repair_clocks_that_are_hours_off_and_no_right_time_is_touched():
    made = libraries(HARD)
    off = [taken_off(library) for library in made]
    late = [library.columns.taken_s - library.true_s for library in made]
    for wrong, taken in zip(late, off, strict=True):
        assert not taken[np.abs(wrong) <= 60].any()
    before = np.mean([(np.abs(wrong) > 1800).mean() for wrong in late])
    after = np.mean([(np.abs(wrong - taken) > 1800).mean() for wrong, taken in zip(late, off, strict=True)])
    assert after <= 0.8 * before
    written = np.mean([f1_at(library, library.columns.taken_s) for library in made])
    repaired = np.mean([f1_at(m, m.columns.taken_s - taken) for m, taken in zip(made, off, strict=True)])
    assert repaired >= written + 0.005


def test_in_easy_libraries_nothing_is_corrected():
    assert not any(taken_off(library).any() for library in libraries(EASY))

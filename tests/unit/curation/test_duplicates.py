from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daguerre.curation.columns import PhotoColumns
from daguerre.curation.duplicates import Group, find_duplicates
from daguerre.curation.groups import components, edges
from daguerre.curation.pairs import look_pairs
from tests.fakes.lives import Album, album, columns, flipped, moved, unit
from tests.fakes.measures import pair_scores

SEEDS = range(5)


@pytest.fixture(scope="module")
def albums() -> list[Album]:
    return [album(seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def found(albums) -> list[list[Group]]:
    return [find_duplicates(each.columns) for each in albums]


def labels(n: int, groups: list[Group]) -> np.ndarray:
    links = np.array([(g.medoid, row) for g in groups for row in g.rows if row != g.medoid], int).reshape(-1, 2)
    return components(n, edges(links[:, 0], links[:, 1], np.zeros(len(links))))


def test_groups_are_right_and_complete_and_beat_one_threshold_with_merging(albums, found):
    ours = [pair_scores(labels(len(a.group), groups), a.group) for a, groups in zip(albums, found, strict=True)]
    merged = [pair_scores(components(len(a.group), look_pairs(a.columns.descriptor, 0.1)), a.group) for a in albums]
    precision, recall = np.mean(ours, axis=0)
    assert precision >= 0.93
    assert recall >= 0.9
    assert precision >= np.mean(merged, axis=0)[0] + 0.5


def late(made: Album, seed: int) -> Album:
    """Return the album without the first 0 to 2 frames of each pan: its groups begin anywhere."""
    rng, keep, taken = np.random.default_rng(seed), np.ones(len(made.group), bool), made.columns.taken_s
    pan = np.flatnonzero(made.kind == "pan")
    for frames in np.split(pan, np.flatnonzero(np.diff(taken[pan]) > 5) + 1):
        keep[frames[: rng.integers(0, 3)]] = False
    return Album(columns=made.columns.take(keep), group=made.group[keep], kind=made.kind[keep])


def test_pans_whose_groups_begin_anywhere_are_cut_nearly_as_well(albums):
    made = [late(each, seed) for each, seed in zip(albums, SEEDS, strict=True)]
    ours = [pair_scores(labels(len(a.group), find_duplicates(a.columns)), a.group) for a in made]
    precision, recall = np.mean(ours, axis=0)
    assert precision >= 0.9
    assert recall >= 0.84


def test_a_lower_single_threshold_loses_recall(albums, found):
    ours = [pair_scores(labels(len(a.group), groups), a.group)[1] for a, groups in zip(albums, found, strict=True)]
    strict = [pair_scores(components(len(a.group), look_pairs(a.columns.descriptor, 0.03)), a.group)[1] for a in albums]
    assert np.mean(ours) >= np.mean(strict) + 0.1


@pytest.mark.parametrize("kind", ["again", "single", "form"])
def test_what_merely_looks_alike_is_left_alone(albums, found, kind):
    for each, groups in zip(albums, found, strict=True):
        label = labels(len(each.group), groups)
        for row in np.flatnonzero(each.kind == kind):
            assert (each.group[label == label[row]] == each.group[row]).all()


def test_every_group_has_one_best_and_a_reason_for_each_member(albums, found):
    for each, groups in zip(albums, found, strict=True):
        seen: set[tuple[str, int]] = set()
        for group in groups:
            assert group.best in group.rows
            assert group.medoid in group.rows
            assert all(group.reasons)
            assert len(group.rows) == len(group.distances) == len(group.reasons)
            members = {(group.kind, row) for row in group.rows}
            assert not members & seen
            seen |= members
        assert len(each.group) > len(seen) / 3


def test_bursts_and_copies_are_told_apart(albums, found):
    for each, groups in zip(albums, found, strict=True):
        burst = [row for g in groups if g.kind == "burst" for row in g.rows]
        near = [row for g in groups if g.kind == "near" for row in g.rows]
        assert set(each.kind[burst]) <= {"burst", "pan"}
        assert (each.kind[near] == "copies").mean() > 0.95


def same(photos: PhotoColumns, groups: list[Group]) -> list[tuple[object, ...]]:
    ids = photos.photo_id
    return [(g.kind, ids[g.medoid], ids[g.best], tuple(ids[list(g.rows)]), g.distances, g.reasons) for g in groups]


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_photos_decides_nothing(seed):
    made = album(7, scenes=40).columns
    shuffled = made.take(np.random.default_rng(seed).permutation(len(made))).in_order()
    assert same(shuffled, find_duplicates(shuffled)) == same(made.in_order(), find_duplicates(made.in_order()))


def pair(**given) -> PhotoColumns:
    """Return two photos of one picture, taken an hour apart, with the given differences."""
    rng = np.random.default_rng(5)
    look, bits = unit(rng.normal(size=64)), rng.random(256) < 0.5
    distance, changed = given.pop("distance", 0.0), given.pop("changed", 0)
    base = {
        "descriptor": np.stack([look, moved(rng, look, distance)]).astype(np.float32),
        "pdq": np.packbits(np.stack([bits, flipped(rng, bits, changed)]), axis=1),
        "taken_s": np.array([1.6e9, 1.6e9 + 3600]),
        "document": np.zeros(2),
    }
    return columns(2, **(base | given))


def kinds(photos: PhotoColumns) -> list[str]:
    return [group.kind for group in find_duplicates(photos)]


AT_ONCE = np.array([1.6e9, 1.6e9])
SECONDS = np.array([1.6e9, 1.6e9 + 3])
EDITED = np.array(["", "Example Editor"], object)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"changed": 12, "distance": 0.004}, ["near"]),
        ({"changed": 12, "distance": 0.4}, ["near"]),  # a filter
        ({"changed": 28, "distance": 0.01}, ["near"]),  # a messenger
        ({"changed": 28, "distance": 0.2}, []),  # the looks do not agree
        ({"changed": 12, "distance": 0.004, "pdq_quality": np.array([20, 20])}, []),  # two flat skies
        ({"changed": 70, "distance": 0.004}, ["near"]),  # a small crop
        ({"changed": 70, "distance": 0.004, "document": np.full(2, np.nan)}, []),  # or two pages: nothing tells
        ({"changed": 110, "distance": 0.03}, []),  # the same place another day
        ({"changed": 110, "distance": 0.03, "taken_s": AT_ONCE, "software": EDITED}, ["near"]),  # a crop
        ({"changed": 110, "distance": 0.03, "taken_s": AT_ONCE, "width": np.array([4000, 3000])}, ["near"]),
        ({"changed": 20, "distance": 0.02, "document": np.ones(2)}, []),  # two pages of a form
        ({"changed": 6, "distance": 0.004, "document": np.ones(2)}, ["near"]),  # one page, sent
        ({"changed": 40, "distance": 0.02, "taken_s": SECONDS}, ["burst"]),
        ({"changed": 10, "distance": 0.002, "taken_s": SECONDS}, ["burst"]),  # a tripod
        ({"changed": 40, "distance": 0.02, "taken_s": AT_ONCE}, ["burst"]),  # a clock without fractions
        ({"changed": 60, "distance": 0.2, "taken_s": SECONDS}, []),  # the camera turned
        ({"changed": 60, "distance": 0.02, "taken_s": SECONDS, "trusted": np.zeros(2, bool)}, []),
        ({"changed": 60, "distance": 0.02, "taken_s": SECONDS, "camera": np.array(["a", "b"], object)}, []),
        ({"changed": 60, "distance": 0.2, "burst_id": np.array(["x", "x"], object)}, ["burst"]),
        ({"changed": 0, "pixel_sha256": np.array(["p", "p"], object)}, ["exact"]),
        ({"changed": 128, "distance": 0.5}, []),
    ],
)
def test_two_photos_are_to_each_other(given, expected):
    assert kinds(pair(**given)) == expected


def test_screens_are_not_bursts():
    names = np.array(["a/Screenshot_1.png", "a/Screenshot_2.png"], object)
    assert kinds(pair(changed=60, distance=0.02, taken_s=SECONDS, source_key=names)) == []


def test_a_file_uploaded_again_is_reported_once():
    (group,) = find_duplicates(columns(2, uploads=np.array([1, 3])))
    assert (group.kind, group.rows, group.best) == ("exact", (1,), 1)
    assert "3 times" in group.reasons[0]


@pytest.mark.parametrize("taken", [AT_ONCE, SECONDS, AT_ONCE + np.array([0, 3600])])
def test_an_exact_copy_stands_in_no_second_group(taken):
    assert kinds(pair(pixel_sha256=np.array(["p", "p"], object), changed=2, taken_s=taken)) == ["exact"]


def test_an_empty_library_has_no_duplicates():
    assert find_duplicates(columns(0)) == []


def test_a_copy_of_one_frame_joins_that_frame_and_not_its_burst():
    rng = np.random.default_rng(8)
    look, bits = unit(rng.normal(size=64)), rng.random(256) < 0.5
    frames = [flipped(rng, bits, 14) for _ in range(3)]
    photos = columns(
        4,
        descriptor=np.stack([look] * 4).astype(np.float32),
        pdq=np.packbits(np.stack([*frames, flipped(rng, frames[1], 4)]), axis=1),
        taken_s=1.6e9 + np.array([0, 1, 2, 9e6]),
        trusted=np.array([True, True, True, False]),
        camera=np.array(["a", "a", "a", ""], object),
        width=np.array([4000, 4000, 4000, 1000]),
    )
    near, burst = find_duplicates(photos)
    assert (near.kind, near.rows, near.best) == ("near", (1, 3), 1)
    assert (burst.kind, burst.rows) == ("burst", (0, 1, 2))


def test_an_edit_of_a_frame_is_no_frame():
    photos = columns(
        3,
        descriptor=np.stack([columns(1).descriptor[0]] * 3),
        pdq=np.stack([columns(1).pdq[0]] * 3),
        taken_s=1.6e9 + np.array([0.0, 0.0, 1.0]),
        software=np.array(["", "Example Editor", ""], object),
        width=np.array([4000, 2000, 4000]),
    )
    near, burst = find_duplicates(photos)
    assert (near.rows, near.best, burst.rows) == ((0, 1), 0, (0, 2))

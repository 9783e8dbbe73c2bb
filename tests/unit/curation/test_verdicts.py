from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daguerre.curation.columns import PhotoColumns
from daguerre.curation.duplicates import find_duplicates, similar
from daguerre.curation.equals import Group
from daguerre.curation.verdicts import Decision, Verdict
from daguerre.ids import OwnerId, PhotoId
from tests.fakes.lives import album, columns, moved

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LIBRARY = album(12, scenes=60).columns


def said(kind: Decision, photos: PhotoColumns, *rows: int, minutes: int = 0) -> Verdict:
    ids = tuple(sorted(PhotoId(photos.photo_id[row]) for row in rows))
    return Verdict(
        owner_id=OwnerId("alice"), kind=kind, photo_ids=ids, actor="alice", at=NOON + timedelta(minutes=minutes)
    )


def pairs(photos: PhotoColumns, groups: list[Group]) -> set[tuple[str, str]]:
    ids = photos.photo_id
    return {tuple(sorted((ids[a], ids[b]))) for g in groups for a, b in combinations(g.rows, 2)}


def copies() -> PhotoColumns:
    """Return four versions of one picture and a stranger, taken on different days."""
    plain = columns(5)
    return columns(
        5,
        taken_s=1.6e9 + 86_400 * np.arange(5.0),
        pdq=plain.pdq[[0, 0, 0, 0, 1]],
        descriptor=plain.descriptor[[0, 0, 0, 0, 1]],
        width=np.array([4000, 3000, 2000, 1000, 4000]),
    )


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_no_two_photos_that_were_told_apart_share_a_group_and_others_stay_together(data):
    found = find_duplicates(LIBRARY)
    together = sorted(pairs(LIBRARY, found))
    place = {photo: row for row, photo in enumerate(LIBRARY.photo_id.tolist())}
    chosen = data.draw(st.lists(st.sampled_from(together), max_size=8, unique=True))
    verdicts = [said("not_duplicate", LIBRARY, place[a], place[b]) for a, b in chosen]
    judged = find_duplicates(LIBRARY, verdicts=verdicts)
    left = pairs(LIBRARY, judged)
    assert not left & set(chosen)
    touched = {
        photo for pair in chosen for g in found for photo in LIBRARY.photo_id[list(g.rows)] if place[pair[0]] in g.rows
    }
    for a, b in together:
        if a not in touched and b not in touched:
            assert (a, b) in left
    for group in judged:
        assert group.best in group.rows
        assert group.medoid in group.rows
        assert len(group.rows) > 1
        assert len(group.rows) == len(group.distances) == len(group.reasons)


def test_a_choice_outlives_what_a_rule_thinks_better():
    photos = copies()
    (before,) = find_duplicates(photos)
    (after,) = find_duplicates(photos, verdicts=[said("best", photos, 3)])
    assert (before.best, after.best) == (0, 3)
    assert after.rows == before.rows
    assert after.reasons[3] == "you chose it, of 4"


def test_the_last_choice_holds():
    photos = copies()
    verdicts = [said("best", photos, 1, minutes=9), said("best", photos, 3), said("best", photos, 4, minutes=20)]
    assert find_duplicates(photos, verdicts=verdicts)[0].best == 1


def test_a_choice_leaves_the_group_with_the_photo():
    photos = copies()
    verdicts = [said("best", photos, 3), said("not_duplicate", photos, 0, 3)]
    (group,) = find_duplicates(photos, verdicts=verdicts)
    assert (group.rows, group.best) == ((0, 1, 2), 0)


def test_two_that_are_kept_stay_in_one_group():
    photos = copies()
    (group,) = find_duplicates(photos, verdicts=[said("keep_both", photos, 0, 2)])
    assert group.rows == (0, 1, 2, 3)
    assert (group.best, group.also_kept) == (0, (2,))
    assert group.reasons[2].startswith("you keep it as well")


def test_a_chosen_copy_stands_for_its_picture_in_a_burst():
    plain = columns(1)
    rng = np.random.default_rng(4)
    frame = moved(rng, plain.descriptor[0], 0.02)
    photos = columns(
        3,
        taken_s=1.6e9 + np.array([0.0, 0.0, 3.0]),
        software=np.array(["", "Example Editor", ""], object),
        width=np.array([4000, 2000, 4000]),
        pdq=np.stack([plain.pdq[0], plain.pdq[0], ~plain.pdq[0]]),
        descriptor=np.stack([plain.descriptor[0], plain.descriptor[0], frame]).astype(np.float32),
    )
    _, burst = find_duplicates(photos)
    assert burst.rows == (0, 2)
    near, burst = find_duplicates(photos, verdicts=[said("best", photos, 1)])
    assert near.best == 1
    assert burst.rows == (1, 2)


@pytest.mark.parametrize("kind", ["not_duplicate", "keep_both"])
def test_verdicts_about_photos_that_are_gone_decide_nothing(kind):
    photos = copies()
    gone = said(kind, columns(9), 0, 8)
    assert find_duplicates(photos, verdicts=[gone]) == find_duplicates(photos)


def test_what_is_merely_similar_is_shown_closest_first_without_duplicates():
    rng = np.random.default_rng(5)
    look = columns(1).descriptor[0].astype(float)
    far = [0.0, 0.2, 0.1, 0.001, 0.6]
    photos = columns(
        5,
        taken_s=1.6e9 + 86_400 * np.arange(5.0),
        descriptor=np.stack([moved(rng, look, distance) for distance in far]).astype(np.float32),
        pdq=np.stack([columns(5).pdq[row] for row in (0, 1, 2, 0, 4)]),
    )
    groups = find_duplicates(photos)
    assert [group.rows for group in groups] == [(0, 3)]
    found = similar(photos, 0, groups)
    assert [row for row, _ in found] == [2, 1]
    assert [distance for _, distance in found] == pytest.approx([0.1, 0.2], abs=1e-5)

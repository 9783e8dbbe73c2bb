from __future__ import annotations

import numpy as np
import pytest

from daguerre.curation.clock_skew import Skew, apply_skews, as_written, corrected_by, find_skews
from daguerre.curation.columns import PhotoColumns
from daguerre.curation.events import boundaries
from daguerre.curation.groups import edges
from tests.fakes.lives import DAY_S, HOUR_S, START_S, columns
from tests.fakes.measures import boundary_f1
from tests.fakes.two_cameras import FIRST, SECOND, TwoCameras, two_cameras

SEEDS = range(5)
#: An hour either way, a quarter of an hour, an odd half hour, a date that is a day off.
WRONG = (HOUR_S, -HOUR_S, 900.0, 1830.0, DAY_S)


def corrected(made: TwoCameras) -> np.ndarray:
    """Return what was taken off, in the order of the library as written."""
    after = apply_skews(made.columns, find_skews(made.columns))
    off = dict(zip(after.photo_id, after.skew_s, strict=True))
    return np.array([off[photo] for photo in made.columns.photo_id])


def of_nearest_looks(made: TwoCameras) -> float:
    """Return the median offset of each picture of the second camera to the most alike one within two hours."""
    photos = made.columns
    second, first = (np.flatnonzero(photos.camera == name) for name in (SECOND, FIRST))
    apart = photos.taken_s[second][:, None] - photos.taken_s[first]
    look = np.where(np.abs(apart) <= 2 * HOUR_S, 1 - photos.descriptor[second] @ photos.descriptor[first].T, 2.0)
    return float(np.median(apart[np.arange(len(second)), look.argmin(1)]))


def f1_at(made: TwoCameras, taken_s: np.ndarray) -> float:
    order = np.argsort(taken_s, kind="stable")
    found = boundaries(taken_s[order], made.columns.lat[order], made.columns.lon[order])
    return boundary_f1(found, np.diff(made.event[order]) != 0)


def test_a_wrong_clock_is_found_to_the_minute_and_beats_the_median_of_like_looks():
    libraries = [two_cameras(seed, offsets_s=(late,), years=1) for seed, late in zip(SEEDS, WRONG, strict=True)]
    libraries += [two_cameras(seed, offsets_s=(DAY_S,), years=1) for seed in (0, 1)]
    second = [made.columns.camera == SECOND for made in libraries]
    errors = [np.abs(corrected(m) - m.late_s)[s].max() for m, s in zip(libraries, second, strict=True)]
    naive = [abs(of_nearest_looks(m) - m.late_s[s][0]) for m, s in zip(libraries, second, strict=True)]
    found, guessed = np.mean(np.array(errors) <= 60), np.mean(np.array(naive) <= 60)
    assert found >= 0.95
    assert found >= guessed + 0.2


def test_right_clocks_stay_as_they_are_even_of_cameras_with_occasions_to_themselves():
    for seed in SEEDS:
        assert find_skews(two_cameras(seed, offsets_s=(0.0,), years=1).columns) == ()
        assert find_skews(two_cameras(seed, offsets_s=(0.0,), years=1, together=False).columns) == ()


@pytest.mark.parametrize("gps", [0.7, 0.1])
def test_a_repaired_clock_is_worth_its_hundredths_of_events(gps):
    libraries = [two_cameras(seed, gps=gps, offsets_s=(HOUR_S if seed % 2 else -HOUR_S,)) for seed in SEEDS]
    written = np.mean([f1_at(made, made.columns.taken_s) for made in libraries])
    repaired = np.mean([f1_at(made, made.columns.taken_s - corrected(made)) for made in libraries])
    assert repaired >= written + 0.035
    assert repaired >= {0.7: 0.92, 0.1: 0.86}[gps]


def test_a_clock_that_was_set_right_later_is_wrong_until_then_only():
    made = two_cameras(0, offsets_s=(-2 * HOUR_S, 0.0, 420.0))
    skews = find_skews(made.columns)
    assert [skew.offset_s for skew in skews] == pytest.approx([-2 * HOUR_S, 420.0], abs=60)
    assert {(skew.camera, skew.reference) for skew in skews} == {(SECOND, FIRST)}
    assert all(0.9 <= skew.confidence <= 1 and skew.pairs >= 4 for skew in skews)
    second = made.columns.camera == SECOND
    assert np.mean(np.abs(corrected(made) - made.late_s)[second] <= 60) >= 0.95


def test_what_was_written_comes_back_to_the_photo():
    made = two_cameras(1).columns
    after = apply_skews(made, find_skews(made))
    assert (after.skew_s != 0).sum() == (made.camera == SECOND).sum()
    assert np.all(np.diff(after.taken_s) >= 0)
    back = as_written(after)
    assert back.photo_id.tolist() == made.photo_id.tolist()
    assert back.taken_s == pytest.approx(made.taken_s, abs=1e-5)
    assert not back.skew_s.any()


def test_a_correction_is_about_one_camera_its_span_and_times_that_a_device_wrote():
    photos = columns(
        4,
        camera=np.array(["A", "B", "B", "B"], object),
        taken_s=START_S + np.arange(4.0),
        trusted=np.array([True, True, False, True]),
    )
    skew = Skew(camera="B", reference="A", offset_s=60.0, from_s=START_S, to_s=START_S + 2.0, confidence=1.0, pairs=9)
    assert corrected_by(photos, skew).tolist() == [False, True, False, False]
    assert apply_skews(photos, (skew,)).skew_s.tolist() == [60.0, 0.0, 0.0, 0.0]


def test_pairs_that_somebody_knows_tell_a_clock_without_any_look():
    photos, links = without_looks()
    found = find_skews(photos, edges(links[:, 0], links[:, 1], np.zeros(len(links))))
    assert [round(skew.offset_s) for skew in found] == [1500]
    assert find_skews(photos) == ()


def without_looks() -> tuple[PhotoColumns, np.ndarray]:
    """Return walks with both cameras, one 25 minutes ahead, and the pairs that show one picture."""
    rng = np.random.default_rng(5)
    first = START_S + np.concatenate([day * DAY_S + 36_000 + np.sort(rng.uniform(0, 7200, 30)) for day in range(12)])
    shared = first[::4] + rng.normal(0, 10, len(first[::4]))
    alone = START_S + DAY_S * np.arange(20.0, 40.0)  # the first camera is used on more days
    first = np.concatenate([first, alone])
    taken = np.concatenate([first, shared + 1500])
    camera = np.repeat(np.array([FIRST, SECOND], object), [len(first), len(shared)])
    order = np.argsort(taken, kind="stable")
    place = np.argsort(order)
    links = np.stack([place[: len(first) - len(alone)][::4], place[len(first) :]], axis=1)
    nothing = np.zeros((len(order), 8), np.float32)
    return columns(len(order), taken_s=taken[order], camera=camera[order], descriptor=nothing), links


@pytest.mark.parametrize("n", [0, 1, 3])
def test_libraries_too_small_to_tell_have_no_corrections(n):
    photos = columns(n, camera=np.array([FIRST, SECOND, SECOND][:n], object))
    assert find_skews(photos) == ()
    assert apply_skews(photos, ()) is photos

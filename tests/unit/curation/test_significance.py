"""Big days are found by more than the number of their photos."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from daguerre.curation.columns import PhotoColumns
from daguerre.curation.exclusion_rules import NOTHING_EXCLUDED
from daguerre.curation.memory import RULES
from daguerre.curation.significance import PARTS, Significance, kilometres, significance
from daguerre.curation.stock import standing_out, stock_up
from daguerre.curation.timeline import timeline
from tests.fakes.big_days import STRATA, judged
from tests.fakes.lives import START_S, columns
from tests.fakes.measures import average_precision
from tests.fakes.stories import Story, story

SEEDS = range(5)
#: Asked for is .15 over the better of two counts: all photos of a day, and those that are no papers or screens.
MARGIN = 0.25


@pytest.fixture(scope="module")
def stories() -> list[Story]:
    return [story(seed, years=1) for seed in SEEDS]


@pytest.mark.parametrize("stratum", STRATA)
def test_big_days_are_found_better_than_by_counting_photos(stories, stratum):
    ours, counted, counted_shown = [], [], []
    for told in stories:
        days = judged(told, STRATA[stratum](told.columns))
        ours.append(average_precision(days.found.score, days.big))
        counted.append(average_precision(days.photos, days.big))
        counted_shown.append(average_precision(days.may_be_shown, days.big))
    gain = np.mean(ours) - max(np.mean(counted), np.mean(counted_shown))
    assert gain >= MARGIN, (np.mean(ours), np.mean(counted), np.mean(counted_shown))
    assert min(ours) > min(counted)


def remembered(told: Story, share: float) -> tuple[float, float]:
    """Return how many of the days that are remembered were big, and how many of the big ones are remembered."""
    line = timeline(told.columns)
    stock = stock_up(line, np.arange(len(line.event)), date(2025, 1, 1), RULES, NOTHING_EXCLUDED)
    days = np.unique(line.columns.local_day[standing_out(stock, stock.shown, share)]).tolist()
    big = told.big.intersection(map(int, days))
    return len(big) / len(days), len(big) / len(told.big)


def test_what_is_remembered_on_its_date_was_big_far_more_often_than_what_a_date_query_finds(stories):
    counts = [np.unique(told.columns.local_day, return_counts=True) for told in stories]
    of_date = [[int(d) in told.big for d in c[0][c[1] >= 4]] for told, c in zip(stories, counts, strict=True)]
    found = [remembered(told, RULES.remembered) for told in stories]
    assert np.mean([precision for precision, _ in found]) >= 2 * np.mean([np.mean(each) for each in of_date])
    assert np.mean([recall for _, recall in found]) >= 0.9
    few = [remembered(told, RULES.standing_out)[0] for told in stories]
    assert np.mean(few) >= 0.5


def test_the_parts_add_up_and_say_why(stories):
    days = judged(stories[0], stories[0].columns)
    assert set(days.found.parts) == set(PARTS)
    seen = days.may_be_shown > 0
    assert days.found.score[seen] == pytest.approx(sum(days.found.parts.values())[seen])
    best = int(days.found.score.argmax())
    reasons = days.found.reasons(best)
    assert len(reasons) == 2
    adds = [days.found.parts[name][best] for name in reasons]
    assert adds == sorted(adds, reverse=True)
    assert adds[0] == max(part[best] for part in days.found.parts.values())


def a_week(**given) -> tuple[PhotoColumns, np.ndarray]:
    """Return ten days of eight photos each, an hour apart, and the number of each photo's day."""
    day = np.repeat(np.arange(10), 8)
    return columns(80, taken_s=START_S + 86_400.0 * day + 3600.0 * (8 + np.tile(np.arange(8), 10)), **given), day


def of(photos: PhotoColumns, day: np.ndarray, counted: np.ndarray | None = None) -> Significance:
    counted = np.ones(len(day), bool) if counted is None else counted
    return significance(photos, day, np.arange(len(day)), counted, kilometres(photos))


def test_equal_days_are_all_usual():
    assert of(*a_week()).score == pytest.approx(np.zeros(10))


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("faces", {"faces": np.where(np.arange(80) // 8 == 4, 5.0, 0.0)}),
        ("far", {"lat": np.where(np.arange(80) // 8 == 4, 38.7, 48.1)}),
        ("new_place", {"lat": np.where(np.arange(80) // 8 == 4, 48.4, 48.1)}),
        ("loved", {"favorites": (np.arange(80) // 8 == 4).astype(float)}),
    ],
)
def test_one_day_that_differs_stands_out_for_that_reason(part, change):
    found = of(*a_week(**change))
    assert found.score.argmax() == 4
    assert part in found.reasons(4)
    assert found.parts[part][4] > 0.5
    assert all(found.score[day] <= 0.1 for day in range(10) if day != 4)


def test_somebody_seldom_met_counts_more_than_somebody_of_every_day():
    people = np.empty(80, object)
    people[:] = [("ada",)] * 80
    people[33] = ("ada", "zoë")
    found = of(*a_week(people=people))
    assert found.score.argmax() == 4
    assert found.reasons(4)[0] == "people"


def test_a_series_is_one_moment():
    photos, day = a_week()
    moment = np.where(day == 4, 32, np.arange(80))
    assert significance(photos, day, moment, np.ones(80, bool), kilometres(photos)).score[4] < 0


def test_what_is_not_counted_changes_nothing_and_an_empty_day_is_the_least():
    photos, day = a_week(favorites=(np.arange(80) // 8 == 4).astype(float))
    found = of(photos, day, day != 4)
    assert found.score.argmin() == 4
    assert not found.reasons(4)
    assert np.isfinite(of(photos, day, np.zeros(80, bool)).score).all()
    assert len(of(columns(0), np.zeros(0, int)).score) == 0

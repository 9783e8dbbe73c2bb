from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daguerre.curation.columns import PhotoColumns, timed
from daguerre.curation.exclusions import never_shown
from daguerre.curation.kinds.anniversaries import same_days
from daguerre.curation.memories import make_memories
from daguerre.curation.memory import Memory
from daguerre.curation.timeline import Timeline, list_events, timeline
from tests.fakes.lives import DAY_S, columns, journeys, unit

TODAY = date(2025, 1, 20)


def library(seed: int = 3, *, years: int = 1) -> PhotoColumns:
    lived = journeys(seed, years=years)
    n, rng = len(lived.taken_s), np.random.default_rng(seed)
    return columns(
        n,
        taken_s=lived.taken_s,
        lat=lived.lat,
        lon=lived.lon,
        place=np.where(lived.trip > 0, "Lisbon, PT", "Munich, DE").astype(object),
        sharpness=rng.normal(6, 1, n),
        aesthetic=rng.random(n),
        descriptor=unit(rng.normal(size=(n, 24))).astype(np.float32),
    )


@pytest.fixture(scope="module")
def photos() -> PhotoColumns:
    return library()


@pytest.fixture(scope="module")
def line(photos) -> Timeline:
    return timeline(photos)


def alone(line: Timeline) -> np.ndarray:
    return np.arange(len(line.event))


def told(line: Timeline, memories: list[Memory]) -> list[tuple[object, ...]]:
    ids = line.columns.photo_id
    return [(m.key, m.title, m.reason, m.score, m.rank, ids[m.cover], tuple(ids[list(m.rows)])) for m in memories]


def test_a_history_gives_trips_and_months_on_any_day(line):
    memories = make_memories(line, alone(line), TODAY)
    assert {"trip", "best_of_month"} <= {memory.kind for memory in memories}
    assert [memory.rank for memory in memories] == list(range(1, len(memories) + 1))
    assert [memory.score for memory in memories] == sorted((m.score for m in memories), reverse=True)
    assert len({memory.key for memory in memories}) == len(memories)


def test_a_memory_shows_four_to_twelve_photos_in_order_of_time_and_its_cover_is_one_of_them(line):
    for memory in make_memories(line, alone(line), TODAY):
        assert 4 <= len(memory.rows) <= 12
        assert list(memory.rows) == sorted(set(memory.rows))
        assert memory.cover in memory.rows
        assert 0 < memory.score <= 1
        assert memory.starts_s <= line.columns.taken_s[memory.rows[0]] <= memory.ends_s


def test_titles_and_reasons_are_plain_words(line):
    trip = next(m for m in make_memories(line, alone(line), TODAY) if m.kind == "trip")
    assert " days in Lisbon, " in trip.title
    assert "km from home" in trip.reason
    assert "{" not in trip.title + trip.reason


def test_an_anniversary_is_remembered_when_something_happened_and_only_then(line):
    first = line.columns.local_s[line.event == np.bincount(line.event).argmax()][0]
    day = datetime.fromtimestamp(float(first), UTC).date()
    on_it = make_memories(line, alone(line), day.replace(year=2026))
    assert any(m.kind == "on_this_day" and m.key.endswith(day.isoformat()) for m in on_it)
    days = set(line.columns.local_day.tolist())
    quiet = next(d for d in range(int(min(days)), int(max(days))) if d not in days)
    later = datetime.fromtimestamp(quiet * DAY_S, UTC).date().replace(year=2026)
    assert not any(m.kind == "on_this_day" for m in make_memories(line, alone(line), later))


def test_a_day_of_fewer_photos_than_usual_is_no_memory():
    n = 60
    taken = 1.7e9 + DAY_S * np.repeat(np.arange(6.0), [12, 12, 12, 12, 8, 4]) + 400.0 * np.arange(n)
    line = timeline(columns(n, taken_s=taken))
    last = datetime.fromtimestamp(float(taken[-1]), UTC).date()
    assert [m.kind for m in make_memories(line, np.arange(n), last.replace(year=2026))] == ["best_of_month"]


def test_nothing_of_the_future_is_remembered(line):
    taken = line.columns.taken_s
    middle = datetime.fromtimestamp(float(np.median(taken)), UTC).date()
    end = datetime(middle.year, middle.month, middle.day, tzinfo=UTC).timestamp() + DAY_S
    memories = make_memories(line, alone(line), middle)
    assert memories
    assert all(taken[list(memory.rows)].max() < end for memory in memories)


def test_one_of_each_group_of_duplicates_is_shown(line):
    pairs = alone(line) // 2
    for memory in make_memories(line, pairs, TODAY):
        assert len(set(pairs[list(memory.rows)])) == len(memory.rows)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_must_not_be_shown_never_is(seed):
    rng = np.random.default_rng(seed)
    made = library(3)
    n = len(made)
    wrong_by = DAY_S * rng.integers(0, 800, n) * (rng.random(n) < 0.1)
    wild = replace(
        made,
        document=np.where(rng.random(n) < 0.3, rng.random(n), np.nan),
        trusted=rng.random(n) < 0.8,
        width=np.where(rng.random(n) < 0.1, 100, 4000),
        height=np.where(rng.random(n) < 0.1, 100, 3000),
        source_key=np.where(rng.random(n) < 0.1, "a/Screenshot 1.jpg", made.source_key).astype(object),
        taken_s=np.where(rng.random(n) < 0.05, np.nan, made.taken_s + wrong_by),
    )
    line = timeline(wild)
    today = date(2024, int(rng.integers(1, 13)), int(rng.integers(1, 29)))
    until = datetime(today.year, today.month, today.day, tzinfo=UTC).timestamp() + DAY_S
    banned = set(wild.photo_id[never_shown(wild, until_s=until) | ~timed(wild)])
    shown = {photo for m in make_memories(line, alone(line), today) for photo in line.columns.photo_id[list(m.rows)]}
    assert shown
    assert not shown & banned


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_photos_decides_nothing(seed):
    made = library(4)
    shuffled = made.take(np.random.default_rng(seed).permutation(len(made)))
    line, other = timeline(made), timeline(shuffled)
    assert told(other, make_memories(other, alone(other), TODAY)) == told(line, make_memories(line, alone(line), TODAY))
    assert list_events(other) == list_events(line)


def test_events_have_a_place_a_trip_and_a_representative_among_their_photos(line):
    events = list_events(line)
    assert sum(len(event.rows) for event in events) == len(line.event)
    assert {event.place for event in events} == {"Lisbon, PT", "Munich, DE"}
    for event in events:
        assert event.representative in event.rows
        assert (event.trip is not None) == (event.place == "Lisbon, PT")


def test_an_empty_library_has_no_memories():
    line = timeline(columns(0))
    assert make_memories(line, np.zeros(0, int), TODAY) == []
    assert list_events(line) == []


def test_file_times_count_only_where_no_device_wrote_any():
    mixed = columns(3, trusted=np.array([True, False, False]))
    assert timed(mixed).tolist() == [True, False, False]
    assert timed(columns(3, trusted=np.zeros(3, bool))).tolist() == [True, True, True]


@pytest.mark.parametrize(
    ("day", "year", "expected"),
    [
        (date(2026, 5, 2), 2024, [date(2024, 5, 2)]),
        (date(2026, 3, 1), 2024, [date(2024, 2, 29), date(2024, 3, 1)]),
        (date(2028, 3, 1), 2024, [date(2024, 3, 1)]),
        (date(2028, 2, 29), 2024, [date(2024, 2, 29)]),
        (date(2028, 2, 29), 2025, []),
    ],
)
def test_leap_days_are_remembered_every_year(day, year, expected):
    assert same_days(day, year) == expected


def test_a_trip_that_is_not_over_is_no_memory_yet(line):
    trip = line.trips[0]
    middle = datetime.fromtimestamp(float(line.columns.local_s[trip.last]), UTC).date() - timedelta(days=1)
    starts = datetime.fromtimestamp(float(line.columns.local_s[trip.first]), UTC).date()
    assert f"trip/{starts.isoformat()}" not in {m.key for m in make_memories(line, alone(line), middle)}

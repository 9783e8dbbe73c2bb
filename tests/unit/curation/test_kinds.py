"""What each kind of memory is about, on lives of a few sessions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daguerre.curation.columns import PhotoColumns
from daguerre.curation.exclusion_rules import ExclusionRules, hidden
from daguerre.curation.memories import make_memories
from daguerre.curation.memory import KINDS, RULES, Memory, shares
from daguerre.curation.timeline import timeline
from tests.fakes.lives import HOME, columns
from tests.fakes.stories import story

LISBON, LISBON_AT = "Lisbon, PT", (38.7, -9.1)
TODAY = date(2026, 5, 1)


@dataclass(frozen=True, kw_only=True)
class Session:
    """Photos of one morning, ten minutes apart."""

    on: date
    photos: int = 6
    place: str = "Munich, DE"
    at: tuple[float, float] = HOME
    people: tuple[str, ...] = ()
    concept: str = ""
    loved: bool = False
    video: bool = False


def away(on: date, **given) -> Session:
    return Session(on=on, place=LISBON, at=LISBON_AT, **given)


def everyday(first: date = date(2019, 1, 3), last: date = date(2026, 4, 28)) -> list[Session]:
    """Return a morning of four photos at home every twelfth day."""
    return [Session(on=first + timedelta(days=d), photos=4) for d in range(0, (last - first).days, 12)]


def library(sessions: list[Session]) -> PhotoColumns:
    each = sorted(((s, i) for s in sessions for i in range(s.photos)), key=lambda pair: (pair[0].on, pair[1]))
    people = np.empty(len(each), object)
    people[:] = [s.people for s, _ in each]

    def words(values: list[str]) -> np.ndarray:
        return np.array(values, object)

    return columns(
        len(each),
        taken_s=np.array([datetime(*s.on.timetuple()[:3], 9, tzinfo=UTC).timestamp() + 600 * i for s, i in each]),
        lat=np.array([s.at[0] for s, _ in each]),
        lon=np.array([s.at[1] for s, _ in each]),
        place=words([s.place for s, _ in each]),
        concept=words([s.concept for s, _ in each]),
        media=words(["video" if s.video else "photo" for s, _ in each]),
        favorites=np.array([float(s.loved) for s, _ in each]),
        people=people,
    ).in_order()


def made(sessions: list[Session], today: date = TODAY, **given) -> dict[str, Memory]:
    """Return the memories by key, without those that share photos dropped."""
    line = timeline(library(sessions))
    rules = replace(RULES, shared=1.0)
    return {m.key: m for m in make_memories(line, np.arange(len(line.event)), today, rules, **given)}


def days_of(sessions: list[Session], memory: Memory) -> list[date]:
    taken_s = timeline(library(sessions)).columns.taken_s[list(memory.rows)]
    return [datetime.fromtimestamp(float(t), UTC).date() for t in taken_s]


def test_this_week_tells_of_what_was_more_than_usual_near_the_date():
    near = [*everyday(), away(date(2024, 4, 29), photos=12, loved=True)]
    memory = made(near)["this_week/2024-04-29"]
    assert memory.title == "This week two years ago in Lisbon"
    assert set(days_of(near, memory)) == {date(2024, 4, 29)}
    on_the_day = [*everyday(), away(date(2024, 5, 1), photos=12, loved=True)]
    assert "on_this_day/2024-05-01" in made(on_the_day)
    assert not any(key.startswith("this_week/2024") for key in made(on_the_day))
    assert not any(key.startswith("this_week") for key in made(everyday()))


@pytest.mark.parametrize(
    ("days_ago", "told"), [(13, None), (14, "Two weeks ago"), (120, "A day in January 2026"), (600, None)]
)
def test_an_event_that_stood_out_is_remembered_weeks_or_months_later(days_ago, told):
    day = TODAY - timedelta(days=days_ago)
    sessions = [s for s in everyday() if abs((s.on - day).days) > 2]
    found = made([*sessions, Session(on=day, photos=20, people=("zoë",), loved=True)]).values()
    assert [m.title for m in found if m.kind == "event"] == ([told] if told else [])
    assert all("people you seldom meet" in m.reason or "came back" in m.reason for m in found if m.kind == "event")


def test_a_person_is_told_of_with_something_from_every_year():
    sessions = [*everyday(), *(Session(on=date(y, 6, 2), photos=9, people=("Ada",)) for y in (2020, 2022, 2025))]
    memory = made(sessions)["person_over_years/Ada"]
    assert memory.title == "Ada over the years"
    assert "27 photos with Ada from three years between 2020 and 2025" in memory.reason
    assert [sum(d.year == y for d in days_of(sessions, memory)) for y in (2020, 2022, 2025)] == [4, 4, 4]
    assert "person_over_years/Ada" not in made([s for s in sessions if s.on != date(2022, 6, 2)])
    assert not [key for key in made(sessions, exclusions=ExclusionRules(people=frozenset({"Ada"}))) if "Ada" in key]


def test_a_place_away_from_home_comes_back_and_home_does_not():
    sessions = [*everyday(), *(away(date(y, 8, 3)) for y in (2019, 2021, 2023))]
    memory = made(sessions)["recurring_place/Lisbon, PT"]
    assert memory.title == "Lisbon through the years"
    assert {d.year for d in days_of(sessions, memory)} == {2019, 2021, 2023}
    assert not [key for key in made(sessions) if "Munich" in key]
    hidden_place = ExclusionRules(places=frozenset({LISBON}))
    assert not [m for m in made(sessions, exclusions=hidden_place).values() if "Lisbon" in m.title + m.reason]


def test_then_and_now_shows_the_first_and_the_last_year_of_what_lies_far_apart():
    sessions = [*everyday(), *(away(date(y, 8, 3)) for y in (2019, 2021, 2023))]
    memory = made(sessions)["then_and_now/place/Lisbon, PT"]
    years = [d.year for d in days_of(sessions, memory)]
    assert years == [2019] * 3 + [2023] * 3
    assert memory.reason.startswith("Four years lie between")
    assert "then_and_now/place/Lisbon, PT" not in made([*everyday(), away(date(2021, 8, 3)), away(date(2023, 8, 3))])
    people = [*everyday(), *(Session(on=date(y, 6, 2), people=("Ada",)) for y in (2019, 2025))]
    assert made(people)["then_and_now/person/Ada"].title == "Ada, then and now"


def test_then_and_now_faces_pictures_that_look_alike():
    sessions = [*everyday(), *(away(date(y, 8, 3), photos=10) for y in (2019, 2023))]
    photos = library(sessions)
    away_rows = np.flatnonzero(photos.place == LISBON)
    look = photos.descriptor.copy()
    look[away_rows[10:][[1, 4, 8]]] = look[away_rows[[7, 2, 5]]]
    line = timeline(replace(photos, descriptor=look))
    memories = make_memories(line, np.arange(len(line.event)), TODAY, replace(RULES, shared=1.0))
    memory = next(m for m in memories if m.kind == "then_and_now")
    ids = set(line.columns.photo_id[list(memory.rows)])
    assert ids == set(photos.photo_id[away_rows[[2, 5, 7, 11, 14, 18]]])


def season(days: list[date], concept: str, at: tuple[float, float] = LISBON_AT) -> list[Session]:
    return [Session(on=day, photos=4, place=LISBON, at=at, concept=concept) for day in days]


def test_themes_need_enough_photos_on_enough_days_of_a_season_that_is_over():
    july = [date(2025, 7, d) for d in (2, 9, 16)]
    beach = [*everyday(), *season(july, "beach")]
    assert made(beach)["theme/beach/2025"].title == "Summer at the beach, 2025"
    assert "theme/beach/2025" not in made(beach, date(2025, 9, 15))
    assert "theme/beach/2025" not in made([*everyday(), *season(july[:2], "beach")])
    assert not [k for k in made([*everyday(), *season([d.replace(month=1) for d in july], "beach")]) if "beach" in k]


def test_a_winter_belongs_to_the_year_in_which_it_ends_and_is_in_july_in_the_south():
    winter = [date(2024, 12, 10), date(2024, 12, 28), date(2025, 1, 14)]
    assert made([*everyday(), *season(winter, "snow")])["theme/snow/2025"].title.endswith("winter of 2024/25")
    july = [date(2025, 7, d) for d in (2, 9, 16)]
    south = [replace(s, at=(-36.8, 174.7)) for s in everyday()]
    assert "theme/snow/2025" in made([*south, *season(july, "snow", (-45.0, 168.7))])
    assert not [k for k in made([*everyday(), *season(july, "snow")]) if "snow" in k]


def test_a_year_has_a_best_when_it_is_over():
    assert "best_of_year/2025" in made(everyday())
    assert "best_of_year/2026" not in made(everyday())
    assert "best_of_year/2025" not in made(everyday(last=date(2025, 2, 27)))


def test_at_most_one_video_stands_for_all():
    day = date(2025, 5, 1)
    videos = [*everyday(), away(day, photos=6), away(day + timedelta(days=1), photos=6, video=True)]
    memory = next(m for m in made(videos).values() if m.kind == "trip")
    media = timeline(library(videos)).columns.media
    assert (media[list(memory.rows)] == "video").sum() == 1
    assert media[memory.cover] == "photo"


def test_every_kind_comes_about():
    sessions = [
        *everyday(),
        *(away(date(y, 8, d), people=("Ada",), concept="beach") for y in range(2019, 2026) for d in (3, 4, 6)),
        away(date(2024, 4, 29), photos=12, loved=True),
        Session(on=date(2025, 5, 1), photos=30, loved=True),
        Session(on=date(2026, 2, 17), photos=30, people=("zoë",), loved=True),
        *(Session(on=date(2025, 10, 5 + 3 * d), photos=8) for d in range(4)),
    ]
    assert {m.kind for m in made(sessions).values()} == set(KINDS)


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_whatever_the_order_no_two_memories_share_more_than_half_and_nothing_hidden_is_told(seed):
    rng = np.random.default_rng(seed)
    told = story(int(rng.integers(1000)), years=1)
    photos = replace(told.columns, place=np.where(np.isnan(told.columns.lat), "", "Munich, DE").astype(object))
    rules = ExclusionRules(people=frozenset({str(rng.choice(["ada", "bob", "eve"]))}))
    today = date(2025, int(rng.integers(1, 13)), int(rng.integers(1, 29)))
    line, other = timeline(photos), timeline(photos.take(rng.permutation(len(photos))))
    memories = make_memories(line, np.arange(len(line.event)), today, exclusions=rules)
    assert memories == make_memories(other, np.arange(len(line.event)), today, exclusions=rules)
    assert not hidden(line.columns, rules)[[row for m in memories for row in m.rows]].any()
    assert memories
    assert not [m for m in memories if rules.people & set((m.title + m.key).replace("/", " ").split())]
    for one, two in combinations(memories, 2):
        assert shares(frozenset(one.rows), frozenset(two.rows)) <= 0.5

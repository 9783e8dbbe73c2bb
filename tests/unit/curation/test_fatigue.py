from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daguerre.curation.fatigue import FatigueRules, Offer, Showing, choose, freshness
from daguerre.curation.memory import shares

MONDAY = date(2026, 5, 4)


def offer(name: str, score: float = 0.5, *, kind: str = "trip", photos: str | None = None) -> Offer:
    """Return an offer whose photos are one letter each; by default nobody else's."""
    ids = frozenset(photos) if photos else frozenset(f"{name}{i}" for i in range(4))
    return Offer(memory_id=name, kind=kind, score=score, photo_ids=ids)


def showing(of: Offer, days_ago: int) -> Showing:
    on = MONDAY - timedelta(days=days_ago)
    return Showing(memory_id=of.memory_id, kind=of.kind, photo_ids=of.photo_ids, on=on)


def names(offers: list[Offer], shown: list[Showing] = (), on: date = MONDAY, **rules) -> list[str]:
    return [offers[i].memory_id for i in choose(offers, shown, on, FatigueRules(**rules))]


def test_the_best_three_of_what_was_never_shown():
    offers = [offer("a", 0.2, kind="x"), offer("b", 0.9, kind="y"), offer("c", 0.5, kind="z"), offer("d", 0.4)]
    assert names(offers) == ["b", "c", "d"]
    assert names(offers, a_week=1) == ["b"]
    assert names([]) == []


def test_freshness_comes_back_with_time_and_goes_by_what_was_seen_not_by_the_title():
    seen = offer("a", photos="abcd")
    assert freshness(seen, [], MONDAY) == 1
    assert freshness(seen, [showing(seen, 0)], MONDAY) == 0
    assert freshness(seen, [showing(seen, 90)], MONDAY) == pytest.approx(0.5)
    assert freshness(seen, [showing(seen, 360)], MONDAY) == pytest.approx(1 - 1 / 16)
    assert freshness(offer("b", photos="cdef"), [showing(seen, 0)], MONDAY) == 0.5
    assert freshness(offer("b", photos="wxyz"), [showing(seen, 0)], MONDAY) == 1
    assert freshness(seen, [showing(seen, -1)], MONDAY) == 1


def test_nothing_is_shown_again_soon_even_when_there_is_nothing_else():
    only = offer("a", 0.9)
    assert names([only], [showing(only, 20)]) == []
    assert names([only], [showing(only, 95)]) == ["a"]


def test_what_was_seen_this_week_leaves_less_room():
    offers = [offer(name) for name in "abcdef"]
    assert len(names(offers, [showing(offer("y"), 6), showing(offer("z"), 1)])) == 1
    assert len(names(offers, [showing(offer("y"), 7), showing(offer("z"), 8)])) == 3
    assert names(offers, [showing(offer(n), d) for d, n in enumerate("wxyz", start=1)]) == []


def test_a_feed_that_is_opened_twice_is_the_same():
    offers = [offer(name, score) for name, score in zip("abcdef", (0.9, 0.8, 0.7, 0.6, 0.5, 0.4), strict=True)]
    first = [offers[i] for i in choose(offers, [], MONDAY)]
    again = names(offers, [showing(each, 0) for each in first])
    assert again == [each.memory_id for each in first]
    assert names(offers, [showing(offers[3], 0)])[0] == "d"


def test_what_was_seen_today_and_is_gone_was_seen():
    offers = [offer(name) for name in "abcd"]
    assert len(names(offers, [showing(offer("gone"), 0)])) == 2


def test_kinds_take_turns():
    offers = [offer("a", 0.8), offer("b", 0.78), offer("c", 0.7, kind="event")]
    assert names(offers) == ["a", "c", "b"]
    assert names(offers, same_kind=1.0) == ["a", "b", "c"]


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_season_of_feeds_never_repeats_itself(seed):
    """Every day of 100 a feed is asked for and seen: at most three a week, nothing twice within 90 days."""
    rng = np.random.default_rng(seed)
    rules, seen = FatigueRules(), list[Showing]()
    offers = [
        Offer(
            memory_id=f"{i:02d}",
            kind=str(rng.choice(["trip", "event", "theme"])),
            score=float(rng.random()),
            photo_ids=frozenset(f"p{j}" for j in rng.choice(80, int(rng.integers(4, 13)), replace=False)),
        )
        for i in range(25)
    ]
    for day in range(100):
        on = MONDAY + timedelta(days=day)
        order = rng.permutation(len(offers))
        chosen = [offers[i] for i in choose(offers, seen, on, rules)]
        assert {each.memory_id for each in chosen} == {
            offers[order[i]].memory_id for i in choose([offers[j] for j in order], seen, on, rules)
        }
        for i, one in enumerate(chosen):
            assert all(shares(one.photo_ids, other.photo_ids) <= 0.5 for other in chosen[:i])
        seen += [Showing(memory_id=o.memory_id, kind=o.kind, photo_ids=o.photo_ids, on=on) for o in chosen]
        assert len([s for s in seen if 0 <= (on - s.on).days < 7]) <= 3
    for memory_id in {s.memory_id for s in seen}:
        days = sorted(s.on for s in seen if s.memory_id == memory_id)
        assert all((b - a).days >= 90 for a, b in pairwise(days))
    assert len(seen) >= 3

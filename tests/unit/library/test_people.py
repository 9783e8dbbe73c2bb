from __future__ import annotations

import numpy as np
import pytest

from daguerre.library.people import interactions, people


def test_the_same_seed_is_the_same_crowd_doing_the_same() -> None:
    one, again = people(1, 50), people(1, 50)
    a, b = one.visits("may", 10), again.visits("may", 10)
    right = np.random.default_rng(0).random((len(a.person), 10)) < 0.3
    assert np.array_equal(a.person, b.person)
    assert np.array_equal(one.clicks(a, right), again.clicks(b, right))
    assert not np.array_equal(a.person, one.visits("june", 10).person)


def test_what_they_do_is_what_is_known_of_them() -> None:
    crowd = people(2, 3000)
    visits = crowd.visits("may", 1)
    chance = 0.6 * 0.8 ** np.arange(10)
    right = np.random.default_rng(0).random((len(visits.person), 10)) < chance
    clicks = crowd.clicks(visits, right)
    assert clicks.sum(axis=1).mean() == pytest.approx(crowd.expected_clicks(chance), rel=0.03)
    assert clicks[:, 0].mean() > 2 * clicks[:, 9].mean()


def test_the_better_list_is_known_before_anyone_sees_it() -> None:
    crowd = people(3, 100)
    first, last = np.eye(10, dtype=bool)[0], np.eye(10, dtype=bool)[9]
    assert crowd.expected_clicks(first) > crowd.expected_clicks(last) > 0


def test_a_few_make_most_of_the_searches() -> None:
    crowd = people(4, 1000)
    most = np.sort(np.bincount(crowd.visits("may", 1).person, minlength=1000))[::-1]
    assert most[:200].sum() > 0.4 * most.sum()


def test_the_log_names_what_was_shown_and_clicked() -> None:
    crowd = people(5, 20)
    visits = crowd.visits("may", 2)
    shown = [["a", "b"] if query == 0 else ["c"] for query in visits.query.tolist()]
    rows = list(interactions(crowd, visits, shown, ("cat", "dog"), {"cat": {"a"}, "dog": set()}))
    assert len(rows) == len(visits.person)
    assert len({row["visit"] for row in rows}) == len(rows)
    assert all(set(row["clicked"]) <= set(row["shown"]) for row in rows)
    assert any(row["clicked"] == ["a"] for row in rows)

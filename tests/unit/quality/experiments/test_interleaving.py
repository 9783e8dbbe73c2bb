from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daguerre.quality.experiments.interleaving import (
    Draft,
    Impression,
    credit,
    preference_interval,
    preference_values,
    team_draft,
)
from tests.unit.quality.experiments.crowds import interleaved

rankings = st.lists(st.sampled_from("abcdefghijkl"), unique=True, max_size=12)


def draft(production: str, candidate: str, *, k: int = 4, seed: int = 0) -> Draft:
    return team_draft(production, candidate, k=k, r=np.random.default_rng(seed))


@given(rankings, rankings, st.integers(1, 12), st.integers(0, 1000))
def test_a_draft_is_fair(production: list[str], candidate: list[str], k: int, seed: int) -> None:
    found = team_draft(production, candidate, k=k, r=np.random.default_rng(seed))
    assert len(set(found.shown)) == len(found.shown) == min(k, len({*production, *candidate}))
    for place in range(1, len(found.shown) + 1):
        shown, teams = found.shown[:place], found.teams[:place]
        left_old = set(production) - set(shown)
        left_new = set(candidate) - set(shown)
        if left_old and left_new:  # neither side ever leads by more than one
            assert abs(teams.count("candidate") - teams.count("production")) <= 1
    for photo, team in zip(found.shown, found.teams, strict=True):
        own = production if team == "production" else candidate
        above = found.shown[: found.shown.index(photo)]
        assert all(better in above for better in own[: own.index(photo)])  # each takes the best that it has left


def test_a_coin_decides_who_starts() -> None:
    starts = [draft("abc", "xyz", seed=seed).teams[0] for seed in range(400)]
    assert starts.count("candidate") == pytest.approx(200, abs=50)


def test_equal_rankings_stay_as_they_are() -> None:
    assert draft("abcd", "abcd").shown == tuple("abcd")


def test_an_empty_side_leaves_all_places_to_the_other() -> None:
    assert draft("", "xyz").shown == tuple("xyz")
    assert draft("", "").shown == ()


def test_clicks_count_for_the_side_that_chose() -> None:
    shown = Draft(shown=("a", "x", "b"), teams=("production", "candidate", "production"))
    assert credit(shown, {"x"}) == 1
    assert credit(shown, {"a", "b", "x"}) == -1
    assert credit(shown, {"a", "x"}) == credit(shown, ()) == 0


def test_the_values_for_the_judge_say_what_the_interval_says() -> None:
    seen = interleaved(np.random.default_rng(3), production=0.5, candidate=1.5)
    values = preference_values(seen)
    assert values.clusters[0].startswith("person-")
    found = preference_interval([credit(one.draft, one.clicked) for one in seen], values.clusters, alpha=0.05)
    assert found.mean == pytest.approx(float((values.candidate - values.production).mean()))
    assert 0 < found.low < found.mean < found.high


def test_a_list_that_nobody_clicked_counts_for_neither() -> None:
    one = Impression(visit="1", person="ada", query="cat", draft=draft("ab", "xy"), clicked=())
    values = preference_values([one])
    assert values.production.tolist() == values.candidate.tolist() == [0.0]

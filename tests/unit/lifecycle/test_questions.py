from __future__ import annotations

import numpy as np
import pytest

from daguerre.lifecycle.agreement import agreement_gate, area_under_curve
from daguerre.lifecycle.questions import Pictures, compare, rank, restrict
from daguerre.quality.queries import GoldenQuery

PICTURES = Pictures(ids=("a", "b", "frame", "c"), answers=("a", "b", "film", "c"), owners=("x", "x", "x", "y"))
VECTORS = np.eye(4, dtype=np.float32)


def query(name: str, *relevant: str, **fields: object) -> GoldenQuery:
    known = {"kind": "text", "text": name, "photo_id": "", "owner_id": "x", "expected": 9, "query_class": "q"}
    return GoldenQuery(id=name, relevant=frozenset(relevant), **(known | fields))


def test_only_what_can_be_found_is_asked():
    queries = [
        query("here", "a", "far"),
        query("far", "far"),
        query("film", "film"),
        query("like", "b", kind="photo", photo_id="a"),
        query("like far", "b", kind="photo", photo_id="far"),
    ]
    kept = restrict(queries, PICTURES)
    assert [q.id for q in kept] == ["here", "film", "like"]
    assert (kept[0].relevant, kept[0].expected) == (frozenset({"a"}), 1)


def test_answers_are_ranked_as_search_does():
    asked = [query("words", "film"), query("like", "b", kind="photo", photo_id="a"), query("all", "c", owner_id=None)]
    texts = np.array([[0, 0.3, 0.9, 0.95], [0, 0, 0, 1]], np.float32)
    found = rank(asked, PICTURES, VECTORS, texts)
    assert [photo for photo, _ in found["words"]] == ["film", "b", "a"]  # c is another owner's
    assert "a" not in dict(found["like"])
    assert found["all"][0] == ("c", 1.0)


def test_both_are_scored_over_the_same_queries():
    asked = [query("one", "a"), query("two", "b")]
    right = {"one": [("a", 1.0)], "two": [("b", 1.0)]}
    wrong = {"one": [("a", 1.0)], "two": [("a", 1.0)]}
    found = compare(asked, 4, right, wrong, seed=0)
    assert (found.candidate["ndcg_at_10"], found.production["ndcg_at_10"]) == (1.0, 0.5)
    assert found.ndcg_difference.value == pytest.approx(0.5)
    assert compare(asked, 4, right, None, seed=0).ndcg_difference is None
    assert compare([], 4, {}, {}, seed=0).candidate == {}


def test_the_area_counts_pairs():
    scores, right = np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False])
    assert area_under_curve(scores, right) == pytest.approx((2 + 1.5) / 4)
    assert np.isnan(area_under_curve(scores, np.ones(4, bool)))


def test_only_words_that_clearly_lost_their_meaning_are_refused():
    rng = np.random.default_rng(0)
    theirs = rng.uniform(0.85, 1.0, 40)
    chance = rng.uniform(0.2, 0.8, 40)
    assert not agreement_gate(np.column_stack([chance, theirs])).passed
    assert agreement_gate(np.column_stack([theirs - 0.05, theirs])).passed
    assert agreement_gate(np.column_stack([chance, theirs])[:4]).passed  # too few to tell
    assert agreement_gate(np.column_stack([chance, chance[::-1]])).passed  # production knows no better

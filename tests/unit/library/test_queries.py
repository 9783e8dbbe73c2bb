from __future__ import annotations

from collections import Counter

import pytest

from daguerre.library.engagement import engagement
from daguerre.library.plan import LibraryPlan
from daguerre.library.queries import SHARES, Query, class_of, queries
from daguerre.library.scenes.phrases import facts


@pytest.fixture(scope="module")
def asked(plan: LibraryPlan) -> list[Query]:
    return queries(plan, limit=120)


def test_questions_are_balanced_and_named_once(asked: list[Query]) -> None:
    assert 100 <= len(asked) <= 120
    assert len({query.id for query in asked}) == len(asked)
    classes = Counter(query.query_class for query in asked)
    assert set(classes) == set(SHARES)
    assert min(classes.values()) >= 8
    assert {query.owner_id for query in asked} == {"ann", "ben", None}


def test_answers_of_texts_are_those_of_brute_force(plan: LibraryPlan, asked: list[Query]) -> None:
    for query in (query for query in asked if query.kind == "text"):
        assert query.asks
        expected = {
            row.key
            for row in plan.rows
            if row.readable
            and query.owner_id in (None, row.owner_id)
            and all(facts(row.scene)[name] == value for name, value in query.asks.items())
        }
        assert set(query.relevant) == expected, query


def test_words_mean_what_the_labels_say(plan: LibraryPlan, asked: list[Query]) -> None:
    """The labels in the truth file, without the phrase book, agree with the answers of plain questions."""
    plain = [q for q in asked if q.asks and set(q.asks) <= {"place", "obj", "food", "doc", "color"}]
    assert len(plain) > 20
    for query in plain:
        labels = [(key, plan.by_key[key].scene.attributes()) for key in query.relevant]
        assert all(shown[name] == value for _, shown in labels for name, value in query.asks.items())
        for name in ("food", "doc"):
            if set(query.asks) == {name}:
                assert {key for key, _ in labels} == {
                    row.key
                    for row in plan.rows
                    if row.readable
                    and query.owner_id in (None, row.owner_id)
                    and getattr(row.scene, name) == query.asks[name]
                }


def test_questions_without_an_answer_have_none_and_the_others_do(asked: list[Query]) -> None:
    for query in asked:
        assert bool(query.relevant) == (query.query_class != "no_match")


def test_photos_are_answered_by_their_moment_and_not_by_themselves(plan: LibraryPlan, asked: list[Query]) -> None:
    for query in (query for query in asked if query.kind == "photo"):
        photo = plan.by_key[query.photo]
        assert query.photo not in query.relevant
        for key in query.relevant:
            row = plan.by_key[key]
            assert (row.owner_id, row.moment_id) == (photo.owner_id, photo.moment_id)
            assert row.duplicate_of != photo.key or row.transform != "exact"


def test_only_readable_files_answer(plan: LibraryPlan, asked: list[Query]) -> None:
    assert all(plan.by_key[key].readable for query in asked for key in query.relevant)


def test_classes_follow_what_is_asked() -> None:
    assert class_of({"place": "beach"}) == "keyword"
    assert class_of({"obj": "dog", "count": 2}) == "count"
    assert class_of({"obj": "car", "count": 2, "color": "red"}) == "color"
    assert class_of({"place": "sea", "time": "night"}) == "time"
    assert class_of({"food": "pizza", "surface": "wooden"}) == "detail"


def test_people_look_at_sharp_photos_more_than_at_blurred_ones(plan: LibraryPlan, asked: list[Query]) -> None:
    events = list(engagement(plan, asked))
    assert {event["kind"] for event in events} == {"view", "favorite", "share", "search_click"}
    views = Counter(event["key"] for event in events if event["kind"] == "view")
    photos = [row for row in plan.rows if row.category == "photo" and row.readable]

    def mean_views(good: bool) -> float:
        chosen = [views[row.key] for row in photos if (row.quality.score > 0.8) == good]
        return sum(chosen) / len(chosen)

    assert mean_views(True) > 2 * mean_views(False)
    assert all(plan.by_key[event["key"]].readable for event in events)
    assert events == list(engagement(plan, asked))

from __future__ import annotations

import math

import pytest

from daguerre.quality.queries import GoldenQuery
from daguerre.quality.ranking import evaluate, grouped, mean_of
from daguerre.quality.search_report import summarise, to_json


def query(name: str, relevant: int, *, kind: str = "text", owner: str | None = "alice", expected: int | None = None,
          query_class: str = "colour") -> GoldenQuery:  # fmt: skip
    return GoldenQuery(
        id=name, kind=kind, text=name if kind == "text" else "", photo_id="" if kind == "text" else "asked",  # type: ignore[arg-type]
        owner_id=owner, relevant=frozenset(f"r{i}" for i in range(relevant)),
        expected=relevant if expected is None else expected, query_class=query_class,
    )  # fmt: skip


def answer(*photos: str) -> list[tuple[str, float]]:
    return [(photo, 1 - rank / 100) for rank, photo in enumerate(photos)]


def test_numbers_worked_out_by_hand() -> None:
    (score,) = evaluate([query("q", 3)], {"q": answer("x", "r0", "y", "r2")})
    assert score.recall_at_10 == pytest.approx(2 / 3)
    assert score.precision_at_10 == pytest.approx(0.2)
    assert score.reciprocal_rank == pytest.approx(1 / 2)
    gain = 1 / math.log2(3) + 1 / math.log2(5)
    best = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert score.ndcg_at_10 == pytest.approx(gain / best)
    assert score.best_score == 1


def test_ties_keep_the_order_of_the_answer() -> None:
    tied = [(photo, 0.5) for photo in ("r0", *(f"x{i}" for i in range(15)))]
    (score,) = evaluate([query("q", 1)], {"q": tied})
    assert score.reciprocal_rank == 1
    (last,) = evaluate([query("q", 1)], {"q": tied[::-1]})
    assert last.reciprocal_rank == pytest.approx(1 / 16)
    assert last.recall_at_10 == 0


def test_more_than_ten_relevant_photos() -> None:
    (score,) = evaluate([query("q", 40)], {"q": answer(*(f"r{i}" for i in range(20)))})
    assert score.recall_at_10 == pytest.approx(10 / 40)
    assert score.precision_at_10 == 1
    assert score.ndcg_at_10 == 1


def test_a_query_without_an_answer_counts_as_nothing_found() -> None:
    queries = [query("a", 1), query("b", 1)]
    scores = evaluate(queries, {"a": answer("r0")})
    assert [s.recall_at_10 for s in scores] == [1, 0]
    assert mean_of(scores, "all").recall_at_10 == 0.5
    assert evaluate(queries, {"a": [], "b": []})[0].recall_at_10 == 0
    assert evaluate([], {}) == []


def test_groups() -> None:
    queries = [query("a", 1), query("b", 1, owner="bob"), query("c", 1, owner="bob")]
    scores = evaluate(queries, {"a": answer("r0"), "b": answer("r0"), "c": answer("x")})
    groups = grouped(scores, lambda q: q.owner_id or "")
    assert [(g.name, g.queries, g.recall_at_10, g.mrr) for g in groups] == [("alice", 1, 1, 1), ("bob", 2, 0.5, 0.5)]
    assert groups[1].to_row()["group"] == "bob"


def test_the_report_keeps_questions_without_answers_apart() -> None:
    queries = [
        query("a", 2),
        query("b", 1, owner=None, query_class="place"),
        query("c", 1, kind="photo"),
        query("nothing", 0),
        query("later", 0, expected=3),
    ]
    answers = {"a": [("r0", 0.8)], "b": [("r0", 0.3)], "c": [("x", 0.9)], "nothing": [("x", 0.5)]}
    report, scores = summarise("tiny-00000000", queries, answers, report_key="k")
    assert (report.queries, report.no_match_queries, report.not_landed) == (3, 1, 1)
    assert report.recall_at_10 == pytest.approx((0.5 + 1 + 0) / 3)
    assert [g.name for g in report.per_owner] == ["alice", "all owners"]
    assert [g.name for g in report.per_class] == ["colour", "place"]
    assert [g.name for g in report.per_kind] == ["photo", "text"]
    assert report.no_match_best_score == 0.5
    assert report.best_score == pytest.approx(0.55)
    assert report.no_match_separation == 0.5
    assert report.owner_rows()[0]["queries"] == 2
    assert report.class_rows()[1]["group"] == "place"
    record = to_json(report, scores, answers)
    assert record["worst_first"][0]["id"] == "c"
    assert record["worst_first"][0]["answer"] == [["x", 0.9]]


def test_no_queries_at_all() -> None:
    report, scores = summarise("tiny-00000000", [], {}, report_key="k")
    assert (report.queries, report.recall_at_10, scores) == (0, 0.0, [])

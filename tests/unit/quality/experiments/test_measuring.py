from __future__ import annotations

import pytest

from daguerre.quality.experiments.measuring import Asked, askable, judged_share, measure, pair, query_row
from daguerre.quality.queries import GoldenQuery


def query(name: str, relevant: str = "ab", **changes: object) -> GoldenQuery:
    facts: dict[str, object] = {
        "id": name, "kind": "text", "text": name, "photo_id": "", "owner_id": "ada", "relevant": frozenset(relevant),
        "expected": len(relevant), "query_class": "colour",
    }  # fmt: skip
    return GoldenQuery(**(facts | changes))


def asked(answer: str, **changes: object) -> Asked:
    ranked = [(photo, 1 - rank / 10) for rank, photo in enumerate(answer)]
    return Asked(**({"answer": ranked, "nothing": not answer, "latency_ms": 3.0} | changes))


FIRST = query("first")
NOTHING = query("nothing", "", owner_id=None)
LATER = query("later", "", expected=2)
QUERIES = [FIRST, NOTHING]


def test_queries_that_wait_for_photos_are_not_asked() -> None:
    assert askable([FIRST, NOTHING, LATER]) == QUERIES


def test_each_metric_has_its_queries() -> None:
    values = measure(QUERIES, {"first": asked("xa", recall_vs_exact=0.9), "nothing": asked("x")})
    assert values["recall_at_10"] == {"first": 0.5}
    assert values["reciprocal_rank"] == {"first": 0.5}
    assert values["precision_at_10"] == {"first": pytest.approx(0.1)}
    assert values["nothing_found"] == {"first": 0.0}
    assert values["false_answer"] == {"nothing": 1.0}
    assert values["recall_vs_exact"] == {"first": 0.9, "nothing": 1.0}
    assert values["latency_ms"] == {"first": 3.0, "nothing": 3.0}


def test_an_answer_that_is_withheld_counts_as_nothing_found() -> None:
    values = measure(QUERIES, {"first": asked("ab", nothing=True), "nothing": asked("x", nothing=True)})
    assert values["nothing_found"] == {"first": 1.0}
    assert values["false_answer"] == {"nothing": 0.0}
    assert values["ndcg_at_10"] == {"first": 1.0}, "ranks are measured whether or not they are shown"


def test_pairs_carry_owners_and_slices() -> None:
    sides = [measure(QUERIES, {"first": asked(answer), "nothing": asked("")}) for answer in ("xa", "ab")]
    paired = pair(QUERIES, *sides)
    assert paired["ndcg_at_10"].query_ids == ["first"]
    assert paired["recall_at_10"].production.tolist() == [0.5]
    assert paired["recall_at_10"].candidate.tolist() == [1.0]
    assert paired["latency_ms"].clusters == ["ada", "all owners"]
    assert paired["latency_ms"].slices["class"] == ["colour", "colour"]
    assert pair(QUERIES, *sides, cluster="kind")["latency_ms"].clusters == ["text", "text"]
    assert "ndcg_at_10" not in pair([NOTHING], *[measure([NOTHING], {"nothing": asked("")})] * 2)


def test_what_nobody_looked_at_is_unjudged() -> None:
    side = {"first": asked("abxy"), "nothing": asked("x")}
    assert judged_share(QUERIES, side) == 1
    assert judged_share([query("first", judged=frozenset("abx"))], side) == 0.75
    assert judged_share([query("first", judged=frozenset("abx"))], {"first": asked("")}) == 1, "nothing was shown"


def test_the_record_keeps_ten_answers() -> None:
    side = {"first": asked("abcdefghijklm")}
    row = query_row(FIRST, {"production": side}, {"production": measure([FIRST], side)})
    assert [photo for photo, _, _ in row["production"]["shown"]] == list("abcdefghij")
    assert [right for _, _, right in row["production"]["shown"][:3]] == [True, True, False]
    assert (row["owner"], row["relevant"]) == ("ada", 2)

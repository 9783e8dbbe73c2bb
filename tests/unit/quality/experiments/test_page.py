from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from daguerre.quality.experiments.bars import WIDTH, bar, reach
from daguerre.quality.experiments.page import page, pictured
from daguerre.quality.experiments.page_queries import lost_and_won, ranked_by
from daguerre.quality.experiments.page_tables import MOST_SLICES, amount
from daguerre.quality.experiments.records import Override, Record
from tests.unit.quality.experiments.decided import content, query, row


class Balanced(HTMLParser):
    """Checks that whatever is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def drawn(
    what: dict[str, Any], *, overrides: tuple[Override, ...] = (), pictures: dict[str, bytes] | None = None
) -> str:
    record = Record(name="toy", key="experiments/toy/record.json", sha256="9" * 64, content=what)
    html = page(record, overrides=overrides, pictures=pictures or {})
    parser = Balanced()
    parser.feed(html)
    assert parser.open == []
    return html


def test_the_verdict_comes_first_and_the_text_is_escaped() -> None:
    html = drawn(content())
    titles = ("Metrics", "Validity", "Queries", "Spaces", "Drift", "Cost", "What this rests on", "Deciding")
    order = [html.index(word) for word in ("verdict PROMOTE", *(f"<h2>{title}" for title in titles))]
    assert order == sorted(order)
    assert "ada &amp; co" in html
    assert "thing &lt;1&gt;" in html
    assert "thing <1>" not in html
    for digest in ("1" * 64, "2" * 64, "d" * 64, "e" * 64, "f" * 64, "9" * 64):
        assert digest in html
    assert "daguerre experiments override toy" in html
    assert "1.50" in html, "the candidate's photos cost half as much again"


def test_an_override_is_shown_beside_the_verdict() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    made = Override(number=1, verdict="BLOCK", reason="not <before> summer", actor="bob", at=at)
    html = drawn(content(), overrides=(made,))
    assert html.index("verdict PROMOTE") < html.index("bob overrode this") < html.index("<h2>Metrics")
    assert "not &lt;before&gt; summer" in html


def test_lost_queries_come_before_won_ones_and_equal_ones_are_counted() -> None:
    what = content(queries=[query(n, 1.0, n / 100) for n in range(30)] + [query(31, 0, 0.5), query(32, 0.2, 0.2)])
    lost, won = lost_and_won(what)
    assert [one["id"] for one in lost] == [f"q{n:02d}" for n in range(20)]
    assert [one["id"] for one in won] == ["q31"]
    html = drawn(what)
    assert html.index("The 20 queries that lost most") < html.index("The query that gained most")
    assert "1 query was answered equally well" in html


def test_no_change_at_all() -> None:
    html = drawn(content(queries=[query(1, 0.5, 0.5)], likeness=None))
    assert "No query lost anything" in html
    assert "Both sides use the same vectors" in html
    assert pictured(content(queries=[query(1, 0.5, 0.5)])) == []


def test_a_picture_is_held_once_and_right_ones_are_framed() -> None:
    what = content(queries=[query(1, 0, 1.0), query(2, 1.0, 0.25)])
    assert pictured(what) == ["a1", "a2", "p1", "p9"]
    html = drawn(what, pictures={photo: photo.encode() for photo in ("a1", "p1", "p9")})
    assert len(re.findall(r"background-image:url\(data:image/jpeg;base64,", html)) == 3
    assert html.count("right' role='img'") == 3
    assert "the photo is gone" in html, "a2 was erased since"
    assert not re.search(r"https?:|src=|<script|<link", html)


def test_queries_are_ordered_by_the_metric_that_had_to_be_won() -> None:
    spec = content()["spec"]
    metrics = [
        {"name": "latency_ms", "role": "success", "better": "lower"},
        {"name": "recall_at_10", "role": "success", "better": "higher"},
    ]
    assert ranked_by(content(spec=spec | {"metrics": metrics})) == "recall_at_10"
    assert ranked_by(content(spec=spec | {"metrics": metrics[:1]})) == "ndcg_at_10"


def test_many_slices_are_cut_and_what_got_worse_never_is() -> None:
    worse = [row("ndcg_at_10", f"owner=w{n}", low=-0.5, high=-0.3, status="worse") for n in range(MOST_SLICES + 3)]
    fine = [row("ndcg_at_10", f"owner=f{n}", low=0.1) for n in range(50)]
    html = drawn(content(rows=[row("ndcg_at_10"), *fine, *worse]))
    assert all(f"owner=w{n}<" in html for n in range(MOST_SLICES + 3))
    assert "owner=f0<" not in html
    assert "50 more, none worse" in html


def test_faults_and_what_was_not_measured() -> None:
    missing = row("latency_ms", production=None, candidate=None, delta=None, low=None, high=None, detectable=None,
                  status="too few")  # fmt: skip
    decision = {"verdict": "INVALID", "reason": "no query was asked.", "queries_needed": None}
    html = drawn(content(rows=[missing], faults=["no query was asked"], decision=decision))
    assert "<li>no query was asked</li>" in html
    assert "status too-few" in html


def test_drift_and_missing_cost() -> None:
    finding = {
        "status": "block",
        "subject": "sharpness",
        "value": None,
        "warn_at": 0.1,
        "method": "w",
        "detail": "gone",
    }
    drift = {"batch": "2026-01-01.0001", "said": "block: sharpness", "compared": 9, "findings": [finding]}
    none = dict.fromkeys(("photos_timed", "embedding_s_per_1000", "query_ms_mean", "query_ms_p50"))
    html = drawn(content(drift=drift, cost={"production": none, "candidate": none}))
    assert "block: sharpness" in html
    assert "None of 9 comparisons" in drawn(content(drift=drift | {"findings": []}))


def _x(svg: str, pattern: str) -> float:
    found = re.search(pattern, svg)
    assert found
    return float(found.group(1))


def test_a_bar_lies_where_its_numbers_are() -> None:
    losing = row("m", role="guardrail", low=-0.3, delta=-0.2, high=-0.1, margin=0.05, mde=None, status="worse")
    scale = reach([losing])
    assert scale == 0.3
    svg = bar(losing, scale)
    left, width = _x(svg, r"interval worse' x='([\d.]+)'"), _x(svg, r"interval worse'.*?width='([\d.]+)'")
    mean, zero, margin = _x(svg, r"mean' cx='([\d.]+)'"), WIDTH / 2, _x(svg, r"bound' x1='([\d.]+)'")
    assert 0 < left < mean < left + width < margin < zero
    assert "interval" not in bar(losing | {"low": None}, scale)
    assert reach([row("m", low=None, high=None, mde=None)]) == 1


@pytest.mark.parametrize(
    ("value", "relative", "said"),
    [(-0.25, True, "\N{MINUS SIGN}25.0%"), (0.5, False, "+0.5000"), (-1e-9, False, "+0.0000")],
)
def test_amounts(value: float, relative: bool, said: str) -> None:
    assert amount(row("m", relative=relative), value) == said

from __future__ import annotations

from pathlib import Path

import pytest

from daguerre.quality.experiments.spec import SpecError, load_spec
from tests.unit.quality.experiments.worlds import spec

GOOD = """
name: larger-tower
hypothesis: A larger image tower ranks better.
owner: search
metrics:
  - {name: ndcg, role: success, mde: 0.01, slices: [owner, class]}
  - {name: latency_ms, role: guardrail, better: lower, margin: 0.1, relative: true, statistic: p95}
expires: 2030-01-01T00:00:00Z
"""


def refused(text: str) -> str:
    with pytest.raises(SpecError) as caught:
        load_spec(text.encode())
    return str(caught.value)


def test_a_file_and_its_bytes_are_the_same_spec(tmp_path: Path) -> None:
    file = tmp_path / "larger-tower.yaml"
    file.write_text(GOOD)
    assert load_spec(file) == load_spec(GOOD.encode())
    assert load_spec(file).unfilled == ("production.release", "candidate.release", "query_set")


def test_the_digest_is_of_what_is_said_not_of_how_it_is_written() -> None:
    reordered = GOOD.replace("\nowner: search", "").replace("\nname: larger", "\nowner: 'search'\nname: larger")
    assert load_spec(reordered.encode()).digest == load_spec(GOOD.encode()).digest
    assert load_spec(GOOD.replace("0.01", "0.02").encode()).digest != load_spec(GOOD.encode()).digest


def test_an_unknown_key_is_refused_with_the_ones_that_are_allowed(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD + "confidence: 0.9\n")
    with pytest.raises(SpecError, match=r"mine\.yaml: confidence is unknown.*alpha, power"):
        load_spec(file)
    inside = refused(GOOD.replace("margin: 0.1,", "margin: 0.1, tolerance: 1,"))
    assert "metrics[1] (latency_ms).tolerance is unknown" in inside
    assert "margin" in inside
    assert "hypothesis" not in inside
    assert "nprobes, refine" in refused(GOOD + "candidate: {index: {probes: 3}}\n")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("mde: 0.01, ", "", "needs `mde`"),
        ("margin: 0.1, ", "", "needs `margin`"),
        ("margin: 0.1", "margin: 0", "margin"),
        ("margin: 0.1", "margin: .nan", "margin"),
        ("mde: 0.01", "margin: 0.01, mde: 0.01", "`margin` to a guardrail"),
        ("role: success, mde: 0.01", "role: diagnostic", "no metric has the role success"),
        ("name: latency_ms", "name: ndcg", "named twice: ndcg"),
        ("name: larger-tower", "name: Larger Tower", "name"),
        ("00:00:00Z", "00:00:00", "expires"),
        ("owner: search", "owner: search\nowner: me", "owner stands there twice"),
        ("owner: search", "owner: search\nalpha: 0.5", "alpha"),
        ("owner: search", f"owner: search\nquery_set: {'F' * 64}", "query_set"),
        ("owner: search", "owner: search\nkind: ab", "neither percentiles nor slices"),
        (GOOD, "- a list", "no mapping"),
        (GOOD, "a: [", "the spec"),
    ],
)
def test_what_cannot_be_is_refused_and_named(old: str, new: str, said: str) -> None:
    assert old in GOOD
    assert said in refused(GOOD.replace(old, new))


def test_both_sides_must_differ() -> None:
    side = {"release": "a" * 64}
    with pytest.raises(ValueError, match="the same"):
        spec(production=side, candidate=side)
    assert spec(production=side, candidate=side | {"index": {"nprobes": 4}}).unfilled == ("query_set",)

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from daguerre.quality.drift import SHARE_DRIFTED, compare
from daguerre.quality.findings import DriftReport, Finding, Status, by_urgency
from daguerre.quality.gates import verdict, without_verdict
from daguerre.quality.thresholds import CALIBRATED, CONTENT, RATE, SHIFT, Thresholds
from daguerre.quality.window import Window
from tests.unit.quality.windows import window


def _compare(
    reference: Window, current: Window, history: Mapping[str, list[float]] | None = None
) -> dict[str, Finding]:
    found = compare(reference, current, Thresholds(history=history or {}), seed=0)
    assert len({f.subject for f in found}) == len(found)
    return {f.subject: f for f in found}


def test_silent_on_identical_data() -> None:
    found = _compare(window(), window())
    assert verdict(found.values(), enough=True) is Status.OK
    assert {f.status for f in found.values()} == {Status.OK}
    assert found["sharpness"].value == 0


def test_silent_on_other_photos_of_the_same_kind() -> None:
    for seed in range(1, 6):
        assert verdict(_compare(window(), window(seed=seed)).values(), enough=True) is Status.OK


def test_a_shifted_signal_blocks() -> None:
    reference, current = window(), window(seed=1)
    current = window(seed=1, numbers=current.numbers | {"sharpness": current.numbers["sharpness"] - 1})
    found = _compare(reference, current)
    assert found["sharpness"].status is Status.BLOCK
    assert found["sharpness"].detail == "mean 5.972 -> 4.987"
    assert verdict(found.values(), enough=True) is Status.BLOCK


def test_what_a_picture_shows_only_warns_without_history() -> None:
    assert "exposure" in CONTENT
    current = window(seed=1)
    current = window(seed=1, numbers=current.numbers | {"exposure": current.numbers["exposure"] + 0.3})
    found = _compare(window(), current)
    assert (found["exposure"].status, found["exposure"].threshold) == (Status.WARN, None)
    quiet = {"exposure": [0.01] * CALIBRATED}
    assert _compare(window(), current, quiet)["exposure"].status is Status.BLOCK
    lively = {"exposure": [0.1, 3.5, 0.2, 0.1]}
    assert _compare(window(), current, lively)["exposure"].status is Status.OK


def test_missing_values_block_and_do_not_hide() -> None:
    current = window(seed=1)
    half = current.numbers["sharpness"].copy()
    half[::2] = np.nan
    found = _compare(window(), window(seed=1, numbers=current.numbers | {"sharpness": half}))
    assert found["sharpness missing"].status is Status.BLOCK
    assert found["sharpness missing"].detail == "0.0% -> 50.0%"
    assert found["sharpness"].status is Status.OK


def test_infinite_values_are_missing_values() -> None:
    current = window(seed=1)
    some = current.numbers["sharpness"].copy()
    some[:200] = np.inf
    found = _compare(window(), window(seed=1, numbers=current.numbers | {"sharpness": some}))
    assert found["sharpness missing"].status is Status.BLOCK
    assert np.isfinite(found["sharpness"].value or 0)


def test_a_column_that_is_gone_blocks_and_a_new_one_does_not() -> None:
    less = window(seed=1, numbers={"exposure": window(seed=1).numbers["exposure"]})
    assert _compare(window(), less)["sharpness"].status is Status.BLOCK
    assert _compare(less, window())["sharpness"].status is Status.OK
    no_format = window(seed=1, categories={})
    assert _compare(window(), no_format)["format"].status is Status.BLOCK


def test_categories_that_moved() -> None:
    found = _compare(window(), window(seed=1, categories={"format": ["heic"] * 2000}))
    assert found["format"].status is Status.BLOCK
    assert "-> 0.0%" in found["format"].detail or "100.0%" in found["format"].detail


def test_a_rare_flag_that_exploded() -> None:
    flags = {"note null_island": np.arange(2000) < 100, "note bad_date": np.arange(2000) < 60}
    found = _compare(window(), window(seed=1, flags=flags))
    assert found["note null_island"].status is Status.BLOCK
    assert found["note bad_date"].status is Status.BLOCK
    assert (found["note bad_date"].value or 0) > RATE.block


def test_embeddings_that_moved_warn_and_then_block() -> None:
    moved = window(seed=1, vectors=window(seed=1).vectors + 1)
    assert _compare(window(), moved)["embeddings"].status is Status.WARN
    quiet = {"embeddings": [0.5] * CALIBRATED}
    assert _compare(window(), moved, quiet)["embeddings"].status is Status.BLOCK


def test_vectors_that_are_not_finite_block() -> None:
    vectors = window(seed=1).vectors.copy()
    vectors[0, 0] = np.nan
    assert _compare(window(), window(seed=1, vectors=vectors))["embeddings not finite"].status is Status.BLOCK


def test_scores_of_two_models_are_not_compared() -> None:
    def concepts(model: str, concept: str) -> dict[str, list[str]]:
        return {"top_concept": [concept] * 2000, "concept_model": [model] * 2000}

    old, new = window(categories=concepts("a/1", "dog")), window(categories=concepts("b/1", "cat"))
    assert "top_concept" not in _compare(old, new)
    same = window(categories=concepts("a/1", "cat"))
    assert _compare(old, same)["top_concept"].status is Status.WARN


def test_when_everything_moves_a_little_the_sum_says_so() -> None:
    numbers = {f"signal {i}": np.random.default_rng(i).normal(size=2000) for i in range(6)}
    moved = {name: values + 0.18 for name, values in numbers.items()}
    found = _compare(window(numbers=numbers), window(numbers=moved))
    assert {found[name].status for name in numbers} == {Status.WARN}
    assert found[SHARE_DRIFTED].status is Status.WARN


def test_too_few_values_are_not_compared() -> None:
    found = _compare(window(10), window(10, seed=1, vectors=np.zeros((5, 8), np.float32)))
    assert "sharpness" not in found
    assert "embeddings" not in found


@pytest.mark.parametrize(
    ("statuses", "worst"),
    [([], Status.OK), ([Status.OK, Status.WARN], Status.WARN), ([Status.WARN, Status.BLOCK], Status.BLOCK)],
)
def test_the_verdict_is_the_worst(statuses: list[Status], worst: Status) -> None:
    assert verdict([_finding(s) for s in statuses], enough=True) is worst
    assert verdict([_finding(s) for s in statuses], enough=False) is Status.NOT_ENOUGH_ROWS


def _finding(status: Status, value: float | None = 0.5) -> Finding:
    return Finding(
        subject=f"subject {status}", method="m", value=value, warn_at=0.1, threshold=0.25, status=status, detail="why"
    )


def _report(verdict_: Status, findings: list[Finding]) -> DriftReport:
    return DriftReport(
        batch="2026-03-01.0002",
        verdict=verdict_,
        findings=tuple(findings),
        report_key="r.html",
        record_key="r.json",
        reference=("2026-03-01.0001",),
        rows_reference=2000,
        rows_current=1700,
        least_rows=1500,
    )


def test_the_report_says_why() -> None:
    report = _report(Status.BLOCK, [_finding(Status.OK), _finding(Status.WARN), _finding(Status.BLOCK, None)])
    assert report.sentence() == (
        "block: subject block: why; subject warn 0.5 over 0.1 (why) (1700 photos against 2000 before)"
    )
    rows = report.failed_rows()
    assert [row["status"] for row in rows] == ["block", "warn"]
    assert [set(row) for row in rows] == [set(rows[0])] * 2


def test_the_report_says_that_there_were_too_few() -> None:
    findings = without_verdict([_finding(Status.BLOCK)])
    report = _report(Status.NOT_ENOUGH_ROWS, findings)
    assert report.failed_rows() == []
    assert "each side needs 1500" in report.sentence()
    assert "no drift in 1 comparisons" in _report(Status.OK, [_finding(Status.OK)]).sentence()


def test_urgency() -> None:
    findings = [_finding(s) for s in (Status.OK, Status.NOT_ENOUGH_ROWS, Status.WARN, Status.BLOCK)]
    assert [f.status for f in by_urgency(findings)] == ["block", "warn", "not_enough_rows", "ok"]


def test_history_raises_bounds_and_never_lowers_them() -> None:
    quiet = Thresholds(history={"sharpness": [0.001] * 10})
    assert quiet.of("sharpness", SHIFT) == (SHIFT.warn, SHIFT.block)
    lively = Thresholds(history={"sharpness": [9.0, *[0.2] * 8]})  # the 9 is out of the window by now
    assert lively.of("sharpness", SHIFT) == pytest.approx((0.2, 0.35))
    short = Thresholds(history={"sharpness": [9.0] * (CALIBRATED - 1)})
    assert short.of("sharpness", SHIFT) == (SHIFT.warn, SHIFT.block)

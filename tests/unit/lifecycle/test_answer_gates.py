from __future__ import annotations

import numpy as np
import pytest

from daguerre.encoders.golden import Golden
from daguerre.lifecycle.answer_gates import (
    determinism_gate,
    golden_cosines,
    golden_gate,
    lowest_cosine,
    norm_gate,
    runs_gate,
)
from daguerre.lifecycle.trial import Trial

LEAST = 0.9999


def unit(n: int, dim: int = 16, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def trial(**changes: object) -> Trial:
    crowd = unit(64)
    fields: dict[str, object] = {
        "golden_images": unit(4, seed=1),
        "golden_texts": unit(3, seed=2),
        "company": {kind: {1: crowd[:8], 8: crowd[:16], 64: crowd} for kind in ("image", "text")},
        "again": {"image": crowd[:8], "text": crowd[:8]},
        "errors": {},
    }
    return Trial(**(fields | changes))


def golden() -> Golden:
    return Golden(
        images=np.zeros((4, 8, 8, 3), np.uint8),
        texts=("a", "b", "c"),
        image_embeddings=unit(4, seed=1),
        text_embeddings=unit(3, seed=2),
    )


def test_an_honest_candidate_passes():
    cosines = golden_cosines(golden(), trial())
    gates = [runs_gate(trial(), ""), golden_gate(cosines, LEAST), norm_gate(trial()), determinism_gate(trial(), LEAST)]
    assert all(g.passed for g in gates)


def test_length_and_direction_are_two_gates():
    longer = trial(golden_images=3 * unit(4, seed=1))
    assert golden_gate(golden_cosines(golden(), longer), LEAST).passed
    gate = norm_gate(longer)
    assert (gate.passed, gate.value) == (False, pytest.approx(2.0, abs=1e-5))


def test_another_direction_is_refused_by_the_worst_tower():
    texts = unit(3, seed=2)
    texts[1] = unit(1, seed=9)[0]
    gate = golden_gate(golden_cosines(golden(), trial(golden_texts=texts)), LEAST)
    assert not gate.passed
    assert gate.value == pytest.approx(float(texts[1] @ unit(3, seed=2)[1]), abs=1e-5)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_answer_that_is_not_finite_is_refused_and_can_be_stored(value):
    images = unit(4, seed=1)
    images[2, 3] = value
    bad = trial(golden_images=images)
    gates = [golden_gate(golden_cosines(golden(), bad), LEAST), norm_gate(bad)]
    assert not any(g.passed for g in gates)
    assert gates[0].value == -1
    assert gates[1].value is None


def test_another_shape_is_no_answer():
    gate = golden_gate(golden_cosines(golden(), trial(golden_images=unit(4, dim=8))), LEAST)
    assert (gate.passed, gate.value) == (False, None)
    assert lowest_cosine(unit(2), unit(3)) is None


@pytest.mark.parametrize("size", [8, 64])
def test_company_that_changes_an_answer_is_found(size):
    crowd = unit(64)
    sizes = {1: crowd[:8], 8: crowd[:16].copy(), 64: crowd.copy()}
    sizes[size][5] = unit(1, seed=7)[0]
    gate = determinism_gate(trial(company={"image": sizes, "text": sizes}), LEAST)
    assert not gate.passed
    assert f"batches of {size}" in gate.said


def test_an_answer_that_changes_from_call_to_call_is_found():
    gate = determinism_gate(trial(again={"image": unit(8, seed=3), "text": unit(64)[:8]}), LEAST)
    assert not gate.passed
    assert "second time" in gate.said


def test_a_fixed_batch_is_asked_twice():
    crowd = unit(8)
    alone = {"image": {1: crowd}, "text": {1: crowd}}
    assert determinism_gate(trial(company=alone, again={"image": crowd[:1], "text": crowd[:1]}), LEAST).passed
    assert not determinism_gate(trial(company=alone, again={"image": crowd[1:2], "text": crowd[:1]}), LEAST).passed


def test_a_tower_that_does_not_answer_is_not_deterministic_by_default():
    mute = trial(company={"image": {}, "text": {1: unit(8)}}, again={"text": unit(1)})
    assert determinism_gate(mute, LEAST).said == "image: no answer to compare"


def test_what_went_wrong_in_the_trial_is_said():
    assert runs_gate(None, "the process ended with SIGSEGV").said == "the process ended with SIGSEGV"
    gate = runs_gate(trial(errors={"image_8": "RuntimeError: no"}), "")
    assert (gate.passed, gate.said) == (False, "image_8: RuntimeError: no")

from __future__ import annotations

import numpy as np
import pytest

from daguerre.curation.preference import centred, learn


def groups_and_choices(weight: dict[str, float], groups: int = 300):
    rng = np.random.default_rng(5)
    made, chosen = [], []
    for _ in range(groups):
        group = {name: rng.normal(0, 2, 4) for name in weight}
        worth = sum(weight[name] * group[name] for name in weight)
        pairs = [(a, b) for a in range(4) for b in range(a)]
        sure = [1 / (1 + np.exp(worth[b] - worth[a])) for a, b in pairs]
        chosen.append([pair if rng.random() < p else pair[::-1] for pair, p in zip(pairs, sure, strict=True)])
        made.append(group)
    return made, chosen


def test_the_weights_behind_choices_are_found_again():
    true = {"much": 0.8, "little": 0.2, "against": -0.4, "nothing": 0.0}
    learnt = learn(*groups_and_choices(true))
    found = {name: learnt.weight[name] / learnt.unit[name] for name in true}
    assert found == pytest.approx(true, abs=0.1)


def test_choices_without_exception_leave_weights_finite():
    groups = [{"only": np.array([0.0, 1.0])}] * 20
    learnt = learn(groups, [[(1, 0)]] * 20)
    assert 0 < learnt.weight["only"] < 20


def test_parts_add_up_to_the_worth_and_a_constant_says_nothing():
    learnt = learn(*groups_and_choices({"a": 1.0, "b": 0.5}, groups=50))
    group = {"a": np.array([1.0, np.nan, 4.0]), "b": np.full(3, 7.0)}
    parts = learnt.parts(group)
    assert parts["a"] + parts["b"] == pytest.approx(learnt.worth(group))
    assert parts["b"].tolist() == [0, 0, 0]
    assert parts["a"][1] == 0


def test_what_is_missing_everywhere_is_nothing():
    assert centred(np.full(3, np.nan)).tolist() == [0, 0, 0]

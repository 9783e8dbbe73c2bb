from __future__ import annotations

import numpy as np
import pytest

from daguerre.quality.experiments.split import sees_candidate, split_p


def test_a_person_always_sees_the_same_side() -> None:
    assert len({sees_candidate("one", "ada", 0.5) for _ in range(5)}) == 1


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_the_split_is_as_meant_and_unrelated_between_experiments(share: float) -> None:
    one, other = ([sees_candidate(name, f"person-{i}", share) for i in range(4000)] for name in ("one", "other"))
    assert split_p((one.count(False), one.count(True)), share) > 0.001
    both = sum(a and b for a, b in zip(one, other, strict=True))
    assert both == pytest.approx(4000 * share**2, abs=4 * np.sqrt(4000) * share)


def test_it_is_the_chi_square_test() -> None:
    from scipy.stats import chisquare

    assert split_p((5000, 5300), 0.5) == pytest.approx(chisquare([5000, 5300]).pvalue)
    assert split_p((9000, 900), 0.1) == pytest.approx(chisquare([9000, 900], [8910, 990]).pvalue)


def test_chance_alone_is_called_broken_one_time_in_a_thousand() -> None:
    seen = np.random.default_rng(0).binomial(10_000, 0.5, 3000).tolist()
    alarms = sum(split_p((10_000 - new, new), 0.5) < 0.001 for new in seen)
    assert alarms <= 10


def test_nobody_at_all_is_broken() -> None:
    assert split_p((0, 0), 0.5) == 0.0

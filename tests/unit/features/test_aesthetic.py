from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daguerre.features.aesthetic import WEIGHTS, aesthetic, terms
from daguerre.features.quality_signals import Quality

PLAIN = Quality(sharpness=5, exposure=0.4, contrast=0.15, colorfulness=30, noise=4, megapixels=2)
_ANY = st.floats(0, 1e4)


def test_the_weights_are_shares_of_one_and_name_every_term() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1)
    assert terms(PLAIN).keys() == WEIGHTS.keys()


@given(_ANY, st.floats(0, 1), _ANY, _ANY, _ANY, _ANY)
def test_any_measurements_give_a_value_between_0_and_1(s: float, e: float, c: float, k: float, n: float, m: float):
    quality = Quality(sharpness=s, exposure=e, contrast=c, colorfulness=k, noise=n, megapixels=m)
    assert 0 <= aesthetic(quality) <= 1 + 1e-9


@pytest.mark.parametrize(
    "better",
    [{"sharpness": 7}, {"exposure": 0.5}, {"contrast": 0.22}, {"colorfulness": 55}, {"noise": 1}, {"megapixels": 6}],
)
def test_each_better_measurement_is_worth_more(better: dict[str, float]) -> None:
    assert aesthetic(replace(PLAIN, **better)) > aesthetic(PLAIN)

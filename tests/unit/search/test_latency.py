from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daguerre.search.latency import LatencyHistogram


def filled(times: list[float]) -> LatencyHistogram:
    histogram = LatencyHistogram()
    for ms in times:
        histogram.add(ms)
    return histogram


@given(st.lists(st.floats(0.06, 200_000), min_size=1, max_size=200), st.sampled_from([0.5, 0.9, 0.99, 1.0]))
def test_quantiles_are_right_to_a_twentieth(times: list[float], share: float) -> None:
    exact = float(np.quantile(times, share, method="inverted_cdf"))
    assert filled(times).quantile(share) == pytest.approx(exact, rel=0.051)


@given(st.lists(st.floats(0, 1e9), max_size=50), st.lists(st.floats(0, 1e9), max_size=50))
def test_two_histograms_add_up_to_the_histogram_of_both(first: list[float], second: list[float]) -> None:
    merged = filled(first)
    merged.merge(filled(second))
    assert merged.to_json() == filled(first + second).to_json()
    assert LatencyHistogram.from_json(json.loads(json.dumps(merged.to_json()))).to_json() == merged.to_json()
    assert len(merged.to_json()) <= 162


def test_without_answers_there_is_no_time() -> None:
    assert filled([]).quantile(0.5) == 0.0

from __future__ import annotations

import numpy as np
import pytest

from daguerre.quality.experiments.bootstrap import cluster_interval, effective_clusters, percentile, percentile_interval


def labels(of: np.ndarray) -> list[str]:
    return [f"owner-{i}" for i in of.tolist()]


def test_the_same_numbers_give_the_same_interval_and_another_seed_hardly_another() -> None:
    r = np.random.default_rng(0)
    deltas, of = r.normal(0.01, 0.1, 400), labels(np.arange(400) % 40)
    found = cluster_interval(deltas, of, alpha=0.05, seed=3)
    assert found == cluster_interval(deltas, of, alpha=0.05, seed=3)
    other = cluster_interval(deltas, of, alpha=0.05, seed=4)
    assert found.low != other.low
    assert found.low == pytest.approx(other.low, abs=0.2 * (found.mean - found.low))


def test_without_clustering_it_is_close_to_students_interval() -> None:
    deltas = np.random.default_rng(1).normal(0.02, 0.1, 300)
    found = cluster_interval(deltas, labels(np.arange(300)), alpha=0.05)
    half = 1.968 * deltas.std(ddof=1) / np.sqrt(300)
    assert found.mean == pytest.approx(deltas.mean())
    assert found.high - found.low == pytest.approx(2 * half, rel=0.1)


def test_queries_that_move_together_widen_it() -> None:
    r = np.random.default_rng(2)
    of = np.arange(600) % 20
    deltas = r.normal(0, 0.03, 20)[of] + r.normal(0, 0.1, 600)
    together = cluster_interval(deltas, labels(of), alpha=0.05)
    apart = cluster_interval(deltas, labels(np.arange(600)), alpha=0.05)
    assert together.by_cluster
    assert together.high - together.low > 1.4 * (apart.high - apart.low)


def test_few_clusters_fall_back_to_queries_and_say_so() -> None:
    deltas = np.random.default_rng(3).normal(0, 0.1, 100)
    assert not cluster_interval(deltas, labels(np.arange(100) % 4), alpha=0.05).by_cluster
    assert cluster_interval(deltas, labels(np.arange(100) % 5), alpha=0.05).by_cluster


def test_one_owner_who_asks_nearly_everything_counts_as_hardly_more_than_one() -> None:
    of = np.where(np.arange(100) < 90, 0, np.arange(100))
    assert effective_clusters(labels(of)) < 1.3
    assert not cluster_interval(np.arange(100.0), labels(of), alpha=0.05).by_cluster


def test_a_skewed_sample_has_a_skewed_interval() -> None:
    deltas = np.random.default_rng(4).exponential(1.0, 60) ** 2
    found = cluster_interval(deltas, labels(np.arange(60)), alpha=0.05)
    assert found.high - found.mean > 1.1 * (found.mean - found.low)


def test_a_share_of_production_is_a_ratio_of_sums() -> None:
    r = np.random.default_rng(5)
    production = r.gamma(4, 2, 500)
    deltas = 0.1 * production + r.normal(0, 0.5, 500)
    found = cluster_interval(deltas, labels(np.arange(500)), alpha=0.05, per=production)
    assert found.mean == pytest.approx(deltas.sum() / production.sum())
    assert found.low < 0.1 < found.high
    # A change in proportion leaves only the noise, whatever the values spread.
    assert found.high - found.low < 0.02


def test_what_never_changes_has_no_width() -> None:
    found = cluster_interval(np.full(50, 0.25), labels(np.arange(50)), alpha=0.05)
    assert (found.low, found.high) == (0.25, 0.25)


def test_widening_keeps_the_mean() -> None:
    found = cluster_interval(np.arange(50.0), labels(np.arange(50)), alpha=0.05)
    wide = found.widened(2.0)
    assert wide.mean == found.mean
    assert wide.mean - wide.low == pytest.approx(2 * (found.mean - found.low))


def test_a_large_run_is_resampled_in_blocks_and_is_the_same_in_each() -> None:
    deltas = np.random.default_rng(6).normal(1.0, 1.0, 3000)
    found = cluster_interval(deltas, labels(np.arange(3000)), alpha=0.05, resamples=1000)
    assert found.high - found.low == pytest.approx(2 * 1.96 / np.sqrt(3000), rel=0.15)


class TestPercentile:
    def test_is_the_smallest_value_that_so_many_do_not_exceed(self) -> None:
        assert percentile(np.arange(1.0, 101.0), 95) == 95
        assert percentile([3.0, 1.0], 50) == 1.0

    def test_the_interval_covers_what_is_true_about_as_often_as_it_says(self) -> None:
        inside = 0
        for run in range(100):
            r = np.random.default_rng(run)
            old, new = r.exponential(1.0, 300), r.exponential(1.2, 300)
            found = percentile_interval(
                old, new, labels(np.arange(300)), percent=95, alpha=0.1, relative=True, resamples=500
            )
            inside += found.low < 0.2 < found.high
        assert 83 <= inside <= 99

    def test_sees_a_tail_that_the_mean_hardly_shows(self) -> None:
        r = np.random.default_rng(7)
        old = r.gamma(20, 1, 600)
        new = np.where(np.arange(600) % 10 == 0, 3 * old, old)
        found = percentile_interval(old, new, labels(np.arange(600)), percent=95, alpha=0.05, relative=True)
        assert found.low > 0.3

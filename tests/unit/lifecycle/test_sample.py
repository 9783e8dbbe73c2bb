"""A sample with an encoder in this process."""

from __future__ import annotations

import numpy as np
import pytest

from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.ids import BatchKey
from daguerre.lifecycle.estimate import Estimate
from daguerre.lifecycle.estimate_check import NothingToCompareError, compare_estimate
from daguerre.lifecycle.sample import SampleError, take_sample
from daguerre.lifecycle.standing import RetiredReleaseError
from daguerre.registry.events import EventKind
from daguerre.registry.evidence import read_evidence
from daguerre.registry.log import promote, read_events, read_state, record
from daguerre.registry.state import Phase
from daguerre.stages import journal
from daguerre.stages.embeddings import run_embeddings
from daguerre.tables import catalogue
from tests.fakes import candidates
from tests.fakes.encoders import make_model_dir
from tests.fakes.questions import ask_colours
from tests.fakes.spaces import workspace
from tests.unit.stages.batches import photographed


@pytest.fixture
def ws(tmp_path):
    return workspace(tmp_path / "root", tmp_path / "cache")


def encoder_of(ws, folder, **facts) -> OnnxEncoder:
    return OnnxEncoder(candidates.smuggle(ws, make_model_dir(folder, **facts)), threads=1)


def test_a_sample_says_what_the_rest_is_worth_and_costs(ws, tmp_path):
    batch = photographed(ws, photos=300, spoil=(7,))
    production, candidate = encoder_of(ws, tmp_path / "old"), encoder_of(ws, tmp_path / "new", seed=4, dim=48)
    promote(ws, "production", production.spec.digest, actor="tests", reason="tests")
    run_embeddings(ws, batch, production)
    ask_colours(ws, photos=300)
    digest, said = candidate.spec.digest, []
    found = take_sample(ws, digest, candidate, actor="tests", size=60, seed=1, progress=said.append)
    assert (found.photos, found.sampled, found.space) == (300, 60, candidate.spec.space)
    assert 0 < found.judged <= 30
    assert said[-1].done + said[-1].rejected == said[-1].total == found.sampled + found.judged
    assert found.strata == (3, 3)
    assert found.quality.queries == 18
    assert found.quality.photos >= found.sampled
    assert found.quality.candidate["ndcg_at_10"] == found.quality.production["ndcg_at_10"] == 1
    assert found.estimate.groups == len(read_evidence(ws, **found.evidence)["steps"])
    event = read_events(ws, "search")[-1]
    assert (event.kind, event.release, event.actor) == (EventKind.SAMPLED, digest, "tests")
    assert read_state(ws).releases[digest].phase is Phase.SAMPLED
    kept = read_evidence(ws, event.evidence["uri"], event.evidence["sha256"])
    assert Estimate.from_row(kept["estimate"]) == found.estimate
    assert kept["against"] == production.spec.digest


def test_nothing_is_left_behind(ws, tmp_path):
    photographed(ws, photos=100)
    candidate = encoder_of(ws, tmp_path / "tiny")
    ws.store.put(f"scratch/sample-{candidate.spec.digest[:12]}.lance/data/killed.lance", b"left by a kill")
    take_sample(ws, candidate.spec.digest, candidate, actor="tests", size=40)
    assert catalogue.spaces(ws) == []
    assert list(ws.store.list("scratch/")) == []


def test_broken_photos_are_counted(ws, tmp_path):
    photographed(ws, photos=100, spoil=tuple(range(0, 100, 4)))
    candidate = encoder_of(ws, tmp_path / "tiny")
    found = take_sample(ws, candidate.spec.digest, candidate, actor="tests", size=100)
    assert found.refused == {"corrupt": 25}
    assert found.estimate.refused_share == 0.25


def test_the_same_seed_samples_the_same(ws, tmp_path):
    photographed(ws, photos=200)
    ask_colours(ws, photos=200)
    candidate = encoder_of(ws, tmp_path / "tiny")
    first, second = (take_sample(ws, candidate.spec.digest, candidate, actor="t", size=40, seed=3) for _ in "ab")
    assert first.quality == second.quality
    assert (first.quality.production, first.quality.ndcg_difference) == ({}, None)


def test_the_backfill_shows_whether_the_estimate_was_right(ws, tmp_path):
    batch = photographed(ws, photos=300)
    candidate = encoder_of(ws, tmp_path / "tiny")
    digest = candidate.spec.digest
    with pytest.raises(NothingToCompareError, match="has no sample"):
        compare_estimate(ws, digest)
    found = take_sample(ws, digest, candidate, actor="tests", size=128)
    with pytest.raises(NothingToCompareError, match="no batch"):
        compare_estimate(ws, digest)
    report = run_embeddings(ws, batch, candidate)
    journal.record(ws, report)
    check = compare_estimate(ws, digest)
    assert (check.photos, check.batches) == (300, 1)
    assert check.actual_photos_per_s == pytest.approx(300 / report.seconds)
    assert check.photos_per_s == found.estimate.photos_per_s
    assert check.inside == (check.photos_per_s.low <= check.actual_photos_per_s <= check.photos_per_s.high)
    assert check.photos_per_s.low / 5 < check.actual_photos_per_s < check.photos_per_s.high * 5
    assert check.bytes_inside, check


def test_photos_of_a_batch_are_scaled_to_when_only_some_are_done(ws, tmp_path):
    first = photographed(ws, photos=100)
    photographed(ws, photos=300, number=2)
    candidate = encoder_of(ws, tmp_path / "tiny")
    found = take_sample(ws, candidate.spec.digest, candidate, actor="tests", size=64)
    journal.record(ws, run_embeddings(ws, BatchKey(first), candidate))
    check = compare_estimate(ws, candidate.spec.digest)
    assert check.hours.value == pytest.approx(found.estimate.hours.value / 4)


def test_what_cannot_be_sampled(ws, tmp_path):
    candidate, other = encoder_of(ws, tmp_path / "tiny"), encoder_of(ws, tmp_path / "other", seed=2)
    digest = candidate.spec.digest
    with pytest.raises(SampleError, match="0 photos"):
        take_sample(ws, digest, candidate, actor="tests")
    photographed(ws, photos=50)
    with pytest.raises(SampleError, match="answers for"):
        take_sample(ws, digest, other, actor="tests")
    record(ws, EventKind.RETIRED, digest, actor="tests", reason="tests", allow=lambda _: True)
    with pytest.raises(RetiredReleaseError):
        take_sample(ws, digest, candidate, actor="tests")
    assert np.all([e.kind is not EventKind.SAMPLED for e in read_events(ws, "search")])

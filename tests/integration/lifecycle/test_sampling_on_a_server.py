"""A sample through a real server: its processor time counts, its models and its tables are left alone."""

from __future__ import annotations

from daguerre.lifecycle.estimate_check import compare_estimate
from daguerre.lifecycle.sample import take_sample
from daguerre.registry.evidence import read_evidence
from daguerre.registry.log import promote
from daguerre.serving.opening import open_encoder
from daguerre.stages import journal
from daguerre.stages.embeddings import run_embeddings
from daguerre.tables import catalogue
from tests.fakes import candidates
from tests.fakes.encoders import make_model_dir
from tests.fakes.questions import ask_colours
from tests.integration.serving.conftest import serving_workspace
from tests.unit.stages.batches import photographed


def test_a_sample_and_the_backfill_that_follows(tmp_path):
    ws = serving_workspace(tmp_path)
    batch = photographed(ws, photos=600)
    ask_colours(ws, photos=600)
    production = candidates.smuggle(ws, make_model_dir(tmp_path / "old")).spec
    promote(ws, "production", production.digest, actor="tests", reason="tests")
    spec = candidates.smuggle(ws, make_model_dir(tmp_path / "new", seed=3, dim=48)).spec
    with open_encoder(ws, production.digest) as encoder:
        run_embeddings(ws, batch, encoder)
        spaces = catalogue.spaces(ws)
        with open_encoder(ws, spec.digest) as other:
            found = take_sample(ws, spec.digest, other, actor="tests", size=256)
            assert catalogue.spaces(ws) == spaces
            assert read_evidence(ws, **found.evidence)["server_counted"] is True
            # Answering pictures is nearly all that the server does, so its time is more than a tick.
            assert found.estimate.core_hours.value * 3600 > 0.01
            assert found.quality.queries == 18
            assert found.quality.ndcg_difference.holds(0.0)
            journal.record(ws, run_embeddings(ws, batch, other))
    check = compare_estimate(ws, spec.digest)
    assert check.photos == 600
    assert (check.hours, check.photos_per_s) == (found.estimate.hours, found.estimate.photos_per_s)
    assert check.actual_photos_per_s > 0
    assert check.bytes_inside

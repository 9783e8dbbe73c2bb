"""The embeddings stage against a real server."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time

import numpy as np

from daguerre.encoders.archive import store_release
from daguerre.encoders.bundle import build_release
from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.ids import BatchKey
from daguerre.serving.opening import open_encoder
from daguerre.serving.server import stop_server
from daguerre.serving.state import server_folder
from daguerre.stages import embeddings
from daguerre.stages.embeddings import run_embeddings
from daguerre.telemetry import Progress
from tests.fakes.encoders import make_model_dir
from tests.integration.serving.conftest import serving_workspace
from tests.unit.stages.batches import photographed, vectors_of


def wanted(tmp_path, batch, release) -> tuple[list[str], np.ndarray]:
    """What an undisturbed run in this process gives."""
    other = serving_workspace(tmp_path / "undisturbed")
    photographed(other, photos=600)
    run_embeddings(other, batch, OnnxEncoder(release, threads=1))
    return vectors_of(other, release.spec.space, 32)


def test_a_server_that_is_killed_in_the_middle_of_a_batch_costs_no_rows(tmp_path):
    ws = serving_workspace(tmp_path, inference_batch=8)
    release = build_release(make_model_dir(tmp_path / "tiny"))
    store_release(ws.store, release)
    batch = photographed(ws, photos=600)
    killed = []

    def kill(progress: Progress) -> None:
        if progress.done >= 200 * (len(killed) + 1) and len(killed) < 2:
            killed.append(server_folder(ws).read().pid)
            os.kill(killed[-1], signal.SIGKILL)

    with open_encoder(ws, release.spec.digest) as encoder:
        report = run_embeddings(ws, batch, encoder, progress=kill)
    assert len(set(killed)) == 2
    assert (report.done, report.closed, dict(report.rejected)) == (600, True, {})
    ids, vectors = vectors_of(ws, release.spec.space, 32)
    expected_ids, expected = wanted(tmp_path, batch, release)
    assert ids == expected_ids
    np.testing.assert_allclose(vectors, expected, atol=1e-3)


def _embed(root, batch: str, digest: str) -> None:
    embeddings._CHUNK = 64
    ws = serving_workspace(root, inference_batch=8)
    with open_encoder(ws, digest) as encoder:
        run_embeddings(ws, BatchKey(batch), encoder, progress=lambda _: time.sleep(0.02))


def test_a_run_that_is_killed_is_finished_by_the_next(tmp_path):
    ws = serving_workspace(tmp_path)
    release = build_release(make_model_dir(tmp_path / "tiny"))
    store_release(ws.store, release)
    batch = photographed(ws, photos=600)
    context = multiprocessing.get_context("spawn")
    run = context.Process(target=_embed, args=(tmp_path, batch, release.spec.digest))
    run.start()
    while len(vectors_of(ws, release.spec.space, 32)[0]) < 128:
        assert run.is_alive()
        time.sleep(0.05)
    run.kill()
    run.join()
    try:
        with open_encoder(ws, release.spec.digest) as encoder:  # the orphaned server is used again
            report = run_embeddings(ws, batch, encoder)
        assert 0 < report.fresh < 600
        assert (report.done, report.closed) == (600, True)
        ids, vectors = vectors_of(ws, release.spec.space, 32)
        expected_ids, expected = wanted(tmp_path, batch, release)
        assert ids == expected_ids
        np.testing.assert_allclose(vectors, expected, atol=1e-3)
        assert server_folder(ws).read() is None
    finally:
        stop_server(ws)

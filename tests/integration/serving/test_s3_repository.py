"""The server reads its models from the store itself, on S3 as on a folder."""

from __future__ import annotations

import numpy as np

from daguerre.encoders.archive import store_release
from daguerre.encoders.bundle import build_release
from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.serving.opening import open_encoder
from daguerre.serving.repository import repository_address
from daguerre.settings import load_settings
from daguerre.storage.s3 import S3Store
from daguerre.workspace import Workspace
from tests.fakes.encoders import make_model_dir
from tests.fakes.s3_server import new_bucket, running_s3, use_s3


def test_a_release_on_s3_is_served(tmp_path, monkeypatch):
    with running_s3() as endpoint:
        use_s3(monkeypatch, endpoint)
        url = f"s3://{new_bucket(endpoint)}/photos"
        settings = load_settings(root=url, cache=tmp_path / "cache", triton_port=0)
        ws = Workspace(settings=settings, store=S3Store(url))
        assert repository_address(ws.store) == f"s3://{endpoint}/{url.removeprefix('s3://')}/triton"
        release = build_release(make_model_dir(tmp_path / "tiny"))
        store_release(ws.store, release)
        images = np.random.default_rng(0).integers(0, 255, (5, 32, 32, 3), dtype=np.uint8)
        with open_encoder(ws, release.spec.digest) as encoder:
            np.testing.assert_allclose(
                encoder.embed_images(images), OnnxEncoder(release).embed_images(images), atol=1e-6
            )

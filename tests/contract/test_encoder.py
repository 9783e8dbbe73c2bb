"""What every encoder keeps, in this process and behind a real server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from daguerre.encoders.archive import store_release
from daguerre.encoders.bundle import build_release
from daguerre.encoders.golden import prove, read_golden
from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.encoders.spec import EncoderError
from daguerre.serving.opening import open_encoder
from daguerre.settings import load_settings
from daguerre.storage.local import LocalStore
from daguerre.workspace import Workspace
from tests.fakes.encoders import COLOURS, flat_picture, make_model_dir


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return build_release(make_model_dir(tmp_path_factory.mktemp("model") / "tiny", dim=24, side_px=40))


@pytest.fixture(scope="module", params=["in process", "triton"])
def encoder(request, release, tmp_path_factory):
    if request.param == "in process":
        yield OnnxEncoder(release, threads=1)
        return
    home = tmp_path_factory.mktemp("triton")
    settings = load_settings(root=str(home / "root"), cache=home / "cache", triton_port=0)
    ws = Workspace(settings=settings, store=LocalStore(home / "root", create=True))
    store_release(ws.store, release)
    with open_encoder(ws, release.spec.digest) as made:
        yield made


def pictures(n: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (n, 40, 40, 3), dtype=np.uint8)


def test_it_answers_as_where_it_was_made(encoder, release):
    assert encoder.spec == release.spec
    assert prove(encoder, read_golden(release.path("golden.npz"))) > 0.99999


@pytest.mark.parametrize("n", [1, 2, 31, 33, 64, 65, 150])
def test_any_number_of_pictures_in_order(encoder, n):
    together = encoder.embed_images(pictures(n))
    assert together.shape == (n, 24)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for i in {0, n // 2, n - 1}:
        np.testing.assert_allclose(together[i], encoder.embed_images(pictures(n)[i : i + 1])[0], atol=1e-5)


@pytest.mark.parametrize("n", [1, 3, 70])
def test_any_number_of_texts_in_order(encoder, n):
    texts = [list(COLOURS)[i % 6] + " photo" * (i % 5) for i in range(n)]
    together = encoder.embed_texts(texts)
    assert together.shape == (n, 24)
    np.testing.assert_allclose(together[-1], encoder.embed_texts(texts[-1:])[0], atol=1e-5)


def test_none_gives_none(encoder):
    assert encoder.embed_images(pictures(0)).shape == (0, 24)
    assert encoder.embed_texts([]).shape == (0, 24)
    assert encoder.embed_texts([]).dtype == np.float32


def test_words_find_their_pictures(encoder):
    images = encoder.embed_images(np.stack([flat_picture(c, 40, seed=3) for c in COLOURS]))
    texts = encoder.embed_texts([f"{c} flowers" for c in COLOURS])
    assert (texts @ images.T).argmax(axis=1).tolist() == list(range(6))


def test_odd_texts_are_texts(encoder):
    odd = ["", " ", "\n\t", "red " * 500, "Ünïcödé 🌅", "\0"]
    assert np.isfinite(encoder.embed_texts(odd)).all()


@pytest.mark.parametrize("shape", [(2, 40, 40, 4), (2, 39, 40, 3), (40, 40, 3)])
def test_wrong_shapes_are_refused(encoder, shape):
    with pytest.raises(EncoderError):
        encoder.embed_images(np.zeros(shape, np.uint8))


def test_threads_may_share_it(encoder):
    wanted = encoder.embed_images(pictures(40))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: encoder.embed_images(pictures(40)[i : i + 1])[0], range(40)))
    np.testing.assert_allclose(np.stack(answers), wanted, atol=1e-5)

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from daguerre.features.descriptor import describe
from daguerre.library.scenes.rendering import render
from daguerre.library.scenes.scene import sample_scene
from daguerre.tables.schemas import DESCRIPTOR_DIM

COUNT = 80


def _jpeg(rgb: np.ndarray) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, 20])[1], cv2.IMREAD_COLOR)


def _crop(rgb: np.ndarray) -> np.ndarray:
    height, width = rgb.shape[:2]
    return rgb[height // 20 : -(height // 20), width // 20 : -(width // 20)]


TRANSFORMS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "jpeg q20": _jpeg,
    "resize .4": lambda rgb: cv2.resize(rgb, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA),
    "crop 10 %": _crop,
    "brighten": lambda rgb: np.clip(rgb * 1.25 + 10.0, 0, 255).astype(np.uint8),
    "blur": lambda rgb: cv2.GaussianBlur(rgb, (0, 0), 2),
}


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    seeds = [np.random.default_rng(seed) for seed in range(COUNT)]
    return [render(rng, sample_scene(rng), (256, 192)) for rng in seeds]


@pytest.fixture(scope="module")
def originals(pictures: list[np.ndarray]) -> np.ndarray:
    return np.stack([describe(picture) for picture in pictures])


def test_a_descriptor_has_unit_length_and_the_declared_size(originals: np.ndarray) -> None:
    assert originals.shape == (COUNT, DESCRIPTOR_DIM)
    assert originals.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(originals, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_the_nearest_picture_to_an_altered_copy_is_its_original(
    name: str, pictures: list[np.ndarray], originals: np.ndarray
) -> None:
    copies = np.stack([describe(TRANSFORMS[name](picture)) for picture in pictures])
    dup_at_1 = ((copies @ originals.T).argmax(axis=1) == np.arange(COUNT)).mean()
    assert dup_at_1 >= 0.97


def test_half_precision_changes_no_neighbour(originals: np.ndarray) -> None:
    halves = originals.astype(np.float16).astype(np.float32)
    assert np.abs(halves @ halves.T - originals @ originals.T).max() < 2e-3


@pytest.mark.parametrize("level", [0, 1, 127, 255])
def test_a_plain_picture_has_a_descriptor_too(level: int) -> None:
    vector = describe(np.full((40, 60, 3), level, np.uint8))
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_red_above_blue_is_not_blue_above_red() -> None:
    flag = np.zeros((64, 64, 3), np.uint8)
    flag[:32, :, 0] = flag[32:, :, 2] = 200
    assert describe(flag) @ describe(flag[::-1].copy()) < 0.7


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1)])
def test_slivers_have_descriptors(shape: tuple[int, int]) -> None:
    assert np.isfinite(describe(np.full((*shape, 3), 77, np.uint8))).all()

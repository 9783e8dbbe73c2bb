from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from daguerre.library.scenes.degrade import Camera, degrade, sample_camera
from daguerre.library.scenes.rendering import render
from daguerre.library.scenes.scene import Scene

CITY = render(np.random.default_rng(0), Scene(kind="city", place="city", obj="car", count=2, color="red"), (200, 150))


def taken(camera: Camera, picture: npt.NDArray[np.uint8] = CITY, seed: int = 0) -> npt.NDArray[np.uint8]:
    return degrade(np.random.default_rng(seed), picture, camera)


def sharpness(picture: npt.NDArray[np.uint8]) -> float:
    return float(cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var())


def test_a_perfect_camera_changes_nothing() -> None:
    assert np.array_equal(taken(Camera()), CITY)
    assert np.array_equal(taken(replace(sample_camera(np.random.default_rng(1), severity=0), motion_angle=0)), CITY)


def test_the_same_seed_takes_the_same_photo() -> None:
    camera = sample_camera(np.random.default_rng(2), severity=2)
    assert np.array_equal(taken(camera), taken(camera))
    assert not np.array_equal(taken(replace(camera, noise=5)), taken(replace(camera, noise=5), seed=1))


@pytest.mark.parametrize("camera", [Camera(blur=8), Camera(motion=40, motion_angle=30)])
def test_blur_takes_sharpness(camera: Camera) -> None:
    assert sharpness(taken(camera)) < 0.5 * sharpness(CITY)


def test_blur_is_relative_to_the_size() -> None:
    large = np.asarray(cv2.resize(CITY, (800, 600), interpolation=cv2.INTER_CUBIC), np.uint8)
    reduced = cv2.resize(taken(Camera(blur=10), large), (200, 150), interpolation=cv2.INTER_AREA)
    assert np.abs(reduced.astype(float) - taken(Camera(blur=10))).mean() < 3


def test_exposure_warmth_and_vignette_move_the_levels() -> None:
    assert taken(Camera(exposure=0.5)).mean() > CITY.mean() * 1.1 > CITY.mean() > taken(Camera(exposure=-0.5)).mean()
    warm, cold = taken(Camera(warmth=0.6)).astype(float), taken(Camera(warmth=-0.6)).astype(float)
    assert (warm[..., 0] - warm[..., 2]).mean() > (cold[..., 0] - cold[..., 2]).mean()
    dark = taken(Camera(vignette=0.8)).astype(float) - CITY
    assert dark[:10, :10].mean() < dark[70:80, 95:105].mean() <= 0


def test_noise_has_the_strength_that_was_asked_for() -> None:
    grey = np.full((900, 500, 3), 128, np.uint8)
    assert taken(Camera(noise=6), grey).std() == pytest.approx(6, abs=0.5)


def test_tilt_leaves_no_empty_corner() -> None:
    white = np.full((150, 200, 3), 255, np.uint8)
    assert taken(Camera(tilt=5), white).min() == 255


def test_jpeg_keeps_the_order_of_the_channels() -> None:
    red = np.zeros((64, 64, 3), np.uint8)
    red[..., 0] = 220
    assert np.abs(taken(Camera(jpeg_quality=60), red).astype(int) - red).max() < 8


def test_severity_makes_photos_worse() -> None:
    def damage(severity: float) -> float:
        cameras = [sample_camera(np.random.default_rng(seed), severity=severity) for seed in range(30)]
        return float(np.mean([np.abs(taken(camera).astype(float) - CITY).mean() for camera in cameras]))

    assert damage(0.3) < damage(1.0) < damage(2.0)

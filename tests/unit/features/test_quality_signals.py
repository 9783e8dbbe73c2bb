from __future__ import annotations

import math
from dataclasses import astuple

import cv2
import numpy as np
import pytest

from daguerre.features.quality_signals import measure, noise, sharpness, to_luma


def picture(seed: int = 0, side: int = 256) -> np.ndarray:
    """Squares of many sizes and colours: edges everywhere."""
    rng = np.random.default_rng(seed)
    rgb = np.full((side, side, 3), 120, np.uint8)
    for _ in range(80):
        x, y, w, h = rng.integers(0, side), rng.integers(0, side), rng.integers(4, 60), rng.integers(4, 60)
        rgb[y : y + h, x : x + w] = rng.integers(20, 236, 3)
    return rgb


def grain(rgb: np.ndarray, sigma: float) -> np.ndarray:
    return np.clip(rgb + np.random.default_rng(1).normal(0, sigma, (*rgb.shape[:2], 1)), 0, 255).astype(np.uint8)


def of(rgb: np.ndarray):
    return measure(rgb, width=4000, height=3000)


def test_each_blur_is_less_sharp_than_the_one_before() -> None:
    sharp = picture()
    values = [of(sharp).sharpness, *(of(cv2.GaussianBlur(sharp, (0, 0), s)).sharpness for s in (0.7, 1.5, 3, 6))]
    assert values == sorted(values, reverse=True)
    assert values[0] > values[-1] + 3


def test_a_sharp_subject_before_a_blurred_background_is_sharp() -> None:
    sharp = picture()
    blurred = cv2.GaussianBlur(sharp, (0, 0), 6)
    mixed = blurred.copy()
    mixed[64:192, 64:192] = sharp[64:192, 64:192]
    assert of(mixed).sharpness > of(sharp).sharpness - 1 > of(blurred).sharpness


def test_grain_does_not_pass_for_detail() -> None:
    smooth = cv2.GaussianBlur(picture(), (0, 0), 6)
    assert of(grain(smooth, 8)).sharpness < of(picture()).sharpness - 2


@pytest.mark.parametrize("sigma", [2, 5, 10, 20])
def test_the_noise_of_a_smooth_picture_is_estimated_within_a_fifth(sigma: float) -> None:
    ramp = np.repeat(np.linspace(60, 190, 256)[None], 256, axis=0)[..., None].repeat(3, axis=2).astype(np.uint8)
    assert of(grain(ramp, sigma)).noise == pytest.approx(sigma, rel=0.2)


def test_edges_alone_are_hardly_noise() -> None:
    assert of(picture()).noise < 4


def test_exposure_and_contrast_of_plain_pictures() -> None:
    black, white = np.zeros((64, 64, 3), np.uint8), np.full((64, 64, 3), 255, np.uint8)
    assert (of(black).exposure, of(black).contrast) == (0, 0)
    assert of(white).exposure == pytest.approx(1)
    half = np.concatenate([black, white])
    assert (of(half).exposure, of(half).contrast) == (pytest.approx(0.5), pytest.approx(0.5))


def test_colourfulness_is_nothing_for_grey_and_grows_with_saturation() -> None:
    rgb = picture()
    grey = np.repeat(to_luma(rgb).astype(np.uint8)[..., None], 3, axis=2)
    muted = (rgb // 2 + grey // 2).astype(np.uint8)
    assert of(grey).colorfulness == pytest.approx(0, abs=1e-3)
    assert 0 < of(muted).colorfulness < of(rgb).colorfulness


def test_the_published_value_of_a_pure_red_picture() -> None:
    # rg = 255, yb = 127.5 everywhere: no spread, 0.3 of the mean's length
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 255
    assert of(red).colorfulness == pytest.approx(0.3 * math.hypot(255, 127.5), rel=1e-5)


def test_megapixels_are_those_of_the_original() -> None:
    assert of(picture()).megapixels == 12


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (7, 9), (2, 2)])
def test_odd_shapes_give_finite_numbers(shape: tuple[int, int]) -> None:
    assert all(math.isfinite(value) for value in astuple(of(np.full((*shape, 3), 90, np.uint8))))


def test_equal_pictures_measure_equal() -> None:
    luma = to_luma(picture())
    assert sharpness(luma, 1.0) == sharpness(luma.copy(), 1.0)
    assert noise(luma) == noise(luma.copy())

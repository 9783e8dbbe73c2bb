from __future__ import annotations

import io

import numpy as np
from PIL import Image

from daguerre.media.fingerprint import perceptual_hash, pixel_sha256
from daguerre.media.proxy import THUMB_SIDE_PX, shrink
from tests.fakes import bad_files


def _bits(image: Image.Image) -> np.ndarray:
    return np.unpackbits(np.frombuffer(perceptual_hash(shrink(image, THUMB_SIDE_PX))[0], np.uint8))


def test_a_copy_is_near_and_a_stranger_far() -> None:
    original = bad_files.scene(640, 480, seed=1)
    copy = Image.open(io.BytesIO(bad_files.encoded(original.resize((480, 360)), "JPEG", quality=75)))
    stranger = bad_files.scene(640, 480, seed=2)
    assert int((_bits(original) != _bits(copy)).sum()) <= 30
    assert 80 < int((_bits(original) != _bits(stranger)).sum()) < 176


def test_a_picture_without_detail_says_so() -> None:
    assert perceptual_hash(Image.new("RGB", (128, 96), (9, 9, 9)))[1] == 0
    assert perceptual_hash(Image.new("RGB", (1, 1)))[1] == 0
    assert perceptual_hash(shrink(bad_files.scene(), THUMB_SIDE_PX))[1] > 50


def test_equal_pixels_have_equal_hashes_and_shape_counts() -> None:
    picture = bad_files.scene()
    again = Image.open(io.BytesIO(bad_files.encoded(picture, "PNG"))).convert("RGB")
    assert pixel_sha256(picture) == pixel_sha256(again)
    assert pixel_sha256(Image.new("RGB", (2, 8))) != pixel_sha256(Image.new("RGB", (8, 2)))

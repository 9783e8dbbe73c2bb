from __future__ import annotations

import io

import numpy as np
from PIL import Image

from daguerre.media.decode import decode
from daguerre.media.fingerprint import perceptual_hash, pixel_sha256
from daguerre.media.proxy import THUMB_SIDE_PX, encode_proxy, shrink
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


def test_equal_pixels_have_equal_hashes_whatever_file_they_were_in() -> None:
    picture = bad_files.scene(700, 500)
    hashes = set()
    for form, options in (("PNG", {}), ("TIFF", {"compression": "tiff_lzw"}), ("WEBP", {"lossless": True})):
        image = decode(bad_files.encoded(picture, form, **options), max_pixels=10**6).image
        hashes.add(pixel_sha256(encode_proxy(image)))
    assert len(hashes) == 1
    other = decode(bad_files.encoded(bad_files.scene(700, 500, seed=9), "PNG"), max_pixels=10**6).image
    assert pixel_sha256(encode_proxy(other)) not in hashes

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from daguerre.encoders.preprocess import PictureError, jpeg_to_input, to_input
from daguerre.encoders.spec import EncoderSpec

SPEC = EncoderSpec(
    name="tiny", digest="0" * 64, dim=4, side_px=32, resize="squash", resample="bicubic",
    context=8, pad_id=0, max_batch=4, licence="MIT",
)  # fmt: skip


def picture(width: int, height: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([255 * x / width, 255 * y / height, 0 * x + 128], axis=2).astype(np.uint8)


def jpeg(rgb: np.ndarray, **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=95, **options)
    return buffer.getvalue()


def test_squash_keeps_everything_and_shortest_crops_the_middle():
    wide = picture(200, 100)
    squashed, cropped = to_input(wide, SPEC), to_input(wide, replace(SPEC, resize="shortest"))
    assert squashed.shape == cropped.shape == (32, 32, 3)
    assert squashed.dtype == cropped.dtype == np.uint8
    assert squashed[0, 0, 0] < 10
    assert squashed[0, -1, 0] > 245
    assert 60 < cropped[0, 0, 0] < 70  # a quarter in from the left
    assert 185 < cropped[0, -1, 0] < 195


def test_the_filter_of_the_release_decides():
    noise = np.random.default_rng(0).integers(0, 255, (100, 100, 3), dtype=np.uint8)
    answers = {name: to_input(noise, replace(SPEC, resample=name)) for name in ("bilinear", "bicubic", "lanczos")}
    assert not np.array_equal(answers["bilinear"], answers["bicubic"])
    assert not np.array_equal(answers["lanczos"], answers["bicubic"])


def test_a_picture_of_the_right_size_is_untouched():
    exact = picture(32, 32)
    assert np.array_equal(to_input(exact, SPEC), exact)


@pytest.mark.parametrize("resize", ["squash", "shortest"])
@pytest.mark.parametrize("size", [(512, 384), (384, 512), (512, 40), (33, 31), (1, 1), (1, 512)])
def test_a_jpeg_gives_what_its_pixels_give(size, resize):
    spec = replace(SPEC, resize=resize)
    rgb = picture(*size)
    found = jpeg_to_input(jpeg(rgb), spec).astype(int)
    assert np.abs(found - to_input(rgb, spec).astype(int)).mean() < 4


def test_a_jpeg_is_decoded_no_larger_than_needed(monkeypatch):
    sizes = []
    real = Image.Image.resize
    monkeypatch.setattr(Image.Image, "resize", lambda self, *a, **k: (sizes.append(self.size), real(self, *a, **k))[1])
    jpeg_to_input(jpeg(picture(512, 384)), SPEC)
    jpeg_to_input(jpeg(picture(512, 384)), replace(SPEC, side_px=224))
    assert sizes == [(64, 48), (512, 384)]


def test_grey_and_cmyk_become_rgb():
    grey = Image.fromarray(picture(64, 64)).convert("L")
    cmyk = Image.fromarray(picture(64, 64)).convert("CMYK")
    for odd in (grey, cmyk):
        buffer = io.BytesIO()
        odd.save(buffer, "JPEG")
        assert jpeg_to_input(buffer.getvalue(), SPEC).shape == (32, 32, 3)


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8\xff", b"<html>", jpeg(picture(64, 64))[:300]], ids=["empty", "head", "html", "cut"]
)
def test_what_is_no_whole_jpeg_is_refused(data):
    with pytest.raises(PictureError):
        jpeg_to_input(data, SPEC)


@pytest.mark.parametrize(
    "array", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8)]
)
def test_what_is_no_picture_is_refused(array):
    with pytest.raises(PictureError):
        to_input(array, SPEC)

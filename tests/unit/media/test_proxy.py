from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from daguerre.media.proxy import fit, shrink
from tests.fakes import bad_files


@pytest.mark.parametrize(
    ("size", "fitted"),
    [
        ((4000, 3000), (512, 384)),
        ((3000, 4000), (384, 512)),
        ((512, 100), (512, 100)),
        ((9000, 1), (512, 1)),
        ((1, 1), (1, 1)),
    ],
)
def test_the_long_side_decides_and_nothing_grows(size: tuple[int, int], fitted: tuple[int, int]) -> None:
    assert fit(*size, 512) == fitted


@pytest.mark.parametrize("width", [513, 700, 1000, 1024, 1030, 1530, 2047, 2100, 5000])
def test_shrinking_neither_aliases_nor_shifts(width: int) -> None:
    picture = bad_files.scene(width, width * 3 // 4, seed=2)
    small = shrink(picture, 512)
    assert max(small.size) == 512
    reference = np.asarray(picture.resize(small.size, Image.Resampling.LANCZOS), dtype=float)
    assert np.sqrt(np.mean((np.asarray(small) - reference) ** 2)) < 4.0


def test_a_pattern_finer_than_the_result_becomes_grey() -> None:
    stripes = np.zeros((1000, 1000, 3), np.uint8)
    stripes[:, ::2] = 255
    small = np.asarray(shrink(Image.fromarray(stripes), 500), dtype=float)
    assert np.abs(small - 127.5).max() < 2

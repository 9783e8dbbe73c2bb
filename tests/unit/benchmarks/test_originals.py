from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.originals import write_originals


def test_files_of_one_picture_have_different_bytes_and_equal_pixels(tmp_path: Path) -> None:
    write_originals(tmp_path / "o", width=64, height=48, distinct=2, count=4)
    paths = sorted((tmp_path / "o").iterdir())
    assert len({path.read_bytes() for path in paths}) == 4
    pictures = [_open(path) for path in paths]
    assert np.array_equal(pictures[0], pictures[2])
    assert not np.array_equal(pictures[0], pictures[1])
    assert pictures[3].getexif()[0x0110] == "Bench"


def _open(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        picture.load()
        return picture

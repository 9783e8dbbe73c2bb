from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest

from daguerre.features.faces import Faces, find_faces


def draw_face(luma: np.ndarray, x: int, y: int, size: int) -> None:
    """Draw what the cascade looks for: a light oval with dark hair, eyes, brows, the shade of a nose, and a mouth."""
    cv2.ellipse(luma, (x, y - size // 8), (int(size * 0.50), int(size * 0.64)), 0, 0, 360, 45, -1, cv2.LINE_AA)
    cv2.ellipse(luma, (x, y), (int(size * 0.42), int(size * 0.56)), 0, 0, 360, 205, -1, cv2.LINE_AA)
    for side in (-1, 1):
        at = (x + side * int(size * 0.18), y - int(size * 0.10))
        cv2.ellipse(luma, at, (int(size * 0.12), int(size * 0.07)), 0, 0, 360, 150, -1, cv2.LINE_AA)
        cv2.ellipse(luma, at, (int(size * 0.09), int(size * 0.045)), 0, 0, 360, 40, -1, cv2.LINE_AA)
        brow = (at[0], at[1] - int(size * 0.10))
        cv2.ellipse(luma, brow, (int(size * 0.13), int(size * 0.03)), 0, 0, 360, 60, -1, cv2.LINE_AA)
    cv2.ellipse(luma, (x, y + int(size * 0.12)), (int(size * 0.07), int(size * 0.04)), 0, 0, 360, 140, -1, cv2.LINE_AA)
    cv2.ellipse(luma, (x, y + int(size * 0.30)), (int(size * 0.16), int(size * 0.04)), 0, 0, 360, 95, -1, cv2.LINE_AA)


def scene(*faces: tuple[int, int, int]) -> np.ndarray:
    luma = np.full((384, 512), 128, np.float32) + np.linspace(-20, 20, 512, dtype=np.float32)
    for face in faces:
        draw_face(luma, *face)
    return cv2.GaussianBlur(luma, (0, 0), 1.2)


def test_no_face_in_an_empty_scene() -> None:
    assert find_faces(scene()) == Faces(count=0, largest_area=0.0, quality=None)


def test_one_face_and_its_share_of_the_picture() -> None:
    found = find_faces(scene((256, 192, 160)))
    assert found.count == 1
    assert 0.05 < found.largest_area < 0.25
    assert found.quality is not None


def test_two_faces_and_the_larger_one_counts() -> None:
    both = find_faces(scene((130, 190, 150), (380, 200, 90)))
    assert both.count == 2
    assert both.largest_area == pytest.approx(find_faces(scene((130, 190, 150))).largest_area, rel=0.3)


def test_a_blurred_face_has_less_quality() -> None:
    sharp = scene((256, 192, 200))
    blurred = cv2.GaussianBlur(sharp, (0, 0), 3)
    first, second = find_faces(sharp).quality, find_faces(blurred).quality
    assert first is not None
    assert second is not None
    assert second < first


@pytest.mark.parametrize("shape", [(1, 1), (2, 600), (600, 2), (24, 24)])
def test_slivers_hold_no_face(shape: tuple[int, int]) -> None:
    assert find_faces(np.full(shape, 100, np.float32)).count == 0


def test_threads_find_the_same() -> None:
    luma, found = scene((256, 192, 160)), []
    threads = [threading.Thread(target=lambda: found.append(find_faces(luma))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [find_faces(luma)] * 8

"""How alike two spaces arrange the same photos: an explanation, never a gate.

A better encoder is expected to arrange photos otherwise, so a low overlap is no fault, and a high one is no merit.
Distributions of vectors say nothing across spaces: they alarm on a rotation and are blind to noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

#: Neighbours of each photo that are compared.
NEIGHBOURS = 10

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """Two spaces over the same photos.

    Attributes:
        photos: How many photos were compared.
        overlap: Mean share of a photo's nearest ten that both spaces agree on; 1: same neighbours.
        expected: The overlap of two spaces that have nothing to do with each other.
        cka: Linear centred kernel alignment (Kornblith et al. 2019), 0 to 1; 1: the same up to rotation and scale.
    """

    photos: int
    overlap: float
    expected: float
    cka: float


def likeness(one: Vectors, other: Vectors) -> Likeness:
    """Compare `(n, d)` with `(n, e)` float32 unit rows of the same n photos in the same order; n up to a few thousand.

    Fewer than two photos have no neighbours; their overlap and alignment are 0.
    """
    n = len(one)
    k = min(NEIGHBOURS, n - 1)
    if k < 1:
        return Likeness(photos=n, overlap=0.0, expected=0.0, cka=0.0)
    near, there = _nearest(one, k), _nearest(other, k)
    shared = [len(np.intersect1d(a, b)) / k for a, b in zip(near, there, strict=True)]
    return Likeness(photos=n, overlap=float(np.mean(shared)), expected=k / (n - 1), cka=_cka(one, other))


def _nearest(rows: Vectors, k: int) -> npt.NDArray[np.intp]:
    scores = rows @ rows.T
    np.fill_diagonal(scores, -np.inf)
    return np.argpartition(-scores, k - 1, axis=1)[:, :k]


def _cka(one: Vectors, other: Vectors) -> float:
    a, b = (rows.astype(np.float64) - rows.mean(axis=0, dtype=np.float64) for rows in (one, other))
    scale = float(np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b))
    return float(np.linalg.norm(a.T @ b) ** 2) / scale if scale else 0.0

"""Vectors and rows without pictures, for benchmarks with more photos than anybody wants to render."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, kw_only=True)
class ScaleLibrary:
    """Vectors that lie like those of photos: in classes, near centres, and many owners.

    Attributes:
        vectors: `(n, dim) float32`, unit rows, sorted by owner.
        classes: `(n,) int32`, the class of each row.
        owners: `(n,) int32`, rank of the owner of each row, not decreasing.
        taken_at: `(n,) int64`, microseconds since 1970, UTC.
        centers: `(classes, dim) float32`, unit rows; a query near one of them has its class as the right answer.
    """

    vectors: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int32]
    owners: npt.NDArray[np.int32]
    taken_at: npt.NDArray[np.int64]
    centers: npt.NDArray[np.float32]

    def photo_ids(self) -> list[str]:
        """Return names of 32 hex digits, one for each row, unique and in no order."""
        # multiplication by an odd number permutes the numbers below 2**64
        mixed = np.arange(len(self.vectors), dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        return [f"{number:032x}" for number in mixed.tolist()]

    def queries(self, count: int, *, seed: int, noise: float = 0.4) -> npt.NDArray[np.float32]:
        """Return `(count, dim) float32` unit rows that lie near classes as words do: not among the photos."""
        r = np.random.default_rng((seed, 1))
        chosen = self.centers[r.integers(len(self.centers), size=count)]
        return _unit(chosen + _noise(r, chosen.shape, noise))


def scale_library(
    rows: int, dim: int = 128, *, owners: int = 100, classes: int = 2000, noise: float = 0.6, seed: int = 7
) -> ScaleLibrary:
    """Return a library of `rows` photos; owners have very different numbers of them, classes too (Zipf).

    `noise` is the length of the noise beside a centre of length one: the cosine of two photos of a class is about
    `1 / (1 + noise**2)`.
    """
    r = np.random.default_rng((seed, 0))
    centers = _unit(r.standard_normal((classes, dim), dtype=np.float32))
    kinds = r.permutation(classes)[_zipf(r, classes, rows)].astype(np.int32)
    vectors = np.empty((rows, dim), np.float32)
    # in pieces: the noise of millions of rows would take the memory of the vectors again
    for start in range(0, rows, 65_536):
        piece = slice(start, start + 65_536)
        chosen = centers[kinds[piece]]
        vectors[piece] = _unit(chosen + _noise(r, chosen.shape, noise))
    return ScaleLibrary(
        vectors=vectors,
        classes=kinds,
        owners=np.sort(_zipf(r, owners, rows)).astype(np.int32),
        taken_at=r.integers(1_577_836_800, 1_767_225_600, size=rows) * 1_000_000,
        centers=centers,
    )


def _zipf(r: np.random.Generator, count: int, size: int) -> npt.NDArray[np.intp]:
    weights = 1.0 / np.arange(1, count + 1) ** 0.7
    return np.searchsorted(np.cumsum(weights / weights.sum())[:-1], r.random(size))


def _noise(r: np.random.Generator, shape: tuple[int, ...], length: float) -> npt.NDArray[np.float32]:
    return r.standard_normal(shape, dtype=np.float32) * np.float32(length / np.sqrt(shape[-1]))


def _unit(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)

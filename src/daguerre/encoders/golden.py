"""Golden vectors: what a release answered where it was made, and must answer wherever it runs."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from daguerre.encoders.release import ReleaseError
from daguerre.encoders.spec import Encoder, EncoderError, EncoderSpec

#: Smallest cosine between an answer and its golden vector. Another CPU or batch size differs by about 1e-6, half
#: precision by 1e-5; another resampling or a swapped channel by more than 1e-3.
MIN_COSINE = 0.9999
#: Largest distance of a vector's length from 1.
MAX_NORM_ERROR = 2e-3


class GoldenMismatchError(EncoderError):
    """An encoder does not answer as it did where it was made."""


@dataclass(frozen=True, kw_only=True)
class Golden:
    """Inputs and answers.

    Attributes:
        images: `(g, side_px, side_px, 3) uint8`.
        texts: g' texts.
        image_embeddings: `(g, dim) float32`, unit rows.
        text_embeddings: `(g', dim) float32`, unit rows.
    """

    images: npt.NDArray[np.uint8]
    texts: tuple[str, ...]
    image_embeddings: npt.NDArray[np.float32]
    text_embeddings: npt.NDArray[np.float32]

    def check_shapes(self, spec: EncoderSpec) -> None:
        """Compare with what `spec` promises. Raises ReleaseError."""
        g, t = len(self.images), len(self.texts)
        if not g or not t:
            raise ReleaseError("golden.npz is empty", fix="Store at least one picture and one text.")
        wanted = (
            ("images", self.images, (g, spec.side_px, spec.side_px, 3), np.uint8),
            ("image_embeddings", self.image_embeddings, (g, spec.dim), np.float32),
            ("text_embeddings", self.text_embeddings, (t, spec.dim), np.float32),
        )
        for name, array, shape, dtype in wanted:
            if array.shape != shape or array.dtype != dtype:
                raise ReleaseError(f"golden.npz: {name} is {array.dtype} {array.shape}, not {np.dtype(dtype)} {shape}")
        for name, rows in (("image", self.image_embeddings), ("text", self.text_embeddings)):
            if not unit_rows(rows).all():
                raise ReleaseError(f"golden.npz: {name}_embeddings are not finite unit rows")


def read_golden(path: Path) -> Golden:
    """Read `golden.npz`. Raises ReleaseError."""
    try:
        with np.load(path, allow_pickle=False) as z:
            return Golden(
                images=z["images"],
                texts=tuple(str(t) for t in z["texts"]),
                image_embeddings=z["image_embeddings"],
                text_embeddings=z["text_embeddings"],
            )
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as e:
        raise ReleaseError(f"{path} cannot be read ({e})") from e


def write_golden(path: Path, golden: Golden) -> None:
    """Write `golden.npz`."""
    np.savez_compressed(
        path,
        images=golden.images,
        texts=np.array(golden.texts),
        image_embeddings=golden.image_embeddings,
        text_embeddings=golden.text_embeddings,
    )


def unit_rows(rows: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Say for each row of `(n, dim)` whether it is finite and of length 1."""
    norms = np.linalg.norm(rows.astype(np.float32), axis=1)
    ok: npt.NDArray[np.bool_] = np.abs(norms - 1.0) < MAX_NORM_ERROR  # a NaN compares as false
    return ok


def prove(encoder: Encoder, golden: Golden) -> float:
    """Compare an encoder's answers with the golden vectors; return the smallest cosine.

    Raises:
        GoldenMismatchError: shape, type, length or direction of an answer is not the stored one.
    """
    lowest = 1.0
    for kind, answer, wanted in (
        ("picture", encoder.embed_images(golden.images), golden.image_embeddings),
        ("text", encoder.embed_texts(list(golden.texts)), golden.text_embeddings),
    ):
        lowest = min(lowest, _compare(encoder.spec, kind, answer, wanted))
    return lowest


def _compare(spec: EncoderSpec, kind: str, answer: npt.NDArray[np.float32], wanted: npt.NDArray[np.float32]) -> float:
    who = f"{spec.space}, {kind}s"
    if answer.shape != wanted.shape or answer.dtype != np.float32:
        raise GoldenMismatchError(f"{who}: {answer.dtype} {answer.shape} instead of float32 {wanted.shape}")
    if not unit_rows(answer).all():
        raise GoldenMismatchError(f"{who}: {int((~unit_rows(answer)).sum())} answers are not finite unit vectors")
    cosine = np.einsum("ij,ij->i", answer, wanted)
    worst = int(cosine.argmin())
    if cosine[worst] < MIN_COSINE:
        raise GoldenMismatchError(
            f"{who}: cosine {cosine[worst]:.6f} at number {worst}, at least {MIN_COSINE} is needed",
            fix="Weights, runtime or preprocessing differ from those that made the release.",
        )
    return float(cosine[worst])

"""What an encoder is: two towers into one vector space, and everything that decides what they answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from daguerre.errors import DaguerreError
from daguerre.ids import SpaceName, space_name


class EncoderError(DaguerreError):
    """An encoder does not do what its release says."""


Resize = Literal["squash", "shortest"]


@dataclass(frozen=True, kw_only=True)
class EncoderSpec:
    """One encoder release, as far as its callers must know it.

    The image tower takes `(n, side_px, side_px, 3) uint8` RGB in HWC order with normalisation inside the graph, the
    text tower takes `(n, context) int32` token ids (padded with `pad_id`); both answer `(n, dim) float32` unit rows.

    Attributes:
        name: Name of the encoder, as in `scene-demo`.
        digest: sha256 over the names and sha256 of all files of the release, hex.
        resize: `squash` scales both sides to `side_px`; `shortest` scales the short side and crops the centre.
        resample: Pillow's name of the filter: bilinear, bicubic, lanczos.
        max_batch: Largest batch that one request may carry; 1 for graphs with a fixed batch.
    """

    name: str
    digest: str
    dim: int
    side_px: int
    resize: Resize
    resample: str
    context: int
    pad_id: int
    max_batch: int
    licence: str

    @property
    def space(self) -> SpaceName:
        """Return the name of the space that this release spans."""
        return space_name(self.name, self.digest)


class Encoder(Protocol):
    """Turns pictures and words into unit vectors of one space."""

    @property
    def spec(self) -> EncoderSpec:
        """Return the release that answers."""
        ...

    def embed_images(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Map `(n, side_px, side_px, 3) uint8` to `(n, dim) float32` unit rows."""
        ...

    def embed_texts(self, texts: list[str]) -> npt.NDArray[np.float32]:
        """Map n texts to `(n, dim) float32` unit rows."""
        ...

"""What is looked for: a vector that says which space it lives in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from daguerre.ids import SpaceName
from daguerre.index.snapshot import VectorIndexError


class SpaceMismatchError(VectorIndexError):
    """A vector of one space never meets the index of another."""

    exit_code = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class QueryVector:
    """A query in one space. Numbers of two spaces may have the same shape; they never mean the same.

    Attributes:
        values: `(dim,) float32`; its length does not matter.
    """

    space: SpaceName
    values: npt.NDArray[np.float32]

    def within(self, space: SpaceName) -> npt.NDArray[np.float32]:
        """Return the numbers for use in `space`.

        Raises:
            SpaceMismatchError: they are of another space.
        """
        if self.space != space:
            raise SpaceMismatchError(
                f"a query of {self.space}, an index of {space}", fix="Use the encoder that made the index."
            )
        return self.values

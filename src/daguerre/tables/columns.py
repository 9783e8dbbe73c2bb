"""From a column of vectors to a matrix, and back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa


def to_matrix(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.float32]:
    """Return a column of n fixed-size lists as `(n, dim) float32`."""
    dim = column.type.list_size
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    parts = [chunk.flatten().to_numpy(zero_copy_only=False).reshape(-1, dim) for chunk in chunks]
    return np.concatenate([np.empty((0, dim), np.float32), *parts]).astype(np.float32, copy=False)


def to_column(matrix: npt.NDArray[np.floating]) -> pa.FixedSizeListArray:
    """Return `(n, dim)` numbers as a column of n lists of float16."""
    flat = np.ascontiguousarray(matrix, np.float16).reshape(-1)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat, pa.float16()), matrix.shape[1])

"""What an imported model answered before it was touched: preprocessing in float, one picture or text at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from daguerre.encoders.graph import read_graph
from daguerre.encoders.layouts import Foreign, LayoutError
from daguerre.encoders.surgery import picture_port, takes_bytes, vector_port

_NUMPY = {"float": np.float32, "float16": np.float16, "int32": np.int32, "int64": np.int64, "uint8": np.uint8}
_PICTURES = 6


def pictures(side_px: int, *, seed: int) -> npt.NDArray[np.uint8]:
    """Draw `(6, side_px, side_px, 3) uint8` pictures of waves and colours, from dark and flat to bright and rich.

    They differ in range too: a graph that scales by its whole batch answers differently in company.
    """
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:side_px, 0:side_px] / side_px
    waves = rng.uniform(1, 8, (_PICTURES, 3, 2))
    phase = rng.uniform(0, 6, (_PICTURES, 3))
    inner = waves[:, :, 0, None, None] * x + waves[:, :, 1, None, None] * y + phase[:, :, None, None]
    range_ = np.linspace(40, 255, _PICTURES)[:, None, None, None]
    return (range_ * (0.5 + 0.5 * np.sin(inner))).astype(np.uint8).transpose(0, 2, 3, 1).copy()


def image_vectors(foreign: Foreign, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Map `(n, side_px, side_px, 3) uint8` to `(n, dim) float32` unit rows, as the original's own loader would."""
    port = picture_port(read_graph(foreign.image_graph), foreign.image_graph)
    if takes_bytes(port):
        rows = images
    else:
        mean, std = np.array(foreign.mean, np.float32), np.array(foreign.std, np.float32)
        normal = (images.astype(np.float32) * np.float32(foreign.scale) - mean) / std
        rows = normal.transpose(0, 3, 1, 2).astype(_NUMPY[port.dtype])
    return _one_by_one(foreign.image_graph, [{port.name: row[None]} for row in rows])


def text_vectors(foreign: Foreign, tokens: npt.NDArray[np.int32], pad_id: int) -> npt.NDArray[np.float32]:
    """Map `(n, context) int32` to `(n, dim) float32` unit rows."""
    ports = read_graph(foreign.text_graph).inputs
    feeds = []
    for row in tokens:
        mask = np.ones_like(row) if foreign.sees_padding else (row != pad_id)
        feeds.append({p.name: (mask if "mask" in p.name else row)[None].astype(_NUMPY[p.dtype]) for p in ports})
    return _one_by_one(foreign.text_graph, feeds)


def _one_by_one(path: Path, feeds: list[dict[str, npt.NDArray[Any]]]) -> npt.NDArray[np.float32]:
    import onnxruntime as ort

    try:
        session: Any = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        wanted = vector_port(read_graph(path)).name
        rows = np.concatenate([session.run([wanted], feed)[0] for feed in feeds]).astype(np.float32)
    except Exception as e:  # the vendor's errors share no base class
        raise LayoutError(f"{path} does not run ({e})") from e
    if rows.ndim != 2:
        raise LayoutError(f"{path} answers {rows.shape[1:]} per row", fix="One vector per row is known.")
    unit: npt.NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit

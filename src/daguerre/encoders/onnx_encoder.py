"""An encoder that runs inside this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from daguerre.encoders.graph import read_graph
from daguerre.encoders.release import IMAGE_GRAPH, TEXT_GRAPH, Release
from daguerre.encoders.spec import EncoderError, EncoderSpec
from daguerre.encoders.tokenizer import Tokenizer


class Tower:
    """One ONNX graph with one input and one output, open in this process."""

    def __init__(self, path: Path, *, max_batch: int, threads: int = 0, spinning: bool = False) -> None:
        """Open `path`; `threads` 0 takes every core. Raises EncoderError."""
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spinning)))
        try:
            self._session: Any = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as e:  # the vendor's errors share no base class
            raise EncoderError(f"{path} does not load ({e})") from e
        graph = read_graph(path)
        self._input, self._output = graph.inputs[0].name, graph.outputs[0].name
        self._batch = 1 if graph.fixed_batch else max_batch

    def run(self, rows: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Map n rows to `(n, dim) float32`, in batches that the graph accepts."""
        parts = [rows[i : i + self._batch] for i in range(0, len(rows), self._batch)]
        answers = [self._session.run([self._output], {self._input: p})[0] for p in parts]
        return np.concatenate(answers) if len(answers) > 1 else answers[0]


class OnnxEncoder:
    """Both towers of a release in this process: for importing, proving and measuring; batches go through Triton."""

    def __init__(self, release: Release, *, threads: int = 0) -> None:
        """Load both towers. Raises EncoderError."""
        self._spec = release.spec
        self._tokenizer = Tokenizer.from_dir(release.folder, release.spec)
        self._image = Tower(release.path(IMAGE_GRAPH), max_batch=release.spec.max_batch, threads=threads)
        self._text = Tower(release.path(TEXT_GRAPH), max_batch=release.spec.max_batch, threads=threads)

    @property
    def spec(self) -> EncoderSpec:
        """Return the release that answers."""
        return self._spec

    def embed_images(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Map `(n, side_px, side_px, 3) uint8` to `(n, dim) float32` unit rows."""
        check_images(images, self._spec)
        return self._image.run(images) if len(images) else np.zeros((0, self._spec.dim), np.float32)

    def embed_texts(self, texts: list[str]) -> npt.NDArray[np.float32]:
        """Map n texts to `(n, dim) float32` unit rows."""
        return self._text.run(self._tokenizer.encode(texts)) if texts else np.zeros((0, self._spec.dim), np.float32)


def check_images(images: npt.NDArray[np.uint8], spec: EncoderSpec) -> None:
    """Refuse arrays that are not `(n, side_px, side_px, 3) uint8`. Raises EncoderError."""
    side = (spec.side_px, spec.side_px, 3)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != side:
        raise EncoderError(f"{spec.space} was given {images.dtype} {images.shape}", fix=f"It takes (n, {side}) uint8.")

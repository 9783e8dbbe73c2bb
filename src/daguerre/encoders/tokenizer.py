"""From words to token ids, by the `tokenizer.json` of a release."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from daguerre.encoders.release import TOKENIZER, ReleaseError
from daguerre.encoders.spec import EncoderSpec


class Tokenizer:
    """Pads and truncates to the encoder's context; a truncated text keeps its closing token."""

    def __init__(self, tokenizer: Any, *, context: int, pad_id: int) -> None:
        """Take a `tokenizers.Tokenizer` and the lengths of one encoder."""
        tokenizer.enable_truncation(max_length=context)
        pad = tokenizer.id_to_token(pad_id)
        if pad is None:
            raise ReleaseError(f"tokenizer.json has no token with the number {pad_id}", fix="Correct pad_id.")
        tokenizer.enable_padding(length=context, pad_id=pad_id, pad_token=pad)
        self._tokenizer = tokenizer
        self._context = context

    @classmethod
    def from_dir(cls, folder: Path, spec: EncoderSpec) -> Tokenizer:
        """Read the `tokenizer.json` of a release. Raises ReleaseError."""
        return cls.from_file(folder / TOKENIZER, context=spec.context, pad_id=spec.pad_id)

    @classmethod
    def from_file(cls, path: Path, *, context: int, pad_id: int) -> Tokenizer:
        """Read a tokenizer's file. Raises ReleaseError."""
        from tokenizers import Tokenizer as Reader

        try:
            reader = Reader.from_file(str(path))
        except Exception as e:  # the vendor raises bare Exception
            raise ReleaseError(f"{path}: {e}") from e
        return cls(reader, context=context, pad_id=pad_id)

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.int32]:
        """Map n texts to `(n, context) int32`; runs of white space count as one space."""
        if not texts:
            return np.zeros((0, self._context), np.int32)
        clean = [" ".join(t.split()) for t in texts]
        return np.array([e.ids for e in self._tokenizer.encode_batch(clean)], dtype=np.int32)

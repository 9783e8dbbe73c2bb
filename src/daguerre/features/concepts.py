"""Zero-shot concepts: how near a photo's embedding lies to the embeddings of a versioned list of prompts.

Radford et al., Learning transferable visual models from natural language supervision, ICML 2021, section 3.1.4:
prompts of one concept are averaged and normalised; the scores are a softmax over scaled cosines. A score says which
of these concepts fits best, not that one is there: the sum is 1 for a photo of anything.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from daguerre.encoders.spec import Encoder
from daguerre.storage.canonical import canonical_json

#: Concepts of pictures that people take to keep information, not to remember a moment.
NOT_TO_REMEMBER = frozenset({"document", "receipt", "screenshot", "whiteboard", "chart"})


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The concepts in order, the prompts of each, and the factor on cosines before the softmax."""

    prompts: dict[str, tuple[str, ...]]
    scale: float

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the concepts in order."""
        return tuple(self.prompts)

    @property
    def version(self) -> str:
        """Return the first 12 hex digits of the list's sha256."""
        told = {"prompts": [[name, *texts] for name, texts in self.prompts.items()], "scale": self.scale}
        return hashlib.sha256(canonical_json(told)).hexdigest()[:12]


def shipped_vocabulary() -> Vocabulary:
    """Return the vocabulary in `concepts.toml`."""
    told = tomllib.loads(files("daguerre.features").joinpath("concepts.toml").read_text(encoding="utf-8"))
    return Vocabulary(prompts={name: tuple(texts) for name, texts in told["prompts"].items()}, scale=told["scale"])


def embed_vocabulary(vocabulary: Vocabulary, encoder: Encoder) -> npt.NDArray[np.float32]:
    """Return one unit row per concept, `(concepts, dim) float32`: the normalised mean of its prompts."""
    rows = []
    for texts in vocabulary.prompts.values():
        mean = encoder.embed_texts(list(texts)).mean(axis=0)
        rows.append(mean / max(float(np.linalg.norm(mean)), 1e-12))
    return np.asarray(rows, np.float32)


def score(vectors: npt.NDArray[np.float32], concepts: npt.NDArray[np.float32], scale: float) -> npt.NDArray[np.float32]:
    """Return `(n, concepts) float32` rows that sum to 1 for `(n, dim)` unit rows."""
    logits = scale * (vectors @ concepts.T)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)

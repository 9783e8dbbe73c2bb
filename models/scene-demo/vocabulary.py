"""Words to numbers: the tokenizer of the encoder, in training and as a `tokenizer.json` for everybody else."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from daguerre.library.scenes.captions import ask, describe
from daguerre.library.scenes.scene import Scene

PAD, UNKNOWN = 0, 1
_WORD = re.compile(r"[a-z0-9]+")


class Vocabulary:
    """A closed list of words; everything else is unknown."""

    def __init__(self, words: Sequence[str], context: int) -> None:
        """Number the words from 2 on."""
        self.ids = {"[PAD]": PAD, "[UNK]": UNKNOWN, **{word: number for number, word in enumerate(words, 2)}}
        self.context = context

    @classmethod
    def of(cls, scenes: Sequence[Scene], *, seed: int, context: int) -> Vocabulary:
        """Collect the words that captions and queries of the scenes use."""
        rng = np.random.default_rng([seed, 11])
        words: set[str] = set()
        for scene in scenes:
            for phrase in (describe(rng, scene, full=True), ask(rng, scene)):
                words.update(_WORD.findall(phrase.text))
        return cls(sorted(words), context)

    @classmethod
    def load(cls, path: Path) -> Vocabulary:
        """Read the words back from a `tokenizer.json` that `save` wrote."""
        document = json.loads(path.read_text(encoding="utf-8"))
        numbered = sorted(document["model"]["vocab"].items(), key=lambda item: item[1])
        return cls([word for word, _ in numbered[2:]], document["truncation"]["max_length"])

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.int32]:
        """Return `(n, context) int32` ids, cut and padded."""
        tokens = np.full((len(texts), self.context), PAD, np.int32)
        for row, text in enumerate(texts):
            ids = [self.ids.get(word, UNKNOWN) for word in _WORD.findall(text.lower())][: self.context]
            tokens[row, : len(ids)] = ids
        return tokens

    def save(self, path: Path) -> None:
        """Write the tokenizer in the format of the Hugging Face `tokenizers` library."""
        plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
        special = [
            {"id": number, "content": word, **plain, "special": True}
            for word, number in (("[PAD]", PAD), ("[UNK]", UNKNOWN))
        ]
        padding = {"strategy": {"Fixed": self.context}, "direction": "Right", "pad_to_multiple_of": None}
        document = {
            "version": "1.0",
            "truncation": {"direction": "Right", "max_length": self.context, "strategy": "LongestFirst", "stride": 0},
            "padding": {**padding, "pad_id": PAD, "pad_type_id": 0, "pad_token": "[PAD]"},
            "added_tokens": special,
            "normalizer": {"type": "Lowercase"},
            "pre_tokenizer": {
                "type": "Split",
                "pattern": {"Regex": "[^a-z0-9]+"},
                "behavior": "Removed",
                "invert": False,
            },
            "post_processor": None,
            "decoder": None,
            "model": {"type": "WordLevel", "vocab": self.ids, "unk_token": "[UNK]"},
        }
        path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")

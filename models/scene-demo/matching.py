"""Which picture answers which phrase, exactly, for whole batches at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from daguerre.library.scenes.phrases import FACTS, Fact, Phrase, facts
from daguerre.library.scenes.scene import Scene

_NOT_ASKED = -1


class FactCodes:
    """Numbers for the values of facts, so that matching is a comparison of small integers."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, Fact], int] = {}

    def of_scenes(self, scenes: Sequence[Scene]) -> npt.NDArray[np.int16]:
        """Return `(n, facts) int16`: what is true of each scene."""
        known = [facts(scene) for scene in scenes]
        return np.array([[self._code(name, row[name]) for name in FACTS] for row in known], np.int16)

    def of_phrases(self, phrases: Sequence[Phrase]) -> npt.NDArray[np.int16]:
        """Return `(n, facts) int16`: what each phrase asks for, -1 where it does not ask."""
        codes = np.full((len(phrases), len(FACTS)), _NOT_ASKED, np.int16)
        for row, phrase in enumerate(phrases):
            for name, value in phrase.asks.items():
                codes[row, FACTS.index(name)] = self._code(name, value)
        return codes

    def _code(self, name: str, value: Fact) -> int:
        return self._codes.setdefault((name, value), len(self._codes))


def answers(phrases: npt.NDArray[np.int16], scenes: npt.NDArray[np.int16]) -> npt.NDArray[np.bool_]:
    """Return `(phrases, scenes) bool`: whether the scene has everything that the phrase asks for."""
    matching = np.ones((len(phrases), len(scenes)), bool)
    for fact in range(phrases.shape[1]):
        asked = phrases[:, fact, None]
        matching &= (asked == _NOT_ASKED) | (asked == scenes[None, :, fact])
    return matching

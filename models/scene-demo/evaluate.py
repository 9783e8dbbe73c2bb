"""What a release can do, measured through ONNX Runtime on generated photos that it has never seen.

python models/scene-demo/evaluate.py models/scene-demo/v2
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from dataset import Split, load_or_render, scenes_of
from matching import FactCodes, answers
from vocabulary import Vocabulary

from daguerre.library.scenes.captions import describe
from daguerre.library.scenes.palette import COLOURS
from daguerre.library.scenes.phrases import Phrase
from daguerre.library.scenes.scene import DOCS, FOODS, PLACES, SUBJECTS, TIMES
from daguerre.library.scenes.words import (
    DOC_WORDS,
    FOOD_WORDS,
    NUMBER_WORDS,
    PLACE_WORDS,
    SUBJECT_WORDS,
    TIME_WORDS,
)

#: Every held-out photo goes the whole way of the product: full size, JPEG, 512-px proxy, input.
HELD_OUT = Split(seed=20, name="held-out", count=2000, side_px=96, served_share=1.0)
#: Recall is measured with one full caption for each of the first thousand photos, among these thousand.
_CAPTIONED = 1000
_K = 10
Rows = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What was measured.

    Attributes:
        recall_at_1: Share of full captions whose own photo comes first among 1,000.
        recall_at_10: Share whose own photo is among the first ten.
        recall_at_1_ceiling: What recall@1 an encoder would reach that only guesses among photos of which the caption is
            equally true.
        asked_at_1: Share of full captions whose first photo has everything that the caption asks for.
        keyword_precision: Mean precision at 10 by family of keyword queries, among 2,000 photos; only queries that at
            least ten photos answer.
        int8_recall_at_1: The same recall through the 8-bit image tower.
        int8_recall_at_10: Likewise.
        images_per_core_s: Photos that the image tower embeds per second of one core, in the best of ten batches.
    """

    recall_at_1: float
    recall_at_10: float
    recall_at_1_ceiling: float
    asked_at_1: float
    keyword_precision: dict[str, float]
    int8_recall_at_1: float
    int8_recall_at_10: float
    images_per_core_s: float

    @property
    def keyword_precision_at_10(self) -> float:
        """Return the mean over the families."""
        return float(np.mean(list(self.keyword_precision.values())))


def evaluate(folder: Path, vocabulary: Vocabulary, *, cache: Path, workers: int) -> Scores:
    """Measure the release in a folder."""
    pictures, scenes = load_or_render(HELD_OUT, cache, workers=workers), scenes_of(HELD_OUT)
    text = session(folder / "text.onnx")
    rng = np.random.default_rng(77)
    captions = [describe(rng, scene, full=True) for scene in scenes[:_CAPTIONED]]
    caption_rows = embed(text, vocabulary.encode([phrase.text for phrase in captions]))
    image = session(folder / "image.onnx")
    gallery = embed(image, pictures)
    ranks = own_ranks(caption_rows, gallery[:_CAPTIONED])
    small = own_ranks(caption_rows, embed(session(folder / "image.int8.onnx"), pictures[:_CAPTIONED]))
    codes = FactCodes()
    known = codes.of_scenes(scenes)
    asked = answers(codes.of_phrases(captions), known[:_CAPTIONED])
    first = (caption_rows @ gallery[:_CAPTIONED].T).argmax(axis=1)
    precision = {
        family: _precision(text, vocabulary, phrases, gallery, answers(codes.of_phrases(phrases), known))
        for family, phrases in keyword_queries().items()
    }
    return Scores(
        recall_at_1=float((ranks == 0).mean()),
        recall_at_10=float((ranks < _K).mean()),
        recall_at_1_ceiling=float((1 / asked.sum(axis=1)).mean()),
        asked_at_1=float(asked[np.arange(_CAPTIONED), first].mean()),
        keyword_precision=precision,
        int8_recall_at_1=float((small == 0).mean()),
        int8_recall_at_10=float((small < _K).mean()),
        images_per_core_s=_speed(image, pictures[:64]),
    )


def keyword_queries() -> dict[str, list[Phrase]]:
    """Return the keyword queries by family, in the plainest words."""
    numbers = {2: NUMBER_WORDS[2][0], 3: NUMBER_WORDS[3][0], 4: NUMBER_WORDS[4][0]}

    def noun(obj: str, count: int = 1) -> str:
        return SUBJECT_WORDS[obj][0 if count == 1 else 1][0]

    def coloured(color: str, obj: str) -> str:
        return f"{noun(obj)} in {color}" if obj == "person" else f"{color} {noun(obj)}"

    return {
        "place": [Phrase(text=PLACE_WORDS[place][0], asks={"place": place}) for place in PLACES],
        "place and time": [
            Phrase(text=f"{PLACE_WORDS[place][0]} {TIME_WORDS[time][0]}", asks={"place": place, "time": time})
            for place, time in itertools.product(PLACES, TIMES)
        ],
        "object": [Phrase(text=noun(obj), asks={"obj": obj}) for obj in SUBJECTS],
        "count and object": [
            Phrase(text=f"{number} {noun(obj, count)}", asks={"obj": obj, "count": count})
            for obj, (count, number) in itertools.product(SUBJECTS, numbers.items())
        ],
        "colour and object": [
            Phrase(text=coloured(color, obj), asks={"obj": obj, "color": color})
            for obj, color in itertools.product(SUBJECTS, COLOURS)
        ],
        "food": [Phrase(text=FOOD_WORDS[food][0], asks={"food": food}) for food in FOODS],
        "document": [Phrase(text=DOC_WORDS[doc][0], asks={"doc": doc}) for doc in DOCS],
    }


def own_ranks(texts: Rows, pictures: Rows) -> npt.NDArray[np.int64]:
    """Return for every text i how many pictures come before picture i."""
    scores = texts @ pictures.T
    return np.asarray((scores > np.diag(scores)[:, None]).sum(axis=1), np.int64)


def session(path: Path) -> ort.InferenceSession:
    """Open a tower on one core."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def embed(tower: ort.InferenceSession, inputs: npt.NDArray[np.generic], batch: int = 64) -> Rows:
    """Return `(n, dim) float32` unit rows."""
    name = tower.get_inputs()[0].name
    rows = [tower.run(None, {name: inputs[start : start + batch]})[0] for start in range(0, len(inputs), batch)]
    return np.concatenate(rows)


def _speed(tower: ort.InferenceSession, pictures: npt.NDArray[np.uint8]) -> float:
    seconds = []
    for _ in range(10):
        began = time.process_time()
        embed(tower, pictures, batch=len(pictures))
        seconds.append(time.process_time() - began)
    return len(pictures) / min(seconds)


def _precision(
    text: ort.InferenceSession,
    vocabulary: Vocabulary,
    phrases: list[Phrase],
    gallery: Rows,
    relevant: npt.NDArray[np.bool_],
) -> float:
    scores = embed(text, vocabulary.encode([phrase.text for phrase in phrases])) @ gallery.T
    best = np.argsort(-scores, axis=1)[:, :_K]
    found = np.take_along_axis(relevant, best, axis=1).mean(axis=1)
    return float(found[relevant.sum(axis=1) >= _K].mean())


def main() -> None:
    """Print the scores of a release."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cache", type=Path, default=Path(".cache/scene-demo"))
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    vocabulary = Vocabulary.load(arguments.folder / "tokenizer.json")
    scores = evaluate(arguments.folder, vocabulary, cache=arguments.cache, workers=arguments.workers)
    print(json.dumps(vars(scores), indent=2))


if __name__ == "__main__":
    main()

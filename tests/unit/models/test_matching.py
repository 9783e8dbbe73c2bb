from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np

from daguerre.library.scenes.captions import ask, describe
from daguerre.library.scenes.scene import sample_scene

FOLDER = Path(__file__).parents[3] / "models" / "scene-demo"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"scene_demo_{name}", FOLDER / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_matching_of_batches_agrees_with_phrases_one_by_one() -> None:
    matching = load("matching")
    rng = np.random.default_rng(0)
    scenes = [sample_scene(rng) for _ in range(120)]
    phrases = [describe(rng, scene, full=False) for scene in scenes] + [ask(rng, scene) for scene in scenes]
    codes = matching.FactCodes()
    matched = matching.answers(codes.of_phrases(phrases), codes.of_scenes(scenes))
    expected = np.array([[phrase.answered_by(scene) for scene in scenes] for phrase in phrases])
    assert np.array_equal(matched, expected)
    assert expected[:120].diagonal().all()
    assert expected.mean() < 0.2


def test_vocabularies_come_back_from_their_file(tmp_path: Path) -> None:
    vocabulary_of = load("vocabulary").Vocabulary
    rng = np.random.default_rng(1)
    vocabulary = vocabulary_of.of([sample_scene(rng) for _ in range(50)], seed=1, context=8)
    vocabulary.save(tmp_path / "tokenizer.json")
    again = vocabulary_of.load(tmp_path / "tokenizer.json")
    texts = ["Two RED cars", "xylophone", "a photo of the beach at night in the rain with clouds"]
    assert np.array_equal(again.encode(texts), vocabulary.encode(texts))
    assert again.context == 8


def test_the_tokenizer_file_means_the_same_to_its_library(tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    vocabulary_of = load("vocabulary").Vocabulary
    rng = np.random.default_rng(2)
    scenes = [sample_scene(rng) for _ in range(80)]
    vocabulary = vocabulary_of.of(scenes, seed=2, context=16)
    vocabulary.save(tmp_path / "tokenizer.json")
    texts = [describe(rng, scene, full=True).text for scene in scenes] + ["", "  ", "Red, CAR!", "naïve café"]
    theirs = Tokenizer.from_file(str(tmp_path / "tokenizer.json")).encode_batch(texts)
    assert np.array_equal([encoding.ids for encoding in theirs], vocabulary.encode(texts))

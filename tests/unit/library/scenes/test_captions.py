from __future__ import annotations

import numpy as np
import pytest

from daguerre.library.scenes.captions import ask, caption, describe, keywords
from daguerre.library.scenes.phrases import Phrase, facts
from daguerre.library.scenes.portraits import identity
from daguerre.library.scenes.scene import KINDS, Scene, sample_scene
from daguerre.library.scenes.words import (
    DOC_WORDS,
    FOOD_WORDS,
    NUMBER_WORDS,
    PLACE_WORDS,
    STYLE_WORDS,
    SUBJECT_WORDS,
    SURFACE_WORDS,
    TIME_WORDS,
    WEATHER_WORDS,
)

REDS = Scene(kind="beach", place="beach", time="night", weather="rain", obj="car", count=3, color="red")


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def mentions(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)


def test_a_full_caption_says_everything() -> None:
    for seed in range(20):
        text = caption(rng(seed), REDS, True)
        assert "red " in text
        for words in (
            NUMBER_WORDS[3],
            SUBJECT_WORDS["car"][1],
            PLACE_WORDS["beach"],
            TIME_WORDS["night"],
            WEATHER_WORDS["rain"],
        ):
            assert mentions(text, words), text


@pytest.mark.parametrize("kind", KINDS)
def test_full_captions_name_the_attributes_of_every_kind(kind: str) -> None:
    draw = rng(5)
    for _ in range(25):
        scene = sample_scene(draw, kind=kind)
        text = caption(draw, scene, True)
        tables = {
            "food": (FOOD_WORDS, SURFACE_WORDS),
            "doc": (DOC_WORDS, STYLE_WORDS),
        }.get(kind, (PLACE_WORDS, TIME_WORDS))
        values = {"food": (scene.food, scene.surface), "doc": (scene.doc, scene.style)}.get(
            kind, (scene.place, scene.time)
        )
        for table, value in zip(tables, values, strict=True):
            assert mentions(text, table[value]), text
        if scene.color:
            assert scene.color in text


def test_short_captions_leave_things_out() -> None:
    full = [len(caption(rng(seed), REDS, True).split()) for seed in range(40)]
    short = [len(caption(rng(seed), REDS, False).split()) for seed in range(40)]
    assert np.mean(short) < np.mean(full) - 2


def test_keywords_are_few() -> None:
    draw = rng(6)
    lengths = [len(keywords(draw, sample_scene(draw)).split()) for _ in range(300)]
    assert np.mean(lengths) < 5
    assert min(lengths) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_scene_answers_what_is_said_about_it(kind: str) -> None:
    draw = rng(7)
    for _ in range(60):
        scene = sample_scene(draw, kind=kind)
        for phrase in (describe(draw, scene, full=True), describe(draw, scene, full=False), ask(draw, scene)):
            assert phrase.asks, phrase.text
            assert phrase.answered_by(scene), phrase


def test_a_phrase_is_not_answered_by_another_scene() -> None:
    query = Phrase(text="three red cars at night", asks={"count": 3, "color": "red", "obj": "car", "time": "night"})
    assert query.answered_by(REDS)
    for change in ({"count": 2}, {"color": "blue"}, {"obj": "boat"}, {"time": "day"}):
        assert not query.answered_by(Scene(**{**vars(REDS), **change}))


def test_four_and_more_are_several() -> None:
    several = Phrase(text="several cars", asks={"obj": "car", "count": 4})
    assert [several.answered_by(Scene(**{**vars(REDS), "count": count})) for count in (3, 4, 5, 6)] == [
        False,
        True,
        True,
        True,
    ]


def test_hair_and_glasses_are_facts_of_single_portraits_only() -> None:
    person = next(seed for seed in range(100) if identity(seed).glasses)
    alone = Scene(kind="portrait", place="city", obj="person", count=1, color="red", people=(person,))
    assert (facts(alone)["hair"], facts(alone)["glasses"]) == (identity(person).hair, True)
    couple = Scene(kind="portrait", place="city", obj="person", count=2, color="red", people=(person, 3))
    assert (facts(couple)["hair"], facts(couple)["glasses"]) == ("", False)


def test_the_article_fits_orange() -> None:
    scene = Scene(**{**vars(REDS), "color": "orange", "count": 1})
    texts = [caption(rng(seed), scene, True) for seed in range(60)]
    assert any("an orange" in text for text in texts)
    assert not any("a orange" in text for text in texts)

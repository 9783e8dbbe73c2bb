from __future__ import annotations

import numpy as np
import pytest

from daguerre.library.scenes.scene import (
    COLOURS_OF,
    DOC_STYLES,
    KINDS,
    PLACES,
    SUBJECTS_OF,
    TIMES,
    WEATHERS,
    Scene,
    sample_scene,
)


def scenes(count: int, seed: int = 0, kind: str | None = None) -> list[Scene]:
    rng = np.random.default_rng(seed)
    return [sample_scene(rng, kind=kind) for _ in range(count)]


def test_the_same_seed_draws_the_same_scenes() -> None:
    assert scenes(50) == scenes(50)
    assert scenes(50) != scenes(50, seed=1)


def test_every_kind_comes_up() -> None:
    assert {scene.kind for scene in scenes(600)} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_can_be_asked_for(kind: str) -> None:
    assert {scene.kind for scene in scenes(30, kind=kind)} == {kind}


@pytest.mark.parametrize("place", PLACES)
def test_subjects_belong_to_their_place_and_come_in_their_colours(place: str) -> None:
    for scene in scenes(200, kind=place):
        assert scene.time in TIMES
        assert scene.weather in WEATHERS
        if scene.obj:
            assert scene.obj in SUBJECTS_OF[place]
            assert scene.color in COLOURS_OF.get(scene.obj, (scene.color,))
            assert 1 <= scene.count <= 6
        else:
            assert (scene.count, scene.color) == (0, "")


def test_it_does_not_rain_in_rooms_and_deserts() -> None:
    assert {scene.weather for scene in scenes(200, kind="room")} == {"clear"}
    assert "rain" not in {scene.weather for scene in scenes(200, kind="desert")}


def test_there_is_one_identity_for_each_person() -> None:
    for scene in scenes(400):
        assert len(scene.people) == (scene.count if scene.obj == "person" else 0)


def test_attributes_are_the_labels_that_mean_something() -> None:
    (document,) = scenes(1, kind="doc")
    labels = document.attributes()
    assert labels["doc"] == document.doc
    assert labels["style"] in DOC_STYLES[document.doc]
    assert not {"time", "weather", "obj", "food"} & labels.keys()
    beach = Scene(kind="beach", place="beach", time="dawn", weather="fog", obj="dog", count=2, color="white")
    assert beach.attributes() == {
        "kind": "beach",
        "place": "beach",
        "time": "dawn",
        "weather": "fog",
        "obj": "dog",
        "count": 2,
        "color": "white",
    }

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from daguerre.library.scenes.palette import COLOURS
from daguerre.library.scenes.rendering import render
from daguerre.library.scenes.scene import (
    DOC_STYLES,
    FOODS,
    KINDS,
    SUBJECTS,
    SURFACES,
    TIMES,
    WEATHERS,
    Scene,
    sample_scene,
)

SMALL = (96, 72)


def photo(scene: Scene, size: tuple[int, int] = SMALL, seed: int = 4) -> npt.NDArray[np.uint8]:
    return render(np.random.default_rng(seed), scene, size)


def difference(first: npt.NDArray[np.uint8], second: npt.NDArray[np.uint8]) -> float:
    return float(np.abs(first.astype(float) - second).mean())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(96, 72), (72, 96), (80, 80), (160, 60)])
def test_every_kind_has_the_size_that_was_asked_for(kind: str, size: tuple[int, int]) -> None:
    picture = photo(sample_scene(np.random.default_rng(1), kind=kind), size)
    assert picture.shape == (size[1], size[0], 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 5, "a photo is not one flat colour"


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_paints_the_same_bytes(kind: str) -> None:
    scene = sample_scene(np.random.default_rng(2), kind=kind)
    assert np.array_equal(photo(scene), photo(scene))
    assert not np.array_equal(photo(scene), photo(scene, seed=5))


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_photo_shows_the_same_picture_as_a_small_one(kind: str) -> None:
    scene = sample_scene(np.random.default_rng(3), kind=kind)
    reduced = np.asarray(cv2.resize(photo(scene, (480, 360)), SMALL, interpolation=cv2.INTER_AREA), np.uint8)
    other = photo(scene, seed=6)
    assert difference(reduced, photo(scene)) < 14
    assert difference(reduced, photo(scene)) < difference(reduced, other)


@pytest.mark.parametrize("obj", SUBJECTS)
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_subjects_change_what_is_seen(obj: str, count: int) -> None:
    empty = Scene(kind="meadow", place="meadow")
    people = tuple(range(count)) if obj == "person" else ()
    full = replace(empty, obj=obj, count=count, color="red", people=people)
    assert difference(photo(full), photo(empty)) > 1


@pytest.mark.parametrize("color", sorted(COLOURS))
def test_a_car_has_its_colour(color: str) -> None:
    scene = Scene(kind="desert", place="desert", obj="car", count=1, color=color)
    distance = np.abs(photo(scene, (240, 180)).astype(float) - COLOURS[color]).max(axis=-1)
    assert (distance < 40).mean() > 0.01


def test_nights_are_darker_than_days() -> None:
    by_day = Scene(kind="forest", place="forest")
    assert photo(replace(by_day, time="night")).mean() < 0.6 * photo(by_day).mean()


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("weather", WEATHERS)
def test_every_weather_happens_at_every_hour(time: str, weather: str) -> None:
    scene = Scene(kind="mountain", place="mountain", time=time, weather=weather)
    clear = replace(scene, time="day" if time != "day" else "night", weather="clear")
    assert difference(photo(scene), photo(clear)) > 5


@pytest.mark.parametrize("food", FOODS)
def test_dishes_look_different(food: str) -> None:
    dish = Scene(kind="food", food=food, count=1, color="white", surface="dark")
    others = [replace(dish, food=other) for other in FOODS if other != food]
    assert min(difference(photo(dish), photo(other)) for other in others) > 1


@pytest.mark.parametrize("surface", SURFACES)
def test_tables_look_different(surface: str) -> None:
    dish = Scene(kind="food", food="soup", count=1, color="white", surface=surface)
    others = [replace(dish, surface=other) for other in SURFACES if other != surface]
    assert min(difference(photo(dish), photo(other)) for other in others) > 2


@pytest.mark.parametrize(("doc", "style"), [(doc, style) for doc, styles in DOC_STYLES.items() for style in styles])
def test_document_styles_look_different(doc: str, style: str) -> None:
    surface = "wooden" if doc in ("document", "receipt") else ""
    sheet = Scene(kind="doc", doc=doc, style=style, color="blue", surface=surface)
    others = [replace(sheet, style=other) for other in DOC_STYLES[doc] if other != style]
    assert min(difference(photo(sheet), photo(other)) for other in others) > 2


def test_a_person_has_the_same_face_in_every_photo() -> None:
    def face(person: int, seed: int) -> npt.NDArray[np.uint8]:
        scene = Scene(kind="portrait", place="beach", obj="person", count=1, color="blue", people=(person,))
        return photo(scene, (120, 120), seed)[36:72, 42:78]

    same = difference(face(1, 10), face(1, 11))
    strangers = [difference(face(1, 10), face(other, 11)) for other in range(2, 14)]
    assert same < np.median(strangers)

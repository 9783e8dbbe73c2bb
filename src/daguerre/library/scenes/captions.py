"""The words for a scene: long captions, short ones, and the keyword queries that people really type."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from daguerre.library.scenes.portraits import identity
from daguerre.library.scenes.scene import Scene, choose

PLACE_WORDS: dict[str, tuple[str, ...]] = {
    "beach": ("beach", "seaside", "shore"),
    "sea": ("sea", "ocean", "open water"),
    "mountain": ("mountains", "hills", "alps"),
    "city": ("city", "town", "street"),
    "forest": ("forest", "woods"),
    "snow": ("snow", "snowy landscape", "winter landscape"),
    "meadow": ("meadow", "field", "grass"),
    "desert": ("desert", "sand dunes"),
    "room": ("room", "living room"),
    "lake": ("lake", "pond"),
}
_PREPOSITIONS = {"sea": "on the", "lake": "on the", "beach": "on the"}
SUBJECT_WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "person": (("person", "man", "woman", "someone"), ("people", "friends", "persons")),
    "dog": (("dog", "puppy"), ("dogs", "puppies")),
    "cat": (("cat", "kitten"), ("cats", "kittens")),
    "bird": (("bird",), ("birds",)),
    "car": (("car", "vehicle"), ("cars", "vehicles")),
    "boat": (("boat", "sailboat", "ship"), ("boats", "sailboats", "ships")),
    "tree": (("tree",), ("trees",)),
    "house": (("house", "home"), ("houses", "homes")),
    "flower": (("flower", "blossom"), ("flowers", "blossoms")),
    "balloon": (("balloon",), ("balloons",)),
}
#: From four on, people say that there are several.
NUMBER_WORDS: dict[int, tuple[str, ...]] = {
    1: ("a", "one", "a single"),
    2: ("two", "a pair of", "two"),
    3: ("three",),
    4: ("several", "many", "a group of"),
}
TIME_WORDS: dict[str, tuple[str, ...]] = {
    "day": ("during the day", "in daylight", "in the daytime"),
    "sunset": ("at sunset", "in the evening", "at dusk"),
    "night": ("at night", "in the dark"),
    "dawn": ("at dawn", "in the early morning", "at sunrise"),
}
WEATHER_WORDS: dict[str, tuple[str, ...]] = {
    "clear": ("with a clear sky", "in clear weather"),
    "cloudy": ("under a cloudy sky", "with clouds"),
    "rain": ("in the rain", "on a rainy day"),
    "fog": ("in fog", "in mist", "on a foggy day"),
    "snowfall": ("while it is snowing", "in falling snow"),
}
FOOD_WORDS: dict[str, tuple[str, ...]] = {
    "pizza": ("pizza",),
    "cake": ("cake", "birthday cake"),
    "fruit": ("fruit", "apples and oranges"),
    "salad": ("salad",),
    "burger": ("burger", "hamburger"),
    "coffee": ("coffee", "cup of coffee"),
    "soup": ("soup", "bowl of soup"),
    "sushi": ("sushi",),
}
SURFACE_WORDS: dict[str, tuple[str, ...]] = {
    "wooden": ("wooden table", "wood"),
    "white": ("white table",),
    "dark": ("dark table", "black table"),
    "green": ("green tablecloth", "green table"),
    "blue": ("blue tablecloth", "blue table"),
    "checked": ("checked tablecloth",),
}
DOC_WORDS: dict[str, tuple[str, ...]] = {
    "document": ("document", "page of text", "paper"),
    "receipt": ("receipt", "bill"),
    "whiteboard": ("whiteboard",),
    "screenshot": ("screenshot", "phone screen"),
    "chart": ("chart", "graph"),
}
STYLE_WORDS: dict[str, tuple[str, ...]] = {
    "heading": ("with a heading", "with a title"),
    "table": ("with a table of numbers",),
    "stamp": ("with a stamp",),
    "long": ("with many lines",),
    "short": ("with few lines",),
    "diagram": ("with a diagram",),
    "notes": ("with handwritten notes",),
    "chat": ("of a chat", "of messages"),
    "map": ("of a map",),
    "gallery": ("of a photo gallery",),
    "bar": ("with bars",),
    "line": ("with a line",),
    "pie": ("with a pie",),
}


def caption(rng: np.random.Generator, scene: Scene, full: bool) -> str:
    """Describe a scene in a phrase; `full` says everything that is true, otherwise details are left out by chance."""
    prefix = choose(rng, ("", "", "a photo of ", "a picture of ", "photo of "))
    return _article(prefix + " ".join(_PHRASES.get(scene.kind, _view)(rng, scene, 1.0 if full else 0.6)))


def keywords(rng: np.random.Generator, scene: Scene) -> str:
    """Return a query of one to four words that this scene answers."""
    return _article(_query(rng, scene))


def _query(rng: np.random.Generator, scene: Scene) -> str:
    if scene.kind == "food":
        food = choose(rng, FOOD_WORDS[scene.food])
        surface = choose(rng, SURFACE_WORDS[scene.surface])
        return choose(rng, ("food", food, food, f"{food} on a {scene.color} plate", f"{food} on {surface}"))
    if scene.kind == "doc":
        doc = choose(rng, DOC_WORDS[scene.doc])
        return choose(rng, (doc, doc, f"{doc} {choose(rng, STYLE_WORDS[scene.style])}", f"{scene.color} {doc}"))
    place = choose(rng, PLACE_WORDS[scene.place])
    time = choose(rng, TIME_WORDS[scene.time])
    if scene.kind == "portrait":
        return _portrait_keywords(rng, scene, place, time)
    weather = choose(rng, WEATHER_WORDS[scene.weather])
    views = (place, f"{place} {time}", f"{place} {weather}") if place != "room" else (place, f"{place} {time}")
    if not scene.obj or rng.random() < 0.3:
        return choose(rng, views)
    thing = subject_word(rng, scene.obj, scene.count)
    number = number_word(rng, scene.count)
    coloured = f"{thing} in {scene.color}" if scene.obj == "person" else f"{scene.color} {thing}"
    return choose(
        rng,
        (thing, coloured, coloured, f"{number} {thing}", f"{number} {thing}", f"{number} {coloured}", f"{thing} {place}",
         f"{coloured} {time}", f"{thing} {time}"),
    )  # fmt: skip


def subject_word(rng: np.random.Generator, obj: str, count: int) -> str:
    """Return a noun for a subject, plural from two on."""
    return choose(rng, SUBJECT_WORDS[obj][0 if count == 1 else 1])


def number_word(rng: np.random.Generator, count: int) -> str:
    """Return how people say a count."""
    return choose(rng, NUMBER_WORDS[min(count, 4)])


def _article(text: str) -> str:
    return text.replace("a orange ", "an orange ")


def _portrait_keywords(rng: np.random.Generator, scene: Scene, place: str, time: str) -> str:
    who = _who(rng, scene.count)
    face = identity(scene.people[0])
    looks = [f"{who} with {face.hair} hair"] if scene.count == 1 else [who]
    if face.glasses and scene.count == 1:
        looks.append(f"{who} with glasses")
    return choose(
        rng,
        ("portrait", f"portrait of {who}", f"{who} in {scene.color}", f"portrait {place}", f"portrait {time}", *looks),
    )


def _who(rng: np.random.Generator, count: int) -> str:
    if count == 1:
        return choose(rng, ("a person", "a man", "a woman", "someone"))
    return (
        choose(rng, ("two people", "a couple", "two friends"))
        if count == 2
        else choose(rng, ("three people", "three friends"))
    )


def _view(rng: np.random.Generator, scene: Scene, detail: float) -> list[str]:
    words: list[str] = []
    if scene.obj:
        thing = subject_word(rng, scene.obj, scene.count)
        coloured = rng.random() < detail
        if coloured and scene.obj != "person":
            thing = f"{scene.color} {thing}"
        words += [number_word(rng, scene.count), thing]
        if coloured and scene.obj == "person":
            words.append(choose(rng, (f"in {scene.color}", f"wearing {scene.color}")))
        words.append(_PREPOSITIONS.get(scene.place, "in the"))
    else:
        words.append(choose(rng, ("the", "a view of the", "landscape of the")))
    words.append(choose(rng, PLACE_WORDS[scene.place]))
    if rng.random() < detail:
        words.append(choose(rng, TIME_WORDS[scene.time]))
    if scene.place != "room" and rng.random() < detail:
        words.append(choose(rng, WEATHER_WORDS[scene.weather]))
    return words


def _food(rng: np.random.Generator, scene: Scene, detail: float) -> list[str]:
    food = choose(rng, FOOD_WORDS[scene.food])
    number = {1: choose(rng, ("", "one plate of", "a plate of")), 2: "two plates of", 3: "three plates of"}[scene.count]
    words = [number, food] if rng.random() < detail else [food]
    if rng.random() < detail:
        words.append(f"on {'a ' if scene.count == 1 else ''}{scene.color} plate{'' if scene.count == 1 else 's'}")
    if rng.random() < detail:
        words.append(f"on a {choose(rng, SURFACE_WORDS[scene.surface])}")
    return [word for word in words if word]


def _doc(rng: np.random.Generator, scene: Scene, detail: float) -> list[str]:
    words = [choose(rng, ("a", "a scan of a", "the"))]
    if rng.random() < detail:
        words.append(scene.color)
    words.append(choose(rng, DOC_WORDS[scene.doc]))
    if rng.random() < detail:
        words.append(choose(rng, STYLE_WORDS[scene.style]))
    if scene.surface and rng.random() < detail:
        words.append(f"on a {choose(rng, SURFACE_WORDS[scene.surface])}")
    return words


def _portrait(rng: np.random.Generator, scene: Scene, detail: float) -> list[str]:
    words = [choose(rng, ("a portrait of", "a close up of", "a selfie of")), _who(rng, scene.count)]
    face = identity(scene.people[0])
    if scene.count == 1 and rng.random() < detail:
        words.append(f"with {face.hair} hair" + (" and glasses" if face.glasses else ""))
    if rng.random() < detail:
        words.append(f"wearing {scene.color}")
    if rng.random() < detail:
        words.append(f"{_PREPOSITIONS.get(scene.place, 'in the')} {choose(rng, PLACE_WORDS[scene.place])}")
    if rng.random() < detail:
        words.append(choose(rng, TIME_WORDS[scene.time]))
    return words


_PHRASES: dict[str, Callable[[np.random.Generator, Scene, float], list[str]]] = {
    "food": _food,
    "doc": _doc,
    "portrait": _portrait,
}

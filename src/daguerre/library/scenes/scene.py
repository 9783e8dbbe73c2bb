"""What a generated photo shows: the structured truth that pixels, captions and queries are all made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from daguerre.library.scenes.palette import COLOURS

PLACES = ("beach", "sea", "mountain", "city", "forest", "snow", "meadow", "desert", "room", "lake")
KINDS = (*PLACES, "food", "doc", "portrait")
TIMES = ("day", "sunset", "night", "dawn")
WEATHERS = ("clear", "cloudy", "rain", "fog", "snowfall")
FOODS = ("pizza", "cake", "fruit", "salad", "burger", "coffee", "soup", "sushi")
SURFACES = ("wooden", "white", "dark", "green", "blue", "checked")
DOC_STYLES: dict[str, tuple[str, ...]] = {
    "document": ("heading", "table", "stamp"),
    "receipt": ("long", "short"),
    "whiteboard": ("diagram", "notes"),
    "screenshot": ("chat", "map", "gallery"),
    "chart": ("bar", "line", "pie"),
}
DOCS = tuple(DOC_STYLES)

#: Which subjects may stand in which place.
SUBJECTS_OF: dict[str, tuple[str, ...]] = {
    "beach": ("person", "dog", "boat", "bird", "balloon", "car"),
    "sea": ("boat", "bird", "balloon"),
    "mountain": ("person", "dog", "tree", "house", "bird", "car", "flower"),
    "city": ("car", "person", "dog", "balloon", "bird", "tree"),
    "forest": ("person", "dog", "bird", "car", "flower", "house"),
    "snow": ("person", "dog", "tree", "house", "car", "bird"),
    "meadow": ("person", "dog", "cat", "tree", "house", "flower", "bird", "balloon", "car"),
    "desert": ("person", "car", "dog", "bird", "balloon"),
    "room": ("person", "cat", "dog", "balloon", "flower"),
    "lake": ("boat", "bird", "person", "tree", "house", "balloon"),
}
SUBJECTS = ("person", "dog", "cat", "bird", "car", "boat", "tree", "house", "flower", "balloon")

_COLOURS = tuple(COLOURS)
#: Colours that a subject really comes in; subjects that are not named here come in every colour.
COLOURS_OF: dict[str, tuple[str, ...]] = {
    "dog": ("brown", "black", "white", "gray", "orange"),
    "cat": ("orange", "black", "white", "gray", "brown"),
    "tree": ("green", "orange", "yellow", "red", "pink"),
    "flower": ("red", "blue", "yellow", "white", "orange", "purple", "pink"),
}
PLATES = ("white", "blue", "red", "yellow", "green", "black")
ACCENTS = ("red", "blue", "green", "orange", "purple", "black")

_NO_RAIN = ("desert", "snow")
_SNOWFALL = ("snow", "mountain", "city", "forest")
_KIND_WEIGHTS = np.array([0.068] * len(PLACES) + [0.11, 0.1, 0.11])

Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Everything that is true about one generated photo.

    Attributes:
        kind: One of `KINDS`.
        time: Time of day, one of `TIMES`.
        weather: One of `WEATHERS`; indoors and on tables it is `clear` and means nothing.
        place: For portraits the place behind the people; for the ten places the kind itself; else empty.
        obj: What the photo is of, one of `SUBJECTS`, or empty for a view without a subject.
        count: How many subjects, plates or people there are, 0 to 6.
        color: Name of the colour of the subjects, clothes, plates, or of the accent of a document.
        food: One of `FOODS`, or empty.
        doc: One of `DOCS`, or empty.
        style: What the document looks like, one of `DOC_STYLES[doc]`, or empty.
        surface: What a plate or sheet lies on, one of `SURFACES`, or empty.
        people: Identity seeds of the persons, one each; the same seed is the same face in every photo.
    """

    kind: str
    time: str = "day"
    weather: str = "clear"
    place: str = ""
    obj: str = ""
    count: int = 0
    color: str = ""
    food: str = ""
    doc: str = ""
    style: str = ""
    surface: str = ""
    people: tuple[int, ...] = ()

    def attributes(self) -> dict[str, str | int]:
        """Return the labels that have a value, by name: the truth row of a photo."""
        labels: dict[str, str | int] = {"kind": self.kind}
        if self.kind not in ("food", "doc"):
            labels["time"] = self.time
            if self.place != "room":
                labels["weather"] = self.weather
        for name in ("place", "obj", "count", "color", "food", "doc", "style", "surface"):
            value = getattr(self, name)
            if value:
                labels[name] = value
        return labels


def choose(rng: np.random.Generator, items: tuple[Item, ...]) -> Item:
    """Return one of the items."""
    return items[int(rng.integers(len(items)))]


def sample_scene(rng: np.random.Generator, *, kind: str | None = None) -> Scene:
    """Draw a scene; `kind` fixes what sort of photo it is."""
    if kind is None:
        kind = KINDS[int(rng.choice(len(KINDS), p=_KIND_WEIGHTS / _KIND_WEIGHTS.sum()))]
    if kind == "food":
        return Scene(
            kind=kind,
            food=choose(rng, FOODS),
            count=choose(rng, (1, 1, 2, 3)),
            color=choose(rng, PLATES),
            surface=choose(rng, SURFACES),
        )
    if kind == "doc":
        doc = choose(rng, DOCS)
        surface = choose(rng, SURFACES) if doc in ("document", "receipt") else ""
        return Scene(
            kind=kind, doc=doc, style=choose(rng, DOC_STYLES[doc]), color=choose(rng, ACCENTS), surface=surface
        )
    if kind == "portrait":
        count = choose(rng, (1, 1, 1, 2, 2, 3))
        return Scene(
            kind=kind,
            place=choose(rng, PLACES),
            time=choose(rng, ("day", "day", "sunset", "night")),
            obj="person",
            count=count,
            color=choose(rng, _COLOURS),
            people=_strangers(rng, count),
        )
    return _sample_view(rng, kind)


def _sample_view(rng: np.random.Generator, place: str) -> Scene:
    time = choose(rng, ("day", "day", "sunset", "night", "dawn"))
    weather = choose(rng, _weathers(place))
    if rng.random() < 0.1:
        return Scene(kind=place, place=place, time=time, weather=weather)
    obj = choose(rng, SUBJECTS_OF[place])
    count = choose(rng, (1, 1, 1, 2, 2, 3, 3, 4, 5))
    return Scene(
        kind=place,
        place=place,
        time=time,
        weather=weather,
        obj=obj,
        count=count,
        color=choose(rng, COLOURS_OF.get(obj, _COLOURS)),
        people=_strangers(rng, count) if obj == "person" else (),
    )


def _weathers(place: str) -> tuple[str, ...]:
    if place == "room":
        return ("clear",)
    rain = () if place in _NO_RAIN else ("rain",)
    return ("clear", "clear", "cloudy", "fog", *rain, *(("snowfall",) if place in _SNOWFALL else ()))


def _strangers(rng: np.random.Generator, count: int) -> tuple[int, ...]:
    return tuple(int(seed) for seed in rng.integers(0, 2**31, count))

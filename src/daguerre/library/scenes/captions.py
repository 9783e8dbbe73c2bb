"""How people describe a scene: long captions, short ones, and the keyword queries that they really type."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from daguerre.library.scenes.phrases import SEVERAL, Fact, Phrase, facts
from daguerre.library.scenes.scene import Scene, choose
from daguerre.library.scenes.words import (
    DOC_WORDS,
    FOOD_WORDS,
    NUMBER_WORDS,
    PLACE_WORDS,
    PREPOSITIONS,
    STYLE_WORDS,
    SUBJECT_WORDS,
    SURFACE_WORDS,
    TIME_WORDS,
    WEATHER_WORDS,
)

#: How likely a short caption mentions each further detail.
_SHORT_DETAIL = 0.55


class _Writer:
    """Puts words after words and remembers what they ask for."""

    def __init__(self, rng: np.random.Generator, scene: Scene, detail: float) -> None:
        self.rng, self.scene, self.detail = rng, scene, detail
        self.known = facts(scene)
        self.words: list[str] = []
        self.asks: dict[str, Fact] = {}

    def say(self, words: str | tuple[str, ...], *asked: str) -> None:
        """Say one of the wordings, which asks for the named facts."""
        text = words if isinstance(words, str) else choose(self.rng, words)
        if text:
            self.words.append(text)
        for name in asked:
            self.asks[name] = self.known[name]

    def lucky(self) -> bool:
        """Return whether the next detail is mentioned."""
        return bool(self.rng.random() < self.detail)

    def phrase(self) -> Phrase:
        """Return what was said."""
        text = " ".join(self.words)
        return Phrase(text=text.replace("a orange ", "an orange "), asks=self.asks)


def caption(rng: np.random.Generator, scene: Scene, full: bool) -> str:
    """Describe a scene in a phrase; `full` says everything that is true, otherwise details are left out by chance."""
    return describe(rng, scene, full=full).text


def keywords(rng: np.random.Generator, scene: Scene) -> str:
    """Return a query of one to four words that this scene answers."""
    return ask(rng, scene).text


def describe(rng: np.random.Generator, scene: Scene, *, full: bool) -> Phrase:
    """Return a caption together with the facts that it states."""
    writer = _Writer(rng, scene, 1.0 if full else _SHORT_DETAIL)
    writer.say(("", "", "a photo of", "a picture of", "photo of"))
    _CAPTIONS.get(scene.kind, _view)(writer)
    return writer.phrase()


def ask(rng: np.random.Generator, scene: Scene) -> Phrase:
    """Return a keyword query that the scene answers, together with the facts that it asks for."""
    writer = _Writer(rng, scene, 1.0)
    choose(rng, _QUERIES.get(scene.kind, _BARE_QUERIES if not scene.obj else _VIEW_QUERIES))(writer)
    return writer.phrase()


def _number(writer: _Writer) -> None:
    writer.say(NUMBER_WORDS[min(writer.scene.count, SEVERAL)], "count")


def _thing(writer: _Writer) -> None:
    writer.say(SUBJECT_WORDS[writer.scene.obj][0 if writer.scene.count == 1 else 1], "obj")


def _coloured_thing(writer: _Writer) -> None:
    color = writer.scene.color
    if writer.scene.obj == "person":
        _thing(writer)
        writer.say((f"in {color}", f"wearing {color}"), "color")
    else:
        writer.say(color, "color")
        _thing(writer)


def _place(writer: _Writer) -> None:
    writer.say(PLACE_WORDS[writer.scene.place], "place")


def _time(writer: _Writer) -> None:
    writer.say(TIME_WORDS[writer.scene.time], "time")


def _weather(writer: _Writer) -> None:
    if writer.known["weather"]:
        writer.say(WEATHER_WORDS[writer.scene.weather], "weather")


def _food(writer: _Writer) -> None:
    writer.say(FOOD_WORDS[writer.scene.food], "food")


def _plate(writer: _Writer) -> None:
    one = writer.scene.count == 1
    writer.say(f"on a {writer.scene.color} plate" if one else f"on {writer.scene.color} plates", "color")


def _surface(writer: _Writer) -> None:
    writer.say("on a")
    writer.say(SURFACE_WORDS[writer.scene.surface], "surface")


def _doc(writer: _Writer) -> None:
    writer.say(DOC_WORDS[writer.scene.doc], "doc")


def _accent(writer: _Writer) -> None:
    writer.say(writer.scene.color, "color")


def _style(writer: _Writer) -> None:
    writer.say(STYLE_WORDS[writer.scene.style], "style")


def _who(writer: _Writer) -> None:
    wordings: dict[int, tuple[str, ...]] = {
        1: ("a person", "a man", "a woman", "someone"),
        2: ("two people", "a couple", "two friends"),
        3: ("three people", "three friends"),
    }
    writer.say(wordings.get(writer.scene.count, ("many people", "a group of friends")), "obj", "count")


def _looks(writer: _Writer) -> None:
    if writer.known["hair"]:
        writer.say(f"with {writer.known['hair']} hair", "hair")
        if writer.known["glasses"]:
            writer.say("and glasses", "glasses")


def _clothes(writer: _Writer) -> None:
    writer.say((f"in {writer.scene.color}", f"wearing {writer.scene.color}"), "color")


def _face(writer: _Writer) -> None:
    writer.say(("portrait", "close up", "selfie"), "kind")


def _dish(writer: _Writer) -> None:
    writer.say(("food", "a meal"), "kind")


def _view(writer: _Writer) -> None:
    if writer.scene.obj:
        _number(writer)
        if writer.lucky():
            _coloured_thing(writer)
        else:
            _thing(writer)
        writer.say(PREPOSITIONS.get(writer.scene.place, "in the"))
    else:
        writer.say(("the", "a view of the", "landscape of the"), "obj")
    _place(writer)
    for detail in (_time, _weather):
        if writer.lucky():
            detail(writer)


def _meal(writer: _Writer) -> None:
    if writer.lucky():
        wordings = {1: ("one plate of", "a plate of"), 2: ("two plates of",), 3: ("three plates of",)}
        writer.say(wordings.get(writer.scene.count, ("many plates of",)), "count")
    _food(writer)
    for detail in (_plate, _surface):
        if writer.lucky():
            detail(writer)


def _paper(writer: _Writer) -> None:
    writer.say(("a", "a scan of a", "the"))
    if writer.lucky():
        _accent(writer)
    _doc(writer)
    if writer.lucky():
        _style(writer)
    if writer.scene.surface and writer.lucky():
        _surface(writer)


def _portrait(writer: _Writer) -> None:
    writer.say(("a portrait of", "a close up of", "a selfie of"), "kind")
    _who(writer)
    for detail in (_looks, _clothes):
        if writer.lucky():
            detail(writer)
    if writer.lucky():
        writer.say(PREPOSITIONS.get(writer.scene.place, "in the"))
        _place(writer)
    if writer.lucky():
        _time(writer)


def _together(*parts: Callable[[_Writer], None]) -> Callable[[_Writer], None]:
    def write(writer: _Writer) -> None:
        for part in parts:
            part(writer)

    return write


_CAPTIONS: dict[str, Callable[[_Writer], None]] = {"food": _meal, "doc": _paper, "portrait": _portrait}
_BARE_QUERIES = (_place, _together(_place, _time), _together(_place, _weather))
#: What people ask of a photo with a subject; what is asked more often stands more than once.
_VIEW_QUERIES = (
    *_BARE_QUERIES,
    _thing,
    _coloured_thing,
    _coloured_thing,
    _together(_number, _thing),
    _together(_number, _thing),
    _together(_number, _coloured_thing),
    _together(_thing, _place),
    _together(_coloured_thing, _place),
    _together(_thing, _time),
    _together(_coloured_thing, _time),
)
_QUERIES: dict[str, tuple[Callable[[_Writer], None], ...]] = {
    "food": (_dish, _food, _food, _together(_food, _plate), _together(_food, _surface)),
    "doc": (_doc, _doc, _together(_doc, _style), _together(_accent, _doc)),
    "portrait": (
        _face,
        _together(_face, _who),
        _together(_face, _place),
        _together(_face, _time),
        _together(_who, _clothes),
        _together(_who, _looks),
    ),
}

"""What an owner points the camera at: the scene of one moment, as it is at that hour, with people whom they know."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from daguerre.library.lives import Life
from daguerre.library.occasions import Occasion
from daguerre.library.scenes.scene import DOC_STYLES, SURFACES, WEATHERS, Scene, choose, sample_scene
from daguerre.library.truth import Quality, View

_TRIES = 8
#: What is photographed at work; screenshots and receipts belong to no event.
_WORK_DOCS = ("document", "whiteboard", "chart")
_WET = {"rain", "snowfall"}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A scene, and the names of the people in it."""

    scene: Scene
    people: tuple[str, ...]


def time_of_day(hour: float) -> str:
    """Return the light at a local hour."""
    if 8 <= hour < 17.5:
        return "day"
    if 17.5 <= hour < 20.5:
        return "sunset"
    return "dawn" if 5 <= hour < 8 else "night"


def subject_of(r: np.random.Generator, life: Life, occasion: Occasion, hour: float, weather: str) -> Subject:
    """Draw what is photographed at this hour of an occasion."""
    scene = _wanted(r, life, choose(r, occasion.kinds))
    if scene.kind == "doc":
        return Subject(scene=paper(r, choose(r, _WORK_DOCS)), people=())
    if scene.kind == "food":
        return Subject(scene=scene, people=())
    if scene.kind == "portrait":
        scene = replace(scene, place=choose(r, ("room", occasion.place.views[0])))
    scene = replace(scene, time=_light(scene, hour))
    if scene.place != "room" and scene.kind != "portrait" and weather in _possible(scene):
        scene = replace(scene, weather=weather)
    return with_friends(r, life, scene)


def paper(r: np.random.Generator, doc: str) -> Scene:
    """Return a scene of this sort of document; sheets of paper lie on something."""
    surface = choose(r, SURFACES) if doc in ("document", "receipt") else ""
    return replace(sample_scene(r, kind="doc"), doc=doc, style=choose(r, DOC_STYLES[doc]), surface=surface)


def with_friends(r: np.random.Generator, life: Life, scene: Scene) -> Subject:
    """Put people whom the owner knows into the places of strangers."""
    names = tuple(life.people)
    who = tuple(names[i] for i in r.permutation(len(names))[: len(scene.people)])
    return Subject(scene=replace(scene, people=tuple(life.people[name] for name in who)), people=who)


def draw_weather(r: np.random.Generator) -> str:
    """Return the weather of one occasion."""
    return choose(r, ("clear", "clear", *WEATHERS))


def draw_quality(r: np.random.Generator, flaw_share: float, *, dark: bool) -> Quality:
    """Return how well a single photo comes out."""
    quality = Quality(
        blur=float(r.uniform(0.0, 0.6)),
        noise=float(r.uniform(0.5, 3.0) + 3.0 * dark),
        exposure=_bounded(r.normal(0, 0.12), 0.3),
    )
    if r.random() >= flaw_share:
        return quality
    flaw = choose(r, ("blur", "blur", "dark", "bright", "noise"))
    if flaw == "blur":
        return replace(quality, blur=float(r.uniform(3.0, 10.0)))
    if flaw == "noise":
        return replace(quality, noise=float(r.uniform(12.0, 22.0)))
    # a picture that is two stops too bright is white; one that is too dark can still be made out
    return replace(quality, exposure=-float(r.uniform(0.9, 1.6)) if flaw == "dark" else float(r.uniform(0.5, 0.9)))


def draw_burst(r: np.random.Generator, frames: int) -> list[Quality]:
    """Return the qualities of the frames of a burst; one is clearly the sharpest."""
    noise, exposure = float(r.uniform(0.5, 4.0)), float(r.normal(0, 0.08))
    blurs = [float(blur) for blur in r.uniform(2.0, 9.0, frames)]
    blurs[int(r.integers(frames))] = float(r.uniform(0.0, 0.5))
    return [Quality(blur=blur, noise=noise, exposure=exposure) for blur in blurs]


def draw_view(r: np.random.Generator, spread: float) -> View:
    """Return a frame that differs from the plain one by about `spread`, and never leaves the scene."""
    shift_x, shift_y = (_bounded(shift, 1.5 * spread) for shift in r.normal(0, spread, 2).tolist())
    zoom = 1.0 / (1.0 - 2.0 * max(abs(shift_x), abs(shift_y)) - 0.004)
    return View(shift_x=shift_x, shift_y=shift_y, zoom=zoom, roll_deg=float(r.normal(0, 20 * spread)))


def _wanted(r: np.random.Generator, life: Life, kind: str) -> Scene:
    scene = sample_scene(r, kind=kind)
    for _ in range(_TRIES):
        if not {scene.obj, scene.food} & life.avoids:
            return scene
        scene = sample_scene(r, kind=kind)
    return replace(scene, obj="", count=0, color="", people=()) if scene.obj else replace(scene, food="cake")


def _light(scene: Scene, hour: float) -> str:
    light = time_of_day(hour)
    return "day" if light == "dawn" and scene.kind == "portrait" else light


def _possible(scene: Scene) -> set[str]:
    wet = {"mountain": _WET, "city": _WET, "forest": _WET, "snow": {"snowfall"}, "desert": set()}
    return {"clear", "cloudy", "fog"} | wet.get(scene.place, {"rain"})


def _bounded(number: float, bound: float) -> float:
    return float(min(bound, max(-bound, number)))

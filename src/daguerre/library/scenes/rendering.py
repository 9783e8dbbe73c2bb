"""From a scene to pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from daguerre.library.scenes.canvas import Canvas
from daguerre.library.scenes.documents import paint_document
from daguerre.library.scenes.food import paint_food
from daguerre.library.scenes.palette import COLOURS, Colour, vary
from daguerre.library.scenes.places import Ground, paint_place
from daguerre.library.scenes.portraits import blur_background, identity, paint_portraits
from daguerre.library.scenes.scene import Scene
from daguerre.library.scenes.sky import paint_weather
from daguerre.library.scenes.subjects import SUBJECTS, Figure


def render(rng: np.random.Generator, scene: Scene, size: tuple[int, int] = (640, 480)) -> npt.NDArray[np.uint8]:
    """Return the photo of a scene, `(h, w, 3) uint8` RGB, without a camera's faults.

    Args:
        rng: Decides everything that the scene leaves open: where things stand, how they are turned, textures. The
            same state and aspect give the same picture at every size.
        scene: What the photo shows.
        size: Width and height in pixels.
    """
    canvas = Canvas(size)
    accent = vary(rng, COLOURS[scene.color], 7) if scene.color else (0.0, 0.0, 0.0)
    if scene.kind == "food":
        paint_food(rng, canvas, scene.food, scene.count, accent, scene.surface)
    elif scene.kind == "doc":
        paint_document(rng, canvas, scene.doc, scene.style, accent, scene.surface)
    elif scene.kind == "portrait":
        ground = paint_place(rng, canvas, scene.place, scene.time, scene.weather)
        blur_background(canvas)
        paint_portraits(rng, canvas, ground.light, scene.people, accent)
    else:
        ground = paint_place(rng, canvas, scene.kind, scene.time, scene.weather)
        if scene.obj:
            _place_subjects(rng, canvas, scene, ground, accent)
        paint_weather(rng, canvas, ground.light, scene.weather)
    return canvas.pixels


def _place_subjects(rng: np.random.Generator, canvas: Canvas, scene: Scene, ground: Ground, colour: Colour) -> None:
    """Stand the subjects side by side in slots, far ones first and smaller, so that every one can be counted."""
    subject = SUBJECTS[scene.obj]
    slot = canvas.wide / scene.count
    crowd = 1.0 if scene.count == 1 else 0.82
    height = float(rng.uniform(*subject.heights)) * crowd
    height = min(height, 0.47 * slot / subject.reach * (1.15 if scene.count > 2 else 1.0))
    depths = rng.random(scene.count)
    for position in np.argsort(depths).tolist():
        depth = float(depths[position])
        tall = height * (0.85 + 0.15 * depth)
        slack = max(0.0, 0.5 * slot - subject.reach * tall)
        x = slot * (position + 0.5) + float(rng.uniform(-1, 1)) * min(slack, 0.3 * slot)
        foot = (x, _foot(rng, scene.obj, ground, depth, tall))
        if not subject.flies:
            canvas.shadow(foot, (subject.reach * tall, 0.09 * tall), 0.4)
        figure = Figure(canvas, foot, tall, ground.light, flip=bool(rng.random() < 0.5))
        subject.draw(rng, figure, vary(rng, colour, 5), identity(scene.people[position]) if scene.people else None)


def _foot(rng: np.random.Generator, obj: str, ground: Ground, depth: float, tall: float) -> float:
    if SUBJECTS[obj].flies:
        ceiling = tall * 1.05 + 0.02
        return ceiling + float(rng.random()) * max(0.02, ground.horizon + 0.12 - ceiling)
    far = max(ground.top if obj == "boat" else ground.bank, min(tall * 1.02, ground.bottom))
    return far + depth * (ground.bottom - far) * 0.9

"""People: faces that stay the same from photo to photo."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from daguerre.library.scenes.canvas import Canvas
from daguerre.library.scenes.light import Light
from daguerre.library.scenes.palette import Colour, mix, scale, vary

_HAIR: dict[str, Colour] = {
    "black": (36, 30, 30),
    "brown": (104, 66, 38),
    "blond": (222, 184, 112),
    "red": (176, 76, 34),
    "gray": (158, 158, 160),
}
_EYES: tuple[Colour, ...] = ((74, 50, 34), (62, 104, 150), (74, 116, 72))


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What makes a person the same person in every photo.

    Attributes:
        hair: Name of the hair colour.
        face: Width of the face in its height, 0.72 (narrow) to 0.88 (round).
    """

    skin: Colour
    hair: str
    hair_colour: Colour
    long_hair: bool
    face: float
    eyes: Colour
    glasses: bool
    beard: bool


def identity(seed: int) -> Identity:
    """Return the person that a seed stands for."""
    rng = np.random.default_rng((seed, 0xFACE))
    hair = tuple(_HAIR)[int(rng.integers(len(_HAIR)))]
    long_hair = bool(rng.random() < 0.5)
    return Identity(
        skin=mix((244, 208, 180), (104, 70, 48), float(rng.random()) ** 1.2),
        hair=hair,
        hair_colour=vary(rng, _HAIR[hair], 6),
        long_hair=long_hair,
        face=float(rng.uniform(0.72, 0.88)),
        eyes=_EYES[int(rng.integers(len(_EYES)))],
        glasses=bool(rng.random() < 0.35),
        beard=not long_hair and bool(rng.random() < 0.35),
    )


def blur_background(canvas: Canvas) -> None:
    """Throw what is behind the people out of focus."""
    height, width = canvas.pixels.shape[:2]
    # blurring a small copy is the same picture at a hundredth of the work
    small = cv2.resize(
        canvas.pixels, (max(2, int(60 * canvas.wide)), max(2, int(60 * canvas.high))), interpolation=cv2.INTER_AREA
    )
    soft = cv2.GaussianBlur(small, (0, 0), 1.0)
    canvas.pixels[:] = cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC)


def paint_portraits(
    rng: np.random.Generator, canvas: Canvas, light: Light, people: tuple[int, ...], cloth: Colour
) -> None:
    """Paint head and shoulders of each person, side by side."""
    count = len(people)
    radius = min(0.27, 0.8 * canvas.wide / (3.0 * count)) * float(rng.uniform(0.9, 1.05))
    for position, seed in enumerate(people):
        x = canvas.wide * (position + 0.5) / count + float(rng.normal(0, 0.012))
        y = canvas.high * 0.45 + float(rng.normal(0, 0.02))
        _paint_bust(rng, canvas, light, identity(seed), (x, y), radius, cloth)


def _paint_bust(
    rng: np.random.Generator,
    canvas: Canvas,
    light: Light,
    who: Identity,
    head: tuple[float, float],
    radius: float,
    cloth: Colour,
) -> None:
    x, y = head
    skin, hair = light.on(who.skin), light.on(who.hair_colour)
    shirt = light.on(cloth)
    wide = who.face * radius
    if who.long_hair:
        canvas.ellipse((x, y + 0.25 * radius), (wide * 1.32, radius * 1.45), scale(hair, 0.85))
    bottom = canvas.high + 0.02
    shoulder = y + 1.12 * radius
    canvas.ellipse((x, shoulder + 0.65 * radius), (1.72 * radius, 0.72 * radius), shirt)
    canvas.rectangle(x - 1.72 * radius, shoulder + 0.6 * radius, 3.44 * radius, max(0.0, bottom - shoulder), shirt)
    canvas.polygon(
        (
            (x - 0.4 * wide, y + 0.7 * radius),
            (x + 0.4 * wide, y + 0.7 * radius),
            (x + 0.5 * wide, shoulder + 0.25 * radius),
            (x - 0.5 * wide, shoulder + 0.25 * radius),
        ),
        scale(skin, 0.86),
    )
    canvas.ellipse((x, shoulder + 0.22 * radius), (0.5 * wide, 0.22 * radius), scale(skin, 0.86))
    for side in (-1, 1):
        canvas.ellipse((x + side * wide * 0.98, y + 0.08 * radius), (0.12 * radius, 0.18 * radius), scale(skin, 0.92))
    canvas.ellipse((x, y - 0.18 * radius), (wide * 1.12, radius * 1.02), hair)
    canvas.ellipse((x, y + 0.06 * radius), (wide, radius * 0.98), skin)
    canvas.ellipse((x, y - 0.2 * radius), (wide * 1.03, radius * 0.86), hair, arc=(200, 340))
    if who.beard:
        canvas.ellipse((x, y + 0.5 * radius), (wide * 0.86, radius * 0.56), scale(hair, 0.95), arc=(0, 180))
    _paint_features(rng, canvas, who, (x, y), radius, skin, hair)


def _paint_features(
    rng: np.random.Generator,
    canvas: Canvas,
    who: Identity,
    head: tuple[float, float],
    radius: float,
    skin: Colour,
    hair: Colour,
) -> None:
    x, y = head
    smile = float(rng.uniform(0.1, 0.2))
    look = float(rng.uniform(-0.03, 0.03))
    for side in (-1, 1):
        eye = (x + side * 0.34 * who.face * radius * 1.15, y + 0.02 * radius)
        canvas.ellipse(eye, (0.14 * radius, 0.085 * radius), (246, 246, 244))
        iris = (eye[0] + look * radius, eye[1])
        canvas.ellipse(iris, (0.07 * radius, 0.078 * radius), who.eyes)
        canvas.ellipse(iris, (0.034 * radius, 0.04 * radius), (14, 14, 16))
        canvas.ellipse(
            (iris[0] - 0.025 * radius, iris[1] - 0.03 * radius), (0.016 * radius, 0.016 * radius), (255, 255, 255)
        )
        canvas.arc(
            (eye[0], eye[1] - 0.1 * radius),
            (0.18 * radius, 0.08 * radius),
            scale(hair, 0.8),
            0.045 * radius,
            arc=(200, 340),
        )
        canvas.ellipse(
            (x + side * 0.5 * radius, y + 0.38 * radius),
            (0.14 * radius, 0.1 * radius),
            mix(skin, (230, 110, 110), 0.22),
        )
        if who.glasses:
            canvas.arc(eye, (0.24 * radius, 0.2 * radius), (30, 30, 34), 0.045 * radius, arc=(0, 360))
    if who.glasses:
        canvas.line((x - 0.16 * radius, y), (x + 0.16 * radius, y), (30, 30, 34), 0.04 * radius)
    canvas.curve(
        [(x, y + 0.1 * radius), (x - 0.08 * radius, y + 0.32 * radius), (x + 0.04 * radius, y + 0.34 * radius)],
        scale(skin, 0.74),
        0.035 * radius,
    )
    canvas.ellipse((x, y + 0.52 * radius), (0.27 * radius, smile * radius), (168, 62, 66), arc=(0, 180))
    canvas.ellipse((x, y + 0.53 * radius), (0.2 * radius, 0.4 * smile * radius), (246, 242, 238), arc=(0, 180))

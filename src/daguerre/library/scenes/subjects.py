"""The ten things that photos are of, each drawn in its own height above its foot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from daguerre.library.scenes.canvas import Canvas, Point
from daguerre.library.scenes.light import Light
from daguerre.library.scenes.palette import Colour, mix, scale
from daguerre.library.scenes.plants import paint_flower, paint_tree
from daguerre.library.scenes.portraits import Identity


class Figure:
    """Draws in a subject's own coordinates: x to its right, y upwards from its foot, both in shares of its height."""

    def __init__(self, canvas: Canvas, foot: Point, height: float, light: Light, *, flip: bool) -> None:
        """Stand a figure on a point of the canvas; `flip` makes it look the other way."""
        self.canvas, self.foot, self.height, self.light = canvas, foot, height, light
        self.side = -1.0 if flip else 1.0

    def at(self, x: float, y: float) -> Point:
        """Return a point of the figure in the canvas's coordinates."""
        return (self.foot[0] + self.side * x * self.height, self.foot[1] - y * self.height)

    def ellipse(self, x: float, y: float, across: float, up: float, colour: Colour, *, angle: float = 0.0) -> None:
        """Fill an ellipse."""
        axes = (across * self.height, up * self.height)
        self.canvas.ellipse(self.at(x, y), axes, self.light.on(colour), angle=-angle * self.side)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill a polygon."""
        self.canvas.polygon([self.at(x, y) for x, y in points], self.light.on(colour))

    def curve(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """Draw a stroke."""
        self.canvas.curve([self.at(x, y) for x, y in points], self.light.on(colour), width * self.height)


Draw = Callable[[np.random.Generator, Figure, Colour, Identity | None], None]


def _person(rng: np.random.Generator, figure: Figure, colour: Colour, who: Identity | None) -> None:
    assert who is not None
    trousers = scale((70, 76, 104), float(rng.uniform(0.6, 1.2)))
    swing = float(rng.uniform(0.02, 0.1))
    for side in (-1, 1):
        figure.polygon([(0.11 * side, 0.45), (0.0, 0.45), (swing * side, 0.0), ((swing + 0.09) * side, 0.0)], trousers)
        elbow = (side * (0.21 + 0.05 * swing), 0.58)
        figure.curve([(0.14 * side, 0.76), elbow, (side * 0.2, 0.42)], scale(colour, 0.86), 0.065)
        figure.ellipse(side * 0.2, 0.41, 0.035, 0.035, who.skin)
    figure.polygon([(-0.15, 0.8), (0.15, 0.8), (0.13, 0.4), (-0.13, 0.4)], colour)
    figure.polygon([(0.05, 0.8), (0.15, 0.8), (0.13, 0.4), (0.06, 0.4)], scale(colour, 0.86))
    figure.polygon([(-0.035, 0.86), (0.035, 0.86), (0.045, 0.79), (-0.045, 0.79)], scale(who.skin, 0.9))
    if who.long_hair:
        figure.ellipse(0, 0.89, 0.1, 0.12, who.hair_colour)
    figure.ellipse(0, 0.93, 0.088, 0.09, who.hair_colour)
    figure.ellipse(0, 0.905, 0.07, 0.085, who.skin)
    for side in (-1, 1):
        figure.ellipse(side * 0.026, 0.915, 0.0085, 0.01, (34, 28, 26))
    figure.ellipse(0, 0.868, 0.02, 0.0065, (164, 70, 70))


def _dog(rng: np.random.Generator, figure: Figure, colour: Colour, who: Identity | None) -> None:
    dark = scale(colour, 0.72)
    figure.curve([(-0.5, 0.55), (-0.66, 0.72), (-0.68, 0.9)], colour, 0.075)
    for x, tone in ((-0.4, dark), (0.34, dark), (-0.28, colour), (0.26, colour)):
        figure.polygon([(x - 0.055, 0.45), (x + 0.055, 0.45), (x + 0.045, 0.0), (x - 0.045, 0.0)], tone)
    figure.ellipse(0, 0.5, 0.52, 0.2, colour)
    figure.ellipse(0.42, 0.66, 0.17, 0.18, colour)
    figure.ellipse(0.54, 0.82, 0.2, 0.17, colour)
    figure.ellipse(0.73, 0.76, 0.14, 0.08, mix(colour, (255, 255, 255), 0.2))
    figure.ellipse(0.85, 0.79, 0.04, 0.035, (24, 22, 24))
    figure.ellipse(0.44, 0.8, 0.075, 0.17, scale(colour, 0.55), angle=12)
    figure.ellipse(0.6, 0.87, 0.026, 0.03, (20, 18, 18))
    figure.curve([(0.32, 0.6), (0.44, 0.52)], (190, 50, 50), 0.04)


def _cat(rng: np.random.Generator, figure: Figure, colour: Colour, who: Identity | None) -> None:
    dark = scale(colour, 0.7)
    figure.curve([(0.22, 0.1), (0.5, 0.12), (0.56, 0.34), (0.46, 0.5)], dark, 0.075)
    figure.ellipse(0, 0.28, 0.27, 0.3, colour)
    figure.ellipse(0, 0.24, 0.13, 0.2, mix(colour, (255, 255, 255), 0.4))
    for side in (-1, 1):
        figure.ellipse(side * 0.13, 0.05, 0.09, 0.055, dark)
        figure.polygon([(side * 0.21, 0.74), (side * 0.19, 1.02), (side * 0.03, 0.86)], colour)
        figure.polygon([(side * 0.17, 0.8), (side * 0.17, 0.95), (side * 0.07, 0.87)], (226, 160, 160))
    figure.ellipse(0, 0.7, 0.23, 0.2, colour)
    for side in (-1, 1):
        figure.ellipse(side * 0.09, 0.74, 0.048, 0.055, (126, 190, 70))
        figure.ellipse(side * 0.09, 0.74, 0.018, 0.05, (16, 18, 16))
        figure.curve([(side * 0.07, 0.63), (side * 0.27, 0.66)], (210, 210, 206), 0.012)
    figure.ellipse(0, 0.655, 0.03, 0.022, (206, 110, 116))


def _bird(rng: np.random.Generator, figure: Figure, colour: Colour, who: Identity | None) -> None:
    dark = scale(colour, 0.68)
    lift = float(rng.uniform(0.55, 1.0))
    figure.polygon([(-0.42, 0.42), (-0.8, 0.56), (-0.76, 0.34)], dark)
    figure.polygon([(0.12, 0.45), (-0.22, 0.45), (-0.3, 0.45 + 0.55 * lift)], dark)
    figure.ellipse(0, 0.42, 0.46, 0.19, colour, angle=8)
    figure.ellipse(0.02, 0.34, 0.3, 0.09, mix(colour, (255, 255, 255), 0.35), angle=8)
    figure.ellipse(0.44, 0.56, 0.17, 0.16, colour)
    figure.polygon([(0.58, 0.6), (0.8, 0.53), (0.58, 0.49)], (242, 166, 36))
    figure.ellipse(0.49, 0.6, 0.03, 0.03, (14, 14, 16))
    figure.polygon([(0.18, 0.48), (-0.2, 0.48), (-0.06, 0.48 + 0.6 * lift)], scale(colour, 0.84))


def _car(rng: np.random.Generator, figure: Figure, colour: Colour, who: Identity | None) -> None:
    figure.polygon([(-0.6, 0.55), (-0.36, 0.98), (0.38, 0.98), (0.72, 0.55)], scale(colour, 0.9))
    figure.polygon([(-0.5, 0.57), (-0.31, 0.9), (-0.02, 0.9), (-0.02, 0.57)], (170, 206, 224))
    figure.polygon([(0.05, 0.57), (0.05, 0.9), (0.33, 0.9), (0.58, 0.57)], (150, 190, 212))
    figure.polygon([(-1.05, 0.52), (-0.95, 0.6), (0.78, 0.58), (1.1, 0.46), (1.12, 0.2), (-1.08, 0.2)], colour)
    figure.polygon([(-1.08, 0.3), (1.12, 0.3), (1.12, 0.2), (-1.08, 0.2)], scale(colour, 0.7))
    figure.ellipse(1.04, 0.42, 0.05, 0.05, (255, 246, 196))
    figure.ellipse(-1.03, 0.45, 0.04, 0.05, (206, 36, 30))
    figure.curve([(0.01, 0.56), (0.01, 0.26)], scale(colour, 0.7), 0.015)
    for x in (-0.62, 0.64):
        figure.ellipse(x, 0.2, 0.22, 0.22, (28, 28, 30))
        figure.ellipse(x, 0.2, 0.11, 0.11, (176, 178, 184))


def _boat(rng: np.random.Generator, figure: Figure, colour: Colour, who: Identity | None) -> None:
    figure.curve([(0, 0.2), (0, 1.0)], (110, 84, 60), 0.03)
    figure.polygon([(0.04, 0.96), (0.04, 0.27), (0.46, 0.27)], (246, 244, 238))
    figure.polygon([(-0.04, 0.86), (-0.04, 0.27), (-0.34, 0.27)], (226, 226, 222))
    figure.polygon([(-0.58, 0.24), (0.62, 0.24), (0.44, 0.0), (-0.42, 0.0)], colour)
    figure.polygon([(-0.58, 0.24), (0.62, 0.24), (0.59, 0.19), (-0.55, 0.19)], mix(colour, (255, 255, 255), 0.55))
    figure.polygon([(0, 1.0), (0, 0.92), (0.13, 0.96)], colour)


def _tree(rng: np.random.Generator, figure: Figure, colour: Colour, who: Identity | None) -> None:
    pine = bool(rng.random() < 0.4)
    paint_tree(rng, figure.canvas, figure.foot, figure.height, figure.light.on(colour), pine=pine)


def _house(rng: np.random.Generator, figure: Figure, colour: Colour, who: Identity | None) -> None:
    figure.polygon([(0.2, 0.98), (0.34, 0.98), (0.34, 0.7), (0.2, 0.7)], (140, 84, 70))
    figure.polygon([(-0.52, 0.6), (0.52, 0.6), (0.52, 0.0), (-0.52, 0.0)], colour)
    figure.polygon([(0.2, 0.6), (0.52, 0.6), (0.52, 0.0), (0.2, 0.0)], scale(colour, 0.88))
    figure.polygon([(-0.64, 0.58), (0, 1.0), (0.64, 0.58)], (132, 74, 58))
    figure.polygon([(-0.1, 0.36), (0.1, 0.36), (0.1, 0.0), (-0.1, 0.0)], (96, 64, 44))
    for x in (-0.4, 0.22):
        figure.polygon([(x, 0.47), (x + 0.19, 0.47), (x + 0.19, 0.24), (x, 0.24)], (244, 242, 236))
        figure.polygon([(x + 0.02, 0.45), (x + 0.17, 0.45), (x + 0.17, 0.26), (x + 0.02, 0.26)], (250, 224, 146))


def _flower(rng: np.random.Generator, figure: Figure, colour: Colour, who: Identity | None) -> None:
    green = figure.light.on((58, 132, 56))
    paint_flower(rng, figure.canvas, figure.foot, figure.height, figure.light.on(colour), green)


def _balloon(rng: np.random.Generator, figure: Figure, colour: Colour, who: Identity | None) -> None:
    sway = float(rng.uniform(-0.08, 0.08))
    figure.curve([(0, 0.32), (sway, 0.16), (-sway, 0.0)], (190, 190, 190), 0.014)
    figure.polygon([(-0.05, 0.29), (0.05, 0.29), (0, 0.36)], scale(colour, 0.8))
    figure.ellipse(0, 0.66, 0.28, 0.34, colour)
    figure.ellipse(-0.1, 0.77, 0.055, 0.09, mix(colour, (255, 255, 255), 0.6), angle=20)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """How a subject is drawn.

    Attributes:
        draw: Draws it.
        heights: Smallest and largest height of a lone one, in short sides of the picture.
        reach: Half its width, in heights.
        flies: Whether it hangs in the air.
    """

    draw: Draw
    heights: tuple[float, float]
    reach: float
    flies: bool = False


SUBJECTS: dict[str, Subject] = {
    "person": Subject(draw=_person, heights=(0.44, 0.72), reach=0.24),
    "dog": Subject(draw=_dog, heights=(0.26, 0.42), reach=0.82),
    "cat": Subject(draw=_cat, heights=(0.34, 0.52), reach=0.45),
    "bird": Subject(draw=_bird, heights=(0.22, 0.36), reach=0.8, flies=True),
    "car": Subject(draw=_car, heights=(0.22, 0.32), reach=1.12),
    "boat": Subject(draw=_boat, heights=(0.36, 0.58), reach=0.62),
    "tree": Subject(draw=_tree, heights=(0.5, 0.78), reach=0.36),
    "house": Subject(draw=_house, heights=(0.38, 0.56), reach=0.64),
    "flower": Subject(draw=_flower, heights=(0.34, 0.56), reach=0.32),
    "balloon": Subject(draw=_balloon, heights=(0.32, 0.5), reach=0.3, flies=True),
}

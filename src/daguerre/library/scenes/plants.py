"""Trees and flowers, near and far."""

from __future__ import annotations

import math

import numpy as np

from daguerre.library.scenes.canvas import Canvas, Point
from daguerre.library.scenes.palette import Colour, mix, scale


def paint_tree(
    rng: np.random.Generator,
    canvas: Canvas,
    foot: Point,
    height: float,
    leaf: Colour,
    *,
    pine: bool,
    snowy: bool = False,
) -> None:
    """Paint a tree that stands on `foot`: a pine of four skirts, or a round crown of leaves."""
    x, y = foot
    bark = mix(scale(leaf, 0.45), (86, 60, 40), 0.6)
    canvas.rectangle(x - 0.045 * height, y - 0.42 * height, 0.09 * height, 0.42 * height, bark)
    if pine:
        for skirt in range(4):
            tip, half = y - (1.0 - 0.2 * skirt) * height, (0.13 + 0.065 * skirt) * height
            base = tip + 0.3 * height
            canvas.polygon(((x, tip), (x + half, base), (x - half, base)), scale(leaf, 0.82))
            canvas.polygon(((x, tip), (x, base), (x - half, base)), leaf)
            if snowy:
                white = mix(leaf, (240, 244, 250), 0.8)
                canvas.polygon(
                    ((x, tip), (x + 0.4 * half, tip + 0.1 * height), (x - 0.4 * half, tip + 0.1 * height)), white
                )
        return
    puffs = rng.standard_normal((13, 2)) * (0.13, 0.1)
    order = np.argsort(puffs[:, 1])[::-1]
    for puff, (dx, dy) in enumerate(puffs[order].tolist()):
        tone = 0.74 + 0.3 * puff / len(puffs)
        canvas.ellipse((x + dx * height, y - (0.7 - dy) * height), (0.16 * height, 0.135 * height), scale(leaf, tone))


def paint_flower(
    rng: np.random.Generator, canvas: Canvas, foot: Point, height: float, petal: Colour, green: Colour
) -> None:
    """Paint a flower with six petals, a stem and two leaves."""
    x, y = foot
    lean = float(rng.normal(0, 0.07)) * height
    head = (x + lean, y - 0.68 * height)
    canvas.curve([(x, y), (x + 0.3 * lean, y - 0.35 * height), head], green, 0.035 * height)
    for side in (-1, 1):
        canvas.ellipse(
            (x + side * 0.11 * height, y - 0.22 * height), (0.12 * height, 0.045 * height), green, angle=-30 * side
        )
    turn = float(rng.uniform(0, 60))
    for step in range(6):
        angle = math.radians(turn + 60 * step)
        center = (head[0] + 0.16 * height * math.cos(angle), head[1] + 0.16 * height * math.sin(angle))
        tone = scale(petal, 0.86 if step % 2 else 1.0)
        canvas.ellipse(center, (0.14 * height, 0.095 * height), tone, angle=turn + 60 * step)
    canvas.ellipse(head, (0.085 * height, 0.085 * height), mix((246, 200, 50), scale(petal, 0.5), 0.25))

"""Eight dishes, seen from above, on plates on a table."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from daguerre.library.scenes.canvas import Canvas, Point
from daguerre.library.scenes.palette import COLOURS, Colour, mix, scale, vary

_CLOTHS: dict[str, Colour] = {
    "wooden": (158, 108, 64),
    "white": (232, 230, 226),
    "dark": (46, 42, 42),
    "green": (92, 140, 92),
    "blue": (92, 124, 176),
    "checked": (226, 222, 216),
}


def paint_surface(rng: np.random.Generator, canvas: Canvas, surface: str) -> None:
    """Cover the whole picture with a table top or a tablecloth."""
    base = vary(rng, _CLOTHS[surface], 6)
    everything = [(0, 0), (canvas.wide, 0), (canvas.wide, canvas.high), (0, canvas.high)]
    cells = (2.0, 60.0) if surface == "wooden" else (24.0, 24.0)
    canvas.textured(
        rng, everything, (scale(base, 1.05), scale(base, 0.92)), rough=11 if surface == "wooden" else 3, cells=cells
    )
    if surface == "wooden":
        for y in np.arange(rng.uniform(0, 0.2), canvas.high, 0.24).tolist():
            canvas.line((0, y), (canvas.wide, y), scale(base, 0.6), 0.007)
    elif surface == "checked":
        _paint_checks(canvas, (196, 60, 58))


def paint_food(rng: np.random.Generator, canvas: Canvas, food: str, count: int, plate: Colour, surface: str) -> None:
    """Lay `count` plates of a dish on a table."""
    paint_surface(rng, canvas, surface)
    wide_first = canvas.wide >= canvas.high
    long_side = max(canvas.wide, canvas.high)
    radius = min(0.4, 0.44 * long_side / count) * float(rng.uniform(0.88, 1.0))
    for position in range(count):
        along = long_side * (position + 0.5) / count
        across = 0.5 + float(rng.normal(0, 0.03)) + (0.08 * (-1) ** position if count > 1 else 0)
        center = (along, across) if wide_first else (across, along)
        _paint_plate(canvas, center, radius, plate)
        _DISHES[food](rng, canvas, center, radius * 0.72)


def _paint_checks(canvas: Canvas, colour: Colour) -> None:
    veil = canvas.pixels.astype(np.float32)
    cell = 0.13 * canvas.unit
    rows = (np.arange(canvas.pixels.shape[0]) // cell % 2).astype(np.float32)
    columns = (np.arange(canvas.pixels.shape[1]) // cell % 2).astype(np.float32)
    weight = ((rows[:, None] + columns) * np.float32(0.38))[..., None]
    canvas.pixels[:] = (veil * (1 - weight) + np.array(colour, np.float32) * weight).astype(np.uint8)


def _paint_plate(canvas: Canvas, center: Point, radius: float, colour: Colour) -> None:
    canvas.shadow((center[0] + 0.02, center[1] + 0.03), (radius * 1.16, radius * 1.16), 0.45)
    canvas.ellipse(center, (radius, radius), colour)
    canvas.ellipse(center, (radius * 0.76, radius * 0.76), mix(colour, (255, 255, 255), 0.22))


def _around(center: Point, distance: float, angle: float) -> Point:
    return (center[0] + distance * math.cos(angle), center[1] + distance * math.sin(angle))


def _scatter(rng: np.random.Generator, center: Point, reach: float, count: int) -> list[Point]:
    angles, distances = rng.uniform(0, 2 * math.pi, count), reach * np.sqrt(rng.random(count))
    return [
        _around(center, distance, angle) for distance, angle in zip(distances.tolist(), angles.tolist(), strict=True)
    ]


def _pizza(rng: np.random.Generator, canvas: Canvas, center: Point, radius: float) -> None:
    canvas.ellipse(center, (radius, radius), (202, 144, 78))
    canvas.ellipse(center, (radius * 0.86, radius * 0.86), (206, 70, 40))
    canvas.ellipse(center, (radius * 0.8, radius * 0.8), (246, 206, 104))
    for spot in _scatter(rng, center, radius * 0.66, 9):
        canvas.ellipse(spot, (radius * 0.14, radius * 0.14), (186, 44, 36))
    for spot in _scatter(rng, center, radius * 0.7, 8):
        canvas.ellipse(spot, (radius * 0.07, radius * 0.04), (66, 128, 52), angle=float(rng.uniform(0, 180)))
    turn = float(rng.uniform(0, math.pi))
    for step in range(3):
        angle = turn + step * math.pi / 3
        canvas.line(_around(center, radius, angle), _around(center, -radius, angle), (176, 112, 60), radius * 0.02)


def _cake(rng: np.random.Generator, canvas: Canvas, center: Point, radius: float) -> None:
    x, y = center
    sponge, cream = (228, 178, 114), (252, 240, 232)
    berry: Colour = vary(rng, (212, 66, 104), 8)
    canvas.rectangle(x - radius * 0.8, y - radius * 0.25, radius * 1.6, radius * 0.9, sponge)
    canvas.rectangle(x - radius * 0.8, y + radius * 0.1, radius * 1.6, radius * 0.14, cream)
    canvas.ellipse((x, y + radius * 0.65), (radius * 0.8, radius * 0.16), scale(sponge, 0.9))
    canvas.ellipse((x, y - radius * 0.25), (radius * 0.8, radius * 0.26), cream)
    for step in range(7):
        drip = x + radius * (-0.72 + 0.24 * step)
        canvas.ellipse((drip, y - radius * 0.08), (radius * 0.09, radius * 0.14), cream)
    for step in range(3):
        candle = x + radius * (-0.4 + 0.4 * step)
        canvas.rectangle(candle - radius * 0.03, y - radius * 0.75, radius * 0.06, radius * 0.45, berry)
        canvas.ellipse((candle, y - radius * 0.84), (radius * 0.05, radius * 0.1), (255, 190, 60))


def _fruit(rng: np.random.Generator, canvas: Canvas, center: Point, radius: float) -> None:
    fruits: tuple[Colour, ...] = ((200, 44, 40), (242, 146, 32), (240, 208, 60), (116, 172, 56))
    for step in range(7):
        spot = center if step == 6 else _around(center, radius * 0.6, step * math.pi / 3)
        colour = vary(rng, fruits[step % len(fruits)], 8)
        canvas.ellipse(spot, (radius * 0.34, radius * 0.34), scale(colour, 0.82))
        canvas.ellipse((spot[0] - radius * 0.03, spot[1] - radius * 0.03), (radius * 0.29, radius * 0.29), colour)
        canvas.ellipse(
            (spot[0] - radius * 0.1, spot[1] - radius * 0.12),
            (radius * 0.06, radius * 0.06),
            mix(colour, (255, 255, 255), 0.6),
        )


def _salad(rng: np.random.Generator, canvas: Canvas, center: Point, radius: float) -> None:
    for spot in _scatter(rng, center, radius * 0.75, 34):
        leaf = vary(rng, (92, 164, 56), 22)
        canvas.ellipse(spot, (radius * 0.26, radius * 0.12), leaf, angle=float(rng.uniform(0, 180)))
    for spot in _scatter(rng, center, radius * 0.6, 5):
        canvas.ellipse(spot, (radius * 0.12, radius * 0.12), (214, 54, 44))
    for spot in _scatter(rng, center, radius * 0.6, 4):
        canvas.ellipse(spot, (radius * 0.13, radius * 0.13), (216, 234, 190))


def _burger(rng: np.random.Generator, canvas: Canvas, center: Point, radius: float) -> None:
    x, y = center
    bun: Colour = vary(rng, (210, 144, 68), 8)
    canvas.ellipse((x, y + radius * 0.45), (radius * 0.84, radius * 0.3), scale(bun, 0.9))
    canvas.rectangle(x - radius * 0.88, y + radius * 0.08, radius * 1.76, radius * 0.26, (94, 54, 34))
    cheese = ((-0.9, 0.02), (0.9, 0.02), (0.5, 0.24), (0.0, 0.08), (-0.5, 0.24))
    canvas.polygon([(x + radius * dx, y + radius * dy) for dx, dy in cheese], (250, 196, 50))
    canvas.ellipse((x, y), (radius * 0.95, radius * 0.12), (98, 172, 60))
    canvas.ellipse((x, y - radius * 0.04), (radius * 0.86, radius * 0.74), bun, arc=(180, 360))
    for spot in _scatter(rng, (x, y - radius * 0.42), radius * 0.36, 12):
        canvas.ellipse(spot, (radius * 0.04, radius * 0.025), (250, 232, 190))


def _coffee(rng: np.random.Generator, canvas: Canvas, center: Point, radius: float) -> None:
    x, y = center
    canvas.arc((x + radius * 0.8, y), (radius * 0.26, radius * 0.26), (238, 236, 232), radius * 0.12, arc=(0, 360))
    canvas.ellipse(center, (radius * 0.8, radius * 0.8), (244, 242, 238))
    canvas.ellipse(center, (radius * 0.68, radius * 0.68), (92, 56, 34))
    canvas.ellipse((x, y - radius * 0.06), (radius * 0.34, radius * 0.34), (216, 176, 130))
    canvas.ellipse((x, y + radius * 0.1), (radius * 0.2, radius * 0.24), (238, 214, 180))


def _soup(rng: np.random.Generator, canvas: Canvas, center: Point, radius: float) -> None:
    broth = vary(rng, (222, 116, 40), 10)
    canvas.ellipse(center, (radius * 1.02, radius * 1.02), (238, 234, 226))
    canvas.ellipse(center, (radius * 0.88, radius * 0.88), broth)
    swirl = [_around(center, radius * 0.12 * turn / 5, turn * 0.6) for turn in range(28)]
    canvas.curve(swirl, (250, 236, 214), radius * 0.05)
    for spot in _scatter(rng, center, radius * 0.7, 9):
        canvas.ellipse(spot, (radius * 0.06, radius * 0.06), (92, 146, 58))


def _sushi(rng: np.random.Generator, canvas: Canvas, center: Point, radius: float) -> None:
    fillings: tuple[Colour, ...] = ((244, 128, 92), (96, 164, 82), COLOURS["yellow"])
    for row in range(2):
        for column in range(3):
            spot = (center[0] + radius * (column - 1) * 0.56, center[1] + radius * (row - 0.5) * 0.62)
            canvas.ellipse(spot, (radius * 0.26, radius * 0.26), (30, 42, 36))
            canvas.ellipse(spot, (radius * 0.21, radius * 0.21), (246, 244, 238))
            canvas.ellipse(spot, (radius * 0.1, radius * 0.1), fillings[(row + column) % 3])
    canvas.line(
        (center[0] - radius, center[1] + radius * 0.86),
        (center[0] + radius, center[1] + radius * 0.76),
        (126, 74, 44),
        radius * 0.05,
    )


_DISHES: dict[str, Callable[[np.random.Generator, Canvas, Point, float], None]] = {
    "pizza": _pizza,
    "cake": _cake,
    "fruit": _fruit,
    "salad": _salad,
    "burger": _burger,
    "coffee": _coffee,
    "soup": _soup,
    "sushi": _sushi,
}

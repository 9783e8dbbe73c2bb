"""What people built: a living room and a street."""

from __future__ import annotations

import numpy as np

from daguerre.library.scenes.canvas import Canvas
from daguerre.library.scenes.light import Light, light_of
from daguerre.library.scenes.palette import Colour, mix, pick, scale, vary

_WALLS: tuple[Colour, ...] = ((228, 220, 202), (206, 214, 216), (222, 206, 196), (208, 216, 196))
_FLOORS: tuple[Colour, ...] = ((164, 118, 76), (130, 92, 62), (186, 152, 112))


def paint_room(rng: np.random.Generator, canvas: Canvas, time: str) -> float:
    """Paint wall, window, sofa and floor; return where the floor begins. The window shows the time of day."""
    floor = canvas.high * rng.uniform(0.6, 0.68)
    dim = {"day": 1.0, "dawn": 0.94, "sunset": 0.88, "night": 0.72}[time]
    wall = scale(vary(rng, pick(rng, _WALLS), 6), dim)
    canvas.gradient(scale(wall, 1.04), scale(wall, 0.88))
    boards = scale(pick(rng, _FLOORS), dim)
    box = [(0, floor), (canvas.wide, floor), (canvas.wide, canvas.high), (0, canvas.high)]
    canvas.textured(rng, box, (scale(boards, 0.86), boards), rough=8, cells=(3, 60))
    canvas.rectangle(0, floor - 0.025, canvas.wide, 0.025, scale(wall, 0.78))
    for step in range(1, 9):
        y = floor + (canvas.high - floor) * (step / 9) ** 1.6
        canvas.line((0, y), (canvas.wide, y), scale(boards, 0.74), 0.003)
    _window(rng, canvas, time, floor)
    _sofa(rng, canvas, floor, dim)
    if time == "night":
        _lamp(rng, canvas, floor)
    return floor


def _window(rng: np.random.Generator, canvas: Canvas, time: str, floor: float) -> None:
    light = light_of(time, "clear")
    left, top = canvas.wide * rng.uniform(0.08, 0.55), canvas.high * 0.1
    width, height = 0.36, min(0.4, floor - top - 0.14)
    canvas.rectangle(left - 0.022, top - 0.022, width + 0.044, height + 0.044, (238, 236, 230))
    for step in range(10):
        share = step / 10
        canvas.rectangle(
            left, top + share * height, width, height / 10 + 0.002, mix(light.zenith, light.horizon, share)
        )
    canvas.rectangle(left + width / 2 - 0.008, top, 0.016, height, (238, 236, 230))
    canvas.rectangle(left, top + height / 2 - 0.008, width, 0.016, (238, 236, 230))


def _sofa(rng: np.random.Generator, canvas: Canvas, floor: float, dim: float) -> None:
    fabric = scale(pick(rng, ((146, 150, 156), (120, 128, 116), (176, 164, 148), (98, 110, 128))), dim)
    x, width = canvas.wide * rng.uniform(0.3, 0.62), 0.62
    canvas.rectangle(x, floor - 0.2, width, 0.2, scale(fabric, 0.9))
    canvas.rectangle(x + 0.02, floor - 0.08, width - 0.04, 0.12, fabric)
    for arm in (x - 0.05, x + width - 0.03):
        canvas.rectangle(arm, floor - 0.13, 0.08, 0.18, scale(fabric, 1.06))


def _lamp(rng: np.random.Generator, canvas: Canvas, floor: float) -> None:
    x = canvas.wide * rng.uniform(0.05, 0.25)
    canvas.line((x, floor), (x, floor - 0.4), (60, 54, 50), 0.01)
    canvas.glow((x, floor - 0.42), 0.26, (255, 200, 120), 0.4)
    canvas.polygon(
        ((x - 0.04, floor - 0.48), (x + 0.04, floor - 0.48), (x + 0.08, floor - 0.38), (x - 0.08, floor - 0.38)),
        (255, 226, 160),
    )


def paint_city(rng: np.random.Generator, canvas: Canvas, light: Light, time: str, horizon: float) -> float:
    """Paint two rows of buildings with lit windows, a pavement and a street; return where the street begins."""
    street = canvas.high * rng.uniform(0.68, 0.74)
    for depth, haze in ((0, 0.5), (1, 0.0)):
        x = -0.05
        while x < canvas.wide:
            width = float(rng.uniform(0.12, 0.26))
            height = float(rng.uniform(0.25, 0.62)) * (1.15 if depth == 0 else 0.85)
            facade = light.far(
                vary(rng, pick(rng, ((148, 138, 130), (124, 128, 138), (164, 150, 132), (122, 100, 92))), 10)
            )
            facade = mix(facade, light.horizon, haze)
            top = max(0.03, street - height)
            canvas.rectangle(x, top, width - 0.006, street - top, facade)
            if depth:
                _windows(rng, canvas, (x, top, width, street), facade, share=0.5 if time == "night" else 0.12)
            x += width
    canvas.rectangle(0, street - 0.025, canvas.wide, 0.05, light.far((176, 172, 166)))
    road = [(0, street + 0.02), (canvas.wide, street + 0.02), (canvas.wide, canvas.high), (0, canvas.high)]
    canvas.textured(rng, road, (light.far((92, 92, 96)), light.far((74, 74, 78))), rough=5, cells=(40, 40))
    middle = (street + 0.02 + canvas.high) / 2
    for step in range(int(canvas.wide / 0.22) + 2):
        canvas.rectangle(step * 0.22 - 0.06, middle, 0.12, 0.012, light.far((232, 228, 204)))
    return street + 0.06


def _windows(
    rng: np.random.Generator, canvas: Canvas, box: tuple[float, float, float, float], facade: Colour, *, share: float
) -> None:
    x, top, width, street = box
    columns, rows = max(2, int((width - 0.02) / 0.042)), int((street - top - 0.08) / 0.06)
    lit = rng.random((max(0, rows), columns)) < share
    pitch = (width - 0.02) / columns
    for row in range(rows):
        for column in range(columns):
            colour: Colour = (252, 226, 142) if lit[row, column] else scale(facade, 0.66)
            canvas.rectangle(x + 0.014 + column * pitch, top + 0.03 + row * 0.06, pitch * 0.55, 0.034, colour)

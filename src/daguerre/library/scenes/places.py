"""Ten places, from the horizon down to the ground that subjects stand on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from daguerre.library.scenes.canvas import Canvas
from daguerre.library.scenes.interiors import paint_city, paint_room
from daguerre.library.scenes.light import INDOOR, Light, light_of
from daguerre.library.scenes.palette import Colour, mix, scale, vary
from daguerre.library.scenes.plants import paint_tree
from daguerre.library.scenes.sky import paint_sky


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Where subjects stand: boats from `top`, feet from `bank` to `bottom`; `horizon` bounds what flies."""

    horizon: float
    top: float
    bottom: float
    bank: float
    light: Light


def paint_place(rng: np.random.Generator, canvas: Canvas, place: str, time: str, weather: str) -> Ground:
    """Paint a place at a time of day and return where its ground is."""
    high = canvas.high
    if place == "room":
        floor = paint_room(rng, canvas, time)
        top = floor + 0.3 * (high - floor)
        return Ground(horizon=floor, top=top, bank=top, bottom=high * 0.97, light=INDOOR)
    light = light_of(time, weather)
    horizon = high * rng.uniform(0.4, 0.56)
    paint_sky(rng, canvas, light, time, weather, horizon)
    top = _PAINTERS[place](rng, canvas, light, time, horizon)
    bank = high * 0.92 if place == "lake" else top
    return Ground(horizon=horizon, top=top, bank=bank, bottom=high * 0.97, light=light)


def ridge(rng: np.random.Generator, canvas: Canvas, y: float, height: float, rough: float) -> npt.NDArray[np.float64]:
    """Return the polygon below a mountain line: `rough` 0 is rolling hills, 1 is jagged rock."""
    xs = np.linspace(0, canvas.wide, 97)
    line = np.zeros_like(xs)
    for octave in range(6):
        knots = 3 + 2 * 2**octave
        weight = (0.22 + 0.3 * rough) ** octave
        line += weight * np.interp(xs, np.linspace(0, canvas.wide, knots), rng.standard_normal(knots))
    line -= line.min()
    line = y - height * line / (line.max() + 1e-9)
    corners = [(canvas.wide + 0.01, canvas.high + 0.01), (-0.01, canvas.high + 0.01)]
    return np.vstack([np.column_stack([xs, line]), corners])


def _water(rng: np.random.Generator, canvas: Canvas, light: Light, top: float) -> None:
    shallow = mix(light.far(vary(rng, (56, 128, 172), 8)), light.horizon, 0.35)
    deep = light.far(vary(rng, (22, 78, 124), 8))
    edge = [(0, top), (canvas.wide, top), (canvas.wide, canvas.high), (0, canvas.high)]
    canvas.textured(rng, edge, (shallow, deep), rough=5, cells=(4, 34))
    for _ in range(26):
        depth = float(rng.random()) ** 1.4
        y = top + depth * (canvas.high - top)
        x, length = float(rng.random()) * canvas.wide, 0.03 + 0.12 * depth
        canvas.line((x, y), (x + length, y), mix(shallow, (255, 255, 255), 0.22), 0.003 + 0.004 * depth)


def _beach(rng: np.random.Generator, canvas: Canvas, light: Light, time: str, horizon: float) -> float:
    _water(rng, canvas, light, horizon)
    shore = horizon + (canvas.high - horizon) * rng.uniform(0.25, 0.42)
    land = ridge(rng, canvas, shore, 0.05, 0.0)
    foam = land.copy()
    foam[:-2, 1] -= 0.014
    canvas.polygon(foam, light.far((244, 248, 250)))
    sand: Colour = vary(rng, (230, 206, 156), 8)
    canvas.textured(rng, land, (light.far(scale(sand, 0.9)), light.far(sand)), rough=6, cells=(20, 30))
    if rng.random() < 0.35:
        _parasol(rng, canvas, light, shore)
    return shore + 0.06


def _parasol(rng: np.random.Generator, canvas: Canvas, light: Light, shore: float) -> None:
    x, foot, radius = canvas.wide * rng.uniform(0.05, 0.95), shore + rng.uniform(0.05, 0.12), 0.1
    canvas.line((x, foot), (x, foot - 0.2), light.far((150, 130, 110)), 0.009)
    for slice_ in range(4):
        colour: Colour = (232, 236, 236) if slice_ % 2 else (150, 190, 196)
        canvas.ellipse(
            (x, foot - 0.18), (radius, radius * 0.8), light.far(colour), arc=(180 + 45 * slice_, 225 + 45 * slice_)
        )


def _sea(rng: np.random.Generator, canvas: Canvas, light: Light, time: str, horizon: float) -> float:
    _water(rng, canvas, light, horizon)
    return horizon + 0.1


def _lake(rng: np.random.Generator, canvas: Canvas, light: Light, time: str, horizon: float) -> float:
    canvas.textured(
        rng, ridge(rng, canvas, horizon, 0.2, 0.25), (light.far((96, 130, 116)), light.far((66, 104, 62))), rough=8
    )
    for x in np.sort(rng.random(9)) * canvas.wide:
        paint_tree(
            rng, canvas, (float(x), horizon + 0.01), float(rng.uniform(0.08, 0.16)), light.far((48, 92, 54)), pine=True
        )
    _water(rng, canvas, light, horizon)
    bank = ridge(rng, canvas, canvas.high * 0.93, 0.05, 0.0)
    canvas.textured(rng, bank, (light.far((98, 138, 66)), light.far((72, 108, 48))), rough=12, cells=(30, 30))
    for x in (rng.random(14) * canvas.wide).tolist():
        canvas.line((x, canvas.high), (x + 0.015, canvas.high * 0.89), light.far((104, 122, 52)), 0.006)
    return horizon + 0.09


def _mountain(rng: np.random.Generator, canvas: Canvas, light: Light, time: str, horizon: float) -> float:
    peaks = ridge(rng, canvas, horizon + 0.02, 0.36, 0.85)
    haze = mix(light.far((104, 116, 142)), light.horizon, 0.25)
    canvas.textured(rng, peaks, (haze, light.far((92, 104, 116))), rough=13, cells=(16, 9))
    snow_line = float(peaks[:-2, 1].min()) + rng.uniform(0.09, 0.15)
    ragged = snow_line + 0.03 * np.sin(np.arange(97) * 1.7) + 0.012 * rng.standard_normal(97)
    lower = np.maximum(peaks[:-2, 1], ragged)
    cap = np.vstack([peaks[:-2], np.column_stack([peaks[:-2, 0], lower])[::-1]])
    canvas.polygon(cap, light.far((242, 245, 250)))
    near = ridge(rng, canvas, horizon + 0.07, 0.14, 0.55)
    canvas.textured(rng, near, (light.far((88, 112, 92)), light.far((72, 100, 66))), rough=12)
    grass = ridge(rng, canvas, horizon + 0.16, 0.04, 0.2)
    canvas.textured(rng, grass, (light.far((116, 144, 78)), light.far((84, 118, 56))), rough=12, cells=(26, 34))
    return horizon + 0.2


def _forest(rng: np.random.Generator, canvas: Canvas, light: Light, time: str, horizon: float) -> float:
    floor = canvas.high * rng.uniform(0.62, 0.7)
    wall = [(0, canvas.high * 0.1), (canvas.wide, canvas.high * 0.1), (canvas.wide, floor + 0.05), (0, floor + 0.05)]
    canvas.textured(rng, wall, (light.far((62, 102, 58)), light.far((36, 66, 38))), rough=20, cells=(18, 16))
    for depth in (0.45, 0.7, 1.0):
        bark = mix(light.far((84, 62, 44)), light.far((120, 136, 118)), 0.75 * (1 - depth))
        for x in (rng.random(int(rng.integers(4, 7))) * canvas.wide).tolist():
            width, foot = 0.045 * depth * rng.uniform(0.6, 1.3), floor + 0.05 * depth
            canvas.polygon(
                ((x - width * 0.35, 0), (x + width * 0.35, 0), (x + width * 0.6, foot), (x - width * 0.6, foot)), bark
            )
    for x, y, size in rng.random((34, 3)).tolist():
        leaf = light.far(vary(rng, (62, 118, 50), 18))
        canvas.ellipse((x * canvas.wide, y * y * floor * 0.6), (0.05 + 0.06 * size, 0.03 + 0.04 * size), leaf)
    ground = ridge(rng, canvas, floor + 0.03, 0.03, 0.2)
    canvas.textured(rng, ground, (light.far((84, 92, 48)), light.far((110, 88, 54))), rough=16, cells=(26, 34))
    return floor + 0.08


def _snow(rng: np.random.Generator, canvas: Canvas, light: Light, time: str, horizon: float) -> float:
    if rng.random() < 0.5:
        canvas.textured(
            rng,
            ridge(rng, canvas, horizon, 0.2, 0.6),
            (light.far((206, 216, 232)), light.far((176, 190, 212))),
            rough=9,
        )
    for x in (rng.random(int(rng.integers(3, 10))) * canvas.wide).tolist():
        foot = (x, horizon + float(rng.uniform(0.0, 0.05)))
        paint_tree(rng, canvas, foot, float(rng.uniform(0.12, 0.24)), light.far((78, 108, 100)), pine=True, snowy=True)
    drift = ridge(rng, canvas, horizon + 0.06, 0.06, 0.05)
    canvas.textured(rng, drift, (light.on((246, 248, 253)), light.on((222, 230, 243))), rough=4, cells=(8, 16))
    return horizon + 0.12


def _meadow(rng: np.random.Generator, canvas: Canvas, light: Light, time: str, horizon: float) -> float:
    canvas.textured(
        rng, ridge(rng, canvas, horizon, 0.12, 0.15), (light.far((108, 150, 96)), light.far((92, 138, 72))), rough=8
    )
    field = ridge(rng, canvas, horizon + 0.06, 0.05, 0.05)
    canvas.textured(rng, field, (light.far((138, 182, 76)), light.far((88, 144, 46))), rough=12, cells=(34, 40))
    blades = rng.random((60, 2)) * (canvas.wide, canvas.high - horizon - 0.1)
    for x, y in blades.tolist():
        foot = horizon + 0.1 + y
        canvas.line((x, foot), (x + 0.006, foot - 0.012 - 0.03 * y), light.far((156, 196, 84)), 0.003)
    return horizon + 0.13


def _desert(rng: np.random.Generator, canvas: Canvas, light: Light, time: str, horizon: float) -> float:
    for step, (base, lift) in enumerate(((0.0, 0.14), (0.1, 0.1), (0.22, 0.08))):
        sand = vary(rng, (226 - 6 * step, 166 - 4 * step, 96 - 4 * step), 6)
        dune = ridge(rng, canvas, horizon + base, lift, 0.0)
        canvas.textured(rng, dune, (light.far(scale(sand, 1.06)), light.far(scale(sand, 0.82))), rough=5, cells=(6, 30))
    if rng.random() < 0.6:
        x, foot = canvas.wide * rng.uniform(0.06, 0.94), horizon + 0.14
        green = light.far((84, 116, 66))
        canvas.line((x, foot), (x, foot - 0.16), green, 0.026)
        canvas.curve([(x - 0.05, foot - 0.12), (x - 0.05, foot - 0.07), (x, foot - 0.06)], green, 0.018)
        canvas.curve([(x + 0.05, foot - 0.14), (x + 0.05, foot - 0.09), (x, foot - 0.08)], green, 0.018)
    return horizon + 0.2


def _city(rng: np.random.Generator, canvas: Canvas, light: Light, time: str, horizon: float) -> float:
    return paint_city(rng, canvas, light, time, horizon)


_PAINTERS: dict[str, Callable[[np.random.Generator, Canvas, Light, str, float], float]] = {
    "beach": _beach,
    "sea": _sea,
    "lake": _lake,
    "mountain": _mountain,
    "forest": _forest,
    "snow": _snow,
    "meadow": _meadow,
    "desert": _desert,
    "city": _city,
}

"""The sky, and the weather that lies over everything else."""

from __future__ import annotations

import cv2
import numpy as np

from daguerre.library.scenes.canvas import Canvas, noise
from daguerre.library.scenes.light import Light
from daguerre.library.scenes.palette import Colour, mix, vary


def paint_sky(rng: np.random.Generator, canvas: Canvas, light: Light, time: str, weather: str, horizon: float) -> None:
    """Paint the sky down to the horizon: gradient, sun or moon, stars, clouds."""
    canvas.gradient(vary(rng, light.zenith, 9), vary(rng, light.horizon, 9))
    band = np.array([(0, 0), (canvas.wide, 0), (canvas.wide, horizon + 0.03), (0, horizon + 0.03)])
    canvas.textured(rng, band, (vary(rng, light.zenith, 8), vary(rng, light.horizon, 8)), rough=1.5)
    sun_x = canvas.wide * rng.uniform(0.12, 0.88)
    if time == "night":
        _paint_night(rng, canvas, horizon, clear=weather in ("clear", "cloudy"))
    elif time == "day" and weather == "clear" and rng.random() < 0.5:
        height = rng.uniform(0.08, 0.18)
        canvas.glow((sun_x, height), 0.13, (255, 245, 200), 0.6)
        canvas.ellipse((sun_x, height), (0.05, 0.05), (255, 251, 228))
    elif time in ("sunset", "dawn") and weather in ("clear", "cloudy"):
        colour: Colour = (255, 140, 30) if time == "sunset" else (200, 130, 120)
        height = horizon - rng.uniform(0.01, 0.1)
        canvas.glow((sun_x, height), 0.34, colour, 0.55)
        canvas.ellipse((sun_x, height), (0.058, 0.058), (255, 226, 140) if time == "sunset" else (255, 240, 224))
    if weather in ("cloudy", "rain", "snowfall") or rng.random() < 0.3:
        _paint_clouds(rng, canvas, light, time, heavy=weather != "clear")


def paint_weather(rng: np.random.Generator, canvas: Canvas, light: Light, weather: str) -> None:
    """Lay fog, rain or falling snow over the finished picture."""
    if weather == "fog":
        veil = np.array(mix(light.horizon, (200, 204, 210), 0.35), np.float32)
        height, width = canvas.pixels.shape[:2]
        drift = noise(rng, (height, width), (3, 4), 2)
        strength = np.clip(rng.uniform(0.42, 0.58) + 0.09 * drift, 0, 0.78)[..., None]
        canvas.pixels[:] = (canvas.pixels * (1 - strength) + veil * strength).astype(np.uint8)
    elif weather == "rain":
        _paint_rain(rng, canvas)
    elif weather == "snowfall":
        count = int(rng.integers(90, 160))
        spots = rng.random((count, 3))
        for x, y, size in spots.tolist():
            radius = 0.004 + 0.009 * size**2
            canvas.ellipse((x * canvas.wide, y * canvas.high), (radius, radius), (246, 248, 252))


def _paint_night(rng: np.random.Generator, canvas: Canvas, horizon: float, *, clear: bool) -> None:
    if not clear:
        return
    for x, y, shine in rng.random((int(rng.integers(25, 70)), 3)).tolist():
        level = 130 + 120 * shine
        radius = 0.0018 + 0.0028 * shine
        canvas.ellipse((x * canvas.wide, y * horizon), (radius, radius), (level, level, level))
    if rng.random() < 0.6:
        x, y = canvas.wide * rng.uniform(0.1, 0.9), rng.uniform(0.07, 0.2)
        canvas.glow((x, y), 0.1, (120, 130, 150), 0.6)
        canvas.ellipse((x, y), (0.045, 0.045), (236, 236, 222))
        canvas.ellipse((x + 0.012, y - 0.008), (0.009, 0.009), (214, 214, 202))


def _paint_clouds(rng: np.random.Generator, canvas: Canvas, light: Light, time: str, *, heavy: bool) -> None:
    height, width = canvas.pixels.shape[:2]
    cloud: Colour = {"day": (246, 247, 250), "night": (38, 42, 60), "sunset": (250, 150, 120)}.get(
        time, (250, 226, 226)
    )
    if heavy:
        cloud = mix(cloud, light.zenith, 0.35)
    field = noise(rng, (height, width), (4.5, 2.2 * canvas.wide), 4)
    cover = np.clip((field - (0.05 if heavy else 0.9)) * 0.9, 0, 0.85)
    cover *= np.linspace(1.0, 0.25, height, dtype=np.float32)[:, None]
    weight = cover[..., None]
    canvas.pixels[:] = (canvas.pixels * (1 - weight) + np.array(cloud, np.float32) * weight).astype(np.uint8)


def _paint_rain(rng: np.random.Generator, canvas: Canvas) -> None:
    sheet = canvas.pixels.copy()
    slant = rng.uniform(-0.25, 0.25)
    streaks = rng.random((int(rng.integers(70, 120)), 3))
    drawn = Canvas((sheet.shape[1], sheet.shape[0]))
    drawn.pixels = sheet
    for x, y, size in streaks.tolist():
        length = 0.06 + 0.09 * size
        start = (x * canvas.wide * 1.1 - 0.05, y * canvas.high * 1.1 - 0.1)
        drawn.line(start, (start[0] + slant * length, start[1] + length), (206, 214, 226), 0.003)
    canvas.pixels[:] = cv2.addWeighted(sheet, 0.65, canvas.pixels, 0.35, -10)

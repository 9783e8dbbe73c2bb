"""Paper, boards and screens: the photos that people take to remember a text."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from daguerre.library.scenes.canvas import Canvas
from daguerre.library.scenes.food import paint_surface
from daguerre.library.scenes.palette import Colour, mix, scale, vary

_INK: Colour = (58, 58, 64)
Box = tuple[float, float, float, float]


def paint_document(
    rng: np.random.Generator, canvas: Canvas, doc: str, style: str, accent: Colour, surface: str
) -> None:
    """Paint a document of one of the five sorts in one of its styles."""
    _PAINTERS[doc](rng, canvas, style, accent, surface)


def _sheet(rng: np.random.Generator, canvas: Canvas, surface: str, share: tuple[float, float], paper: Colour) -> Box:
    paint_surface(rng, canvas, surface)
    width = min(canvas.wide * 0.86, share[0])
    height = min(canvas.high * 0.92, share[1])
    left = (canvas.wide - width) / 2 + float(rng.normal(0, 0.02))
    top = (canvas.high - height) / 2
    lean = float(rng.normal(0, 0.012))
    canvas.shadow((left + width / 2 + 0.015, top + height / 2 + 0.02), (width * 0.78, height * 0.7), 0.4)
    corners = (
        (left + lean, top),
        (left + width, top + lean),
        (left + width - lean, top + height),
        (left, top + height - lean),
    )
    canvas.polygon(corners, paper)
    return (left + 0.05, top + 0.05, width - 0.1, height - 0.1)


def _text(rng: np.random.Generator, canvas: Canvas, box: Box, *, pitch: float, ink: Colour = _INK) -> None:
    """Write lines of words: dark dashes of the lengths that words have."""
    left, top, width, height = box
    for line in range(int(height / pitch)):
        x, y = left, top + line * pitch
        end = left + width * (1.0 if rng.random() > 0.2 else float(rng.uniform(0.4, 0.9)))
        for word in rng.uniform(0.025, 0.1, 40).tolist():
            if x + word > end:
                break
            canvas.rectangle(x, y, word, pitch * 0.38, ink)
            x += word + 0.016


def _document(rng: np.random.Generator, canvas: Canvas, style: str, accent: Colour, surface: str) -> None:
    left, top, width, height = _sheet(rng, canvas, surface, (0.74, 1.05), (250, 249, 245))
    if style == "heading":
        canvas.rectangle(left, top, width * 0.75, 0.055, accent)
        canvas.rectangle(left, top + 0.075, width * 0.45, 0.022, mix(accent, (255, 255, 255), 0.4))
        _text(rng, canvas, (left, top + 0.14, width, height - 0.14), pitch=0.042)
    elif style == "table":
        canvas.rectangle(left, top, width, 0.03, accent)
        _text(rng, canvas, (left, top + 0.06, width, 0.16), pitch=0.042)
        _table(canvas, (left, top + 0.25, width, height - 0.27), accent)
    else:
        canvas.rectangle(left, top, width, 0.012, accent)
        _text(rng, canvas, (left, top + 0.04, width, height * 0.66), pitch=0.042)
        center = (left + width * 0.74, top + height * 0.84)
        canvas.arc(center, (0.1, 0.1), accent, 0.016, arc=(0, 360))
        canvas.arc(center, (0.07, 0.07), accent, 0.007, arc=(0, 360))
        canvas.rectangle(center[0] - 0.08, center[1] - 0.016, 0.16, 0.032, accent)


def _table(canvas: Canvas, box: Box, accent: Colour) -> None:
    left, top, width, height = box
    rows = max(3, int(height / 0.075))
    canvas.rectangle(left, top, width, height / rows, mix(accent, (255, 255, 255), 0.55))
    for row in range(rows + 1):
        y = top + height * row / rows
        canvas.line((left, y), (left + width, y), (120, 120, 126), 0.005)
        for column in range(4):
            if row < rows:
                canvas.rectangle(left + width * (column + 0.2) / 4, y + 0.022, width * 0.11, 0.02, _INK)
    for column in range(5):
        x = left + width * column / 4
        canvas.line((x, top), (x, top + height), (120, 120, 126), 0.005)


def _receipt(rng: np.random.Generator, canvas: Canvas, style: str, accent: Colour, surface: str) -> None:
    share = (0.44, 1.2) if style == "long" else (0.46, 0.56)
    left, top, width, height = _sheet(rng, canvas, surface, share, vary(rng, (246, 245, 240), 3))
    left, width = left - 0.015, width + 0.03
    canvas.rectangle(left + width * 0.2, top - 0.015, width * 0.6, 0.05, accent)
    y = top + 0.07
    while y < top + height - 0.08:
        canvas.rectangle(left, y, width * float(rng.uniform(0.3, 0.55)), 0.017, _INK)
        canvas.rectangle(left + width * 0.8, y, width * 0.2, 0.017, _INK)
        y += 0.04
    canvas.line((left, y), (left + width, y), _INK, 0.006)
    canvas.rectangle(left, y + 0.02, width * 0.36, 0.034, _INK)
    canvas.rectangle(left + width * 0.66, y + 0.02, width * 0.34, 0.034, accent)


def _whiteboard(rng: np.random.Generator, canvas: Canvas, style: str, accent: Colour, surface: str) -> None:
    canvas.gradient((190, 194, 196), (168, 170, 172))
    left, top, width, height = canvas.wide * 0.06, canvas.high * 0.1, canvas.wide * 0.88, canvas.high * 0.74
    canvas.rectangle(left - 0.02, top - 0.02, width + 0.04, height + 0.04, (140, 142, 146))
    canvas.rectangle(left, top, width, height, (246, 248, 249))
    canvas.rectangle(left, top + height + 0.01, width, 0.03, (120, 122, 126))
    if style == "notes":
        for line in range(int(height / 0.1) - 1):
            xs = np.arange(left + 0.06, left + width * float(rng.uniform(0.5, 0.92)), 0.018)
            ys = top + 0.09 + line * 0.1 + 0.018 * rng.standard_normal(len(xs)).clip(-1.2, 1.2)
            canvas.curve(np.column_stack([xs, ys]), accent if line % 3 == 0 else _INK, 0.009)
        return
    centers = [
        (left + width * fx, top + height * fy) for fx, fy in ((0.18, 0.5), (0.5, 0.22), (0.5, 0.76), (0.82, 0.5))
    ]
    for start, end in ((0, 1), (0, 2), (1, 3), (2, 3)):
        canvas.line(centers[start], centers[end], _INK, 0.009)
    for x, y in centers:
        canvas.rectangle(x - 0.11, y - 0.07, 0.22, 0.14, accent)
        canvas.rectangle(x - 0.095, y - 0.055, 0.19, 0.11, (246, 248, 249))
        canvas.rectangle(x - 0.06, y - 0.012, 0.12, 0.022, _INK)


def _screenshot(rng: np.random.Generator, canvas: Canvas, style: str, accent: Colour, surface: str) -> None:
    wide, high = canvas.wide, canvas.high
    page: Colour = (248, 249, 251)
    canvas.gradient(page, page)
    canvas.rectangle(0, 0, wide, 0.13, accent)
    canvas.rectangle(0.05, 0.03, wide * 0.14, 0.018, (255, 255, 255))
    canvas.rectangle(wide - 0.15, 0.03, 0.1, 0.018, (255, 255, 255))
    canvas.rectangle(0.05, 0.075, wide * 0.4, 0.03, (255, 255, 255))
    canvas.rectangle(0, high - 0.08, wide, 0.08, (226, 229, 234))
    for step in range(4):
        canvas.ellipse((wide * (step + 0.5) / 4, high - 0.04), (0.02, 0.02), accent if step == 0 else (150, 154, 160))
    if style == "chat":
        _chat(rng, canvas, accent)
    elif style == "map":
        _map(rng, canvas, accent)
    else:
        columns = max(3, round(wide / 0.3))
        cell = wide / columns
        tones = rng.uniform(90, 220, (40, 3)).tolist()
        for index in range(columns * int((high - 0.22) / cell)):
            row, column = divmod(index, columns)
            red, green, blue = tones[index % 40]
            canvas.rectangle(column * cell + 0.01, 0.14 + row * cell, cell - 0.02, cell - 0.02, (red, green, blue))


def _chat(rng: np.random.Generator, canvas: Canvas, accent: Colour) -> None:
    y, mine = 0.17, bool(rng.random() < 0.5)
    while y < canvas.high - 0.2:
        width, height = canvas.wide * float(rng.uniform(0.35, 0.62)), float(rng.choice([0.07, 0.11]))
        x = canvas.wide - width - 0.05 if mine else 0.05
        bubble: Colour = mix(accent, (255, 255, 255), 0.35) if mine else (224, 227, 232)
        canvas.rectangle(x, y, width, height, bubble)
        _text(rng, canvas, (x + 0.025, y + 0.022, width - 0.05, height - 0.02), pitch=0.042, ink=scale(bubble, 0.45))
        y += height + 0.03
        mine = not mine if rng.random() < 0.7 else mine


def _map(rng: np.random.Generator, canvas: Canvas, accent: Colour) -> None:
    top, bottom = 0.13, canvas.high - 0.08
    canvas.rectangle(0, top, canvas.wide, bottom - top, (232, 232, 222))
    canvas.ellipse((canvas.wide * float(rng.random()), bottom - 0.12), (0.34, 0.13), (166, 206, 232))
    canvas.ellipse((canvas.wide * float(rng.random()), top + 0.2), (0.2, 0.13), (190, 222, 170))
    for _ in range(7):
        start = (0.0, float(rng.uniform(top + 0.03, bottom - 0.03)))
        canvas.line(start, (canvas.wide, float(rng.uniform(top + 0.03, bottom - 0.03))), (252, 252, 250), 0.022)
    for x in (rng.random(4) * canvas.wide).tolist():
        canvas.line((x, top + 0.01), (x + 0.1, bottom - 0.01), (252, 214, 128), 0.018)
    pin = (canvas.wide / 2, (top + bottom) / 2)
    canvas.polygon(((pin[0], pin[1] + 0.11), (pin[0] - 0.05, pin[1]), (pin[0] + 0.05, pin[1])), accent)
    canvas.ellipse(pin, (0.06, 0.06), accent)
    canvas.ellipse(pin, (0.024, 0.024), (255, 255, 255))
    canvas.rectangle(0, bottom - 0.005, canvas.wide, 0.09, (226, 229, 234))


def _chart(rng: np.random.Generator, canvas: Canvas, style: str, accent: Colour, surface: str) -> None:
    canvas.gradient((252, 252, 253), (252, 252, 253))
    left, top, right, bottom = canvas.wide * 0.12, 0.16, canvas.wide * 0.92, canvas.high * 0.86
    canvas.rectangle(left, 0.05, canvas.wide * 0.5, 0.035, _INK)
    if style == "pie":
        _pie(rng, canvas, accent)
        return
    for step in range(5):
        y = top + (bottom - top) * step / 4
        canvas.line((left, y), (right, y), (218, 220, 224), 0.004)
    canvas.line((left, top), (left, bottom), _INK, 0.008)
    canvas.line((left, bottom), (right, bottom), _INK, 0.008)
    count = int(rng.integers(5, 9))
    levels = rng.uniform(0.15, 0.95, count)
    xs = left + (right - left) * (np.arange(count) + 0.5) / count
    ys = bottom - levels * (bottom - top)
    if style == "bar":
        for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
            width = (right - left) / count * 0.62
            canvas.rectangle(x - width / 2, y, width, bottom - y, accent)
        return
    canvas.curve(np.column_stack([xs, ys]), accent, 0.018)
    for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
        canvas.ellipse((x, y), (0.02, 0.02), accent)


def _pie(rng: np.random.Generator, canvas: Canvas, accent: Colour) -> None:
    center, radius = (canvas.wide * 0.5, canvas.high * 0.53), 0.33
    cuts = np.sort(rng.uniform(0, 360, 4)).tolist()
    shades = (0.0, 0.28, 0.5, 0.7)
    for index, shade in enumerate(shades):
        end = cuts[index + 1] if index < 3 else cuts[0] + 360
        canvas.ellipse(center, (radius, radius), mix(accent, (255, 255, 255), shade), arc=(cuts[index], end))
    for cut in cuts:
        rim = (center[0] + radius * math.cos(math.radians(cut)), center[1] + radius * math.sin(math.radians(cut)))
        canvas.line(center, rim, (252, 252, 253), 0.009)


_PAINTERS: dict[str, Callable[[np.random.Generator, Canvas, str, Colour, str], None]] = {
    "document": _document,
    "receipt": _receipt,
    "whiteboard": _whiteboard,
    "screenshot": _screenshot,
    "chart": _chart,
}

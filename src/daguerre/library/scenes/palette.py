"""Colours with names, and the arithmetic that light and chance do on them."""

from __future__ import annotations

import numpy as np

Colour = tuple[float, float, float]

#: The colours that captions name, RGB 0-255.
COLOURS: dict[str, Colour] = {
    "red": (205, 38, 38),
    "blue": (38, 84, 208),
    "green": (46, 152, 62),
    "yellow": (240, 206, 44),
    "white": (240, 240, 238),
    "black": (30, 30, 34),
    "orange": (238, 128, 32),
    "purple": (128, 54, 164),
    "pink": (240, 140, 186),
    "brown": (122, 78, 42),
    "gray": (132, 134, 138),
}


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return the colour that lies `share` of the way from the first to the second."""
    keep = 1.0 - share
    return (
        first[0] * keep + second[0] * share,
        first[1] * keep + second[1] * share,
        first[2] * keep + second[2] * share,
    )


def scale(colour: Colour, factor: float) -> Colour:
    """Return the colour, darker (factor < 1) or lighter, clipped to what a byte holds."""
    return (min(255.0, colour[0] * factor), min(255.0, colour[1] * factor), min(255.0, colour[2] * factor))


def vary(rng: np.random.Generator, colour: Colour, spread: float) -> Colour:
    """Return a colour near this one; `spread` is the standard deviation in levels of a byte."""
    red, green, blue = (rng.standard_normal(3) * spread).tolist()
    return (
        min(255.0, max(0.0, colour[0] + red)),
        min(255.0, max(0.0, colour[1] + green)),
        min(255.0, max(0.0, colour[2] + blue)),
    )


def pick(rng: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    """Return one of the colours."""
    return colours[int(rng.integers(len(colours)))]

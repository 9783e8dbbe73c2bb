"""The light of an hour and a weather: what colour the sky has, and what becomes of every other colour in it."""

from __future__ import annotations

from dataclasses import dataclass

from daguerre.library.scenes.palette import Colour, mix


@dataclass(frozen=True, kw_only=True)
class Light:
    """Sky colours, and the factors (per channel) that the light puts on things.

    Attributes:
        zenith: Sky at the top of the picture.
        horizon: Sky above the ground.
        ground: Factor on the ground and what is far away.
        near: Factor on subjects; milder, because photographers expose for them.
    """

    zenith: Colour
    horizon: Colour
    ground: Colour
    near: Colour

    def far(self, colour: Colour) -> Colour:
        """Return a colour as it looks on the ground in this light."""
        return _filter(colour, self.ground)

    def on(self, colour: Colour) -> Colour:
        """Return a colour as it looks on a subject in this light."""
        return _filter(colour, self.near)


_SKIES: dict[str, tuple[Colour, Colour]] = {
    "day": ((74, 142, 226), (186, 220, 246)),
    "sunset": ((70, 52, 112), (255, 146, 62)),
    "night": ((6, 9, 28), (28, 36, 72)),
    "dawn": ((142, 150, 206), (250, 212, 204)),
}
_GROUND: dict[str, Colour] = {
    "day": (1.0, 1.0, 1.0),
    "sunset": (0.80, 0.64, 0.56),
    "night": (0.24, 0.28, 0.40),
    "dawn": (0.90, 0.82, 0.88),
}
_NEAR: dict[str, Colour] = {
    "day": (1.0, 1.0, 1.0),
    "sunset": (0.98, 0.82, 0.70),
    "night": (0.62, 0.65, 0.78),
    "dawn": (0.97, 0.92, 0.95),
}
INDOOR = Light(zenith=(226, 220, 208), horizon=(206, 196, 180), ground=(1.0, 1.0, 1.0), near=(1.0, 1.0, 1.0))


def light_of(time: str, weather: str) -> Light:
    """Return the light at a time of day in a weather; clouds take the colour out of the sky."""
    zenith, horizon = _SKIES[time]
    ground, near = _GROUND[time], _NEAR[time]
    if weather != "clear":
        grey = 0.62 if weather in ("rain", "fog", "snowfall") else 0.4
        cover: Colour = {"day": (168.0, 176.0, 186.0), "night": (34.0, 38.0, 52.0)}.get(time, (150.0, 136.0, 142.0))
        zenith, horizon = mix(zenith, cover, grey), mix(horizon, cover, grey * 0.75)
        ground = mix(ground, (0.55, 0.58, 0.62), 0.3)
    return Light(zenith=zenith, horizon=horizon, ground=ground, near=near)


def _filter(colour: Colour, factor: Colour) -> Colour:
    return (
        min(255.0, colour[0] * factor[0]),
        min(255.0, colour[1] * factor[1]),
        min(255.0, colour[2] * factor[2]),
    )

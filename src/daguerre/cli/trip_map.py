"""Map pictures of a journey as SVG: the way there on the globe, and the stops. Nothing in them comes from a network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from daguerre.cli.map_window import Position, Window, great_circle, window_around
from daguerre.media.exif import Position as Fix
from daguerre.media.land import LAND_CREDIT, on_land
from daguerre.media.place import TOWNS_CREDIT, Town, towns_around
from daguerre.stages.journeys import Journey

#: What a page with these pictures says about where their backdrop comes from.
CREDIT = f"Maps drawn offline: land with its coastal waters {LAND_CREDIT} (ODbL), towns {TOWNS_CREDIT}."
_DOT_PX = 6.0
_TOWNS = 9
#: Nearer journeys are seen well enough among their stops.
_FEWEST_KM_HIGH = 700.0


def way_there(journeys: Sequence[Journey], *, width: int = 520, height: int = 300) -> str:
    """Return a picture of the globe's piece between home and the journeys, with the shortest way to each."""
    homes = {journey.home for journey in journeys if journey.home}
    ends = [_middle(journey) for journey in journeys]
    window = window_around([*homes, *ends], width=width, height=height, least_km=_FEWEST_KM_HIGH)
    parts = [_land(window), _graticule(window)]
    parts += [_way(window, great_circle(j.home, _middle(j))) for j in journeys if j.home]
    parts += [_mark(window, home, "home", "home") for home in sorted(homes)]
    parts += [_mark(window, end, "place", _name(journey)) for journey, end in zip(journeys, ends, strict=True)]
    return _svg(window, parts, "The way from home to " + ", ".join(_name(journey) for journey in journeys))


def stops_there(journey: Journey, *, width: int = 520, height: int = 300) -> str:
    """Return a picture of the stops of one journey in their order, with the larger towns around."""
    spots = [(stop.lat, stop.lon) for stop in journey.stops]
    window = window_around(spots, width=width, height=height, margin=0.25)
    across_km = (width**2 + height**2) ** 0.5 / window.px_per_km
    towns = towns_around(Fix(lat=window.lat, lon=window.lon), within_km=across_km / 2, most=60)
    path = " ".join(_point(window.xy(spot)) for spot in spots)
    dots, names = _towns(window, towns)
    parts = [_graticule(window), dots, f"<polyline class='way near' points='{path}'/>"]
    for number, (spot, stop) in enumerate(zip(spots, journey.stops, strict=True), start=1):
        x, y = window.xy(spot)
        said = f"{number}. {stop.place or 'a place without a name'}, {stop.photos} photos"
        radius = min(11.0, 4.0 + stop.photos**0.5)
        parts.append(
            f"<circle class='stop' cx='{x:.1f}' cy='{y:.1f}' r='{radius:.1f}'><title>{escape(said)}</title></circle>"
        )
    parts += [names, _scale(window)]
    return _svg(window, parts, f"{len(spots)} stops around {_name(journey)}")


def _middle(journey: Journey) -> Position:
    """Return the stop where most photos were taken."""
    stop = max(journey.stops, key=lambda stop: stop.photos)
    return stop.lat, stop.lon


def _name(journey: Journey) -> str:
    stop = max(journey.stops, key=lambda stop: (bool(stop.place), stop.photos))
    return stop.place.rsplit(", ", 1)[0] or "there"


def _land(window: Window) -> str:
    x, y, lat, lon = window.grid(_DOT_PX)
    land = on_land(lat, lon)
    dots = "".join(f"M{a:.0f} {b:.0f}h0" for a, b in zip(x[land].tolist(), y[land].tolist(), strict=True))
    return f"<path class='land' d='{dots}'/>"


def _graticule(window: Window) -> str:
    parallels, meridians = window.graticule()
    lines = [f"M0 {window.xy((lat, window.lon))[1]:.1f}H{window.width}" for lat in parallels]
    lines += [f"M{window.xy((window.lat, lon))[0]:.1f} 0V{window.height}" for lon in meridians]
    words = [
        f"<text class='degree' x='4' y='{window.xy((lat, window.lon))[1] - 3:.1f}'>{_degrees(lat, 'NS')}</text>"
        for lat in parallels
        if 14 < window.xy((lat, window.lon))[1] < window.height - 18
    ]
    words += [
        f"<text class='degree' x='{window.xy((window.lat, lon))[0] + 3:.1f}' y='{window.height - 4}'>"
        f"{_degrees((lon + 180) % 360 - 180, 'EW')}</text>"
        for lon in meridians
        if 30 < window.xy((window.lat, lon))[0] < window.width - 44
    ]
    return f"<path class='graticule' d='{''.join(lines)}'/>{''.join(words)}"


def _degrees(value: float, sides: str) -> str:
    side = "" if value == 0 else sides[0] if value > 0 else sides[1]
    return f"{abs(value):g}°{side}"


def _way(window: Window, points: Sequence[Position]) -> str:
    """Return a line, cut where it leaves one side of the picture for the other."""
    spots = [window.xy(point) for point in points]
    steps, last = [], None
    for spot in spots:
        far = last is None or abs(spot[0] - last[0]) > window.width / 2
        steps.append(("M" if far else "L") + _point(spot))
        last = spot
    return f"<path class='way' d='{''.join(steps)}'/>"


def _mark(window: Window, position: Position, kind: str, name: str) -> str:
    x, y = window.xy(position)
    left = x > window.width * 0.75
    anchor, aside = ("end", -10) if left else ("start", 10)
    return (
        f"<circle class='{kind}' cx='{x:.1f}' cy='{y:.1f}' r='5'/>"
        f"<text class='name' text-anchor='{anchor}' x='{x + aside:.1f}' y='{y + 4:.1f}'>{escape(name)}</text>"
    )


def _towns(window: Window, towns: Sequence[Town]) -> tuple[str, str]:
    """Return the towns as dots, and the names of the largest of them that have room for it."""
    dots, names = [], []
    taken: list[tuple[float, float]] = []
    for town in towns:
        x, y = window.xy((town.lat, town.lon))
        if not (8 < x < window.width - 8 and 10 < y < window.height - 16):
            continue
        radius = min(4.0, 1.2 + town.population**0.5 / 200)
        dots.append(f"<circle class='town' cx='{x:.1f}' cy='{y:.1f}' r='{radius:.1f}'/>")
        room = x + 8 + 7 * len(town.name) < window.width
        if room and len(taken) < _TOWNS and all(abs(x - a) > 90 or abs(y - b) > 16 for a, b in taken):
            taken.append((x, y))
            names.append(f"<text class='town' x='{x + 6:.1f}' y='{y + 4:.1f}'>{escape(town.name)}</text>")
    return "".join(dots), "".join(names)


def _scale(window: Window) -> str:
    lengths = [km for km in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if km * window.px_per_km <= window.width / 4]
    km = lengths[-1] if lengths else 1
    end = window.width - 12
    start = end - km * window.px_per_km
    return (
        f"<path class='scale' d='M{start:.1f} 12v5H{end}v-5'/>"
        f"<text class='degree' text-anchor='end' x='{end}' y='30'>{km:,} km</text>"
    )


def _point(spot: tuple[float, float]) -> str:
    return f"{spot[0]:.1f} {spot[1]:.1f}"


def _svg(window: Window, parts: Sequence[str], said: str) -> str:
    return (
        f"<svg class='map' viewBox='0 0 {window.width} {window.height}' role='img' "
        f"aria-label='{escape(said, quote=True)}'>{''.join(parts)}</svg>"
    )

"""One memory as a piece of a page: cover, title, why, its photos in order of time, and the map of a trip."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from daguerre.cli.trip_map import stops_there, way_there
from daguerre.stages.album import Album, Equals, Frame
from daguerre.stages.journeys import Journey
from daguerre.stages.prints import Print

#: Height of a row of photos; each is as wide as its shape asks for.
_ROW_PX = 112
_KINDS = {
    "on_this_day": "On this day",
    "this_week": "This week, years ago",
    "trip": "A trip",
    "event": "An occasion",
    "person_over_years": "Over the years",
    "recurring_place": "Again and again",
    "theme": "A theme",
    "best_of_month": "Best of the month",
    "best_of_year": "Best of the year",
    "then_and_now": "Then and now",
}
_RULES = {
    "exact": ("Exact copies", "The same picture, byte by byte or pixel by pixel."),
    "near": ("Near-duplicates", "Edited, cropped, sent through a messenger: one picture in several forms."),
    "burst": ("Bursts", "One moment, several frames: the best of them stays."),
}


def memory_card(
    memory: Mapping[str, Any], album: Album, covers: Mapping[str, Print], small: Mapping[str, Print]
) -> str:
    """Return one memory. Photos without a print are left out."""
    journey = album.journey_of.get(memory["memory_id"])
    cover = covers.get(memory["cover_id"])
    return (
        f"<article class='memory {escape(memory['kind'])}'>"
        f"<div class='cover'>{_image(cover, memory['title']) if cover else ''}</div>"
        f"<div class='said'><p class='kind'>{escape(_KINDS.get(memory['kind'], 'A memory'))}</p>"
        f"<h3>{escape(memory['title'])}</h3><p class='span'>{_span(memory, album.frames)}</p>"
        f"<p class='why'>{escape(memory['reason'])}</p></div>"
        f"{photo_row(memory['photo_ids'], album.frames, small, cover=memory['cover_id'])}"
        f"{trip_maps(journey) if journey else ''}</article>"
    )


def photo_row(
    photo_ids: Sequence[str], frames: Mapping[str, Frame], small: Mapping[str, Print], *, cover: str = ""
) -> str:
    """Return photos in the order given, when and where below each."""
    captions = _captions(photo_ids, frames)
    figures = "".join(
        _figure(small[photo], captions.get(photo, ""), "cover-photo" if photo == cover else "")
        for photo in photo_ids
        if photo in small
    )
    return f"<div class='row'>{figures}</div>"


def trip_maps(journey: Journey) -> str:
    """Return both map pictures of a journey."""
    there = stops_there(journey)
    if journey.home is None:
        return f"<div class='maps'>{there}</div>"
    return f"<div class='maps'>{way_there([journey])}{there}</div>"


def equals_part(groups: Sequence[Equals], small: Mapping[str, Print]) -> str:
    """Return groups of photos of which one is enough, under the rule of their kind; the kept one is framed."""
    parts = []
    for kind, (name, rule) in _RULES.items():
        mine = [group for group in groups if group.kind == kind]
        if mine:
            parts.append(
                f"<h3 class='rule'>{name}</h3><p class='why'>{rule}</p>{''.join(_group(g, small) for g in mine)}"
            )
    return "".join(parts)


def themes_part(themes: Sequence[tuple[str, Sequence[str]]], small: Mapping[str, Print]) -> str:
    """Return one picture for each theme, its name and size below."""
    figures = "".join(
        _figure(small[photos[0]], f"{label}, {len(photos):,}", "theme")
        for label, photos in themes
        if photos[0] in small
    )
    return f"<div class='row'>{figures}</div>"


def _group(group: Equals, small: Mapping[str, Print]) -> str:
    figures = "".join(
        _figure(small[photo], ("kept: " if at == 0 else "") + reason, "kept" if at == 0 else "spare")
        for at, (photo, reason) in enumerate(group.members)
        if photo in small
    )
    return f"<div class='row equals'>{figures}</div>"


def _figure(picture: Print, caption: str, kind: str) -> str:
    shape = min(max(picture.width / picture.height, 0.5), 2.6)
    wide = shape * _ROW_PX
    return (
        f"<figure class='{kind}' style='flex:{shape:.3f} 1 {wide:.0f}px;max-width:{1.7 * wide:.0f}px'>"
        f"{_image(picture, caption)}<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _image(picture: Print, said: str) -> str:
    data = base64.b64encode(picture.jpeg).decode()
    return (
        f"<img alt='{escape(said, quote=True)}' width='{picture.width}' height='{picture.height}' "
        f"src='data:image/jpeg;base64,{data}'>"
    )


def _captions(photo_ids: Sequence[str], frames: Mapping[str, Frame]) -> dict[str, str]:
    """Return what stands below each photo: as much of its time as tells it from the others."""
    taken = {photo: frames[photo].taken for photo in photo_ids if photo in frames}
    known = [at for at in taken.values() if at is not None]
    if len({at.year for at in known}) > 1:
        form = "%b %Y"
    elif len({at.date() for at in known}) > 1:
        form = "%-d %b %H:%M"
    else:
        form = "%H:%M"
    return {photo: format(at, form) if at else "" for photo, at in taken.items()}


def _span(memory: Mapping[str, Any], frames: Mapping[str, Frame]) -> str:
    """Return the days of the photos that are shown, as the calendar at the place had them."""
    days = sorted(frame.taken.date() for p in memory["photo_ids"] if (frame := frames.get(p)) and frame.taken)
    if not days:
        return ""
    first, last = days[0], days[-1]
    if first == last:
        return f"{last:%-d %B %Y}"
    start = "%-d" if (first.year, first.month) == (last.year, last.month) else "%-d %B"
    return f"{first:{start if first.year == last.year else '%-d %B %Y'}} to {last:%-d %B %Y}"

"""The page of `daguerre memories --html`: an owner's memories, journeys and duplicates, in one file."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from daguerre.cli.memory_card import equals_part, memory_card, themes_part
from daguerre.cli.trip_map import CREDIT, way_there
from daguerre.stages.album import Album
from daguerre.stages.prints import prints
from daguerre.workspace import Workspace

_COVER_PX = 512
_SMALL_PX = 224


def memory_style() -> str:
    """Return the styles of memory cards and map pictures."""
    return files("daguerre.cli").joinpath("memory_page.css").read_text(encoding="utf-8")


def write_memory_page(ws: Workspace, album: Album) -> str:
    """Return the page as HTML; every picture is inside it and nothing is loaded from elsewhere."""
    base = files("daguerre.cli").joinpath("page.css").read_text(encoding="utf-8")
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(album.owner)}, {album.on:%-d %B %Y}</title><style>{base}{memory_style()}</style></head>"
        f"<body><main class='album'>{_head(album)}{memory_cards(ws, album)}{_journeys(album)}{_themes(ws, album)}"
        f"{'<h2>One is enough</h2>' if album.equals else ''}{equal_groups(ws, album)}"
        f"<footer>{CREDIT}</footer></main></body></html>"
    )


def memory_cards(ws: Workspace, album: Album) -> str:
    """Return the album's memories, best first."""
    covers = prints(ws, [row["cover_id"] for row in album.memories], side_px=_COVER_PX)
    small = prints(ws, [photo for row in album.memories for photo in row["photo_ids"]], side_px=_SMALL_PX)
    return "".join(memory_card(row, album, covers, small) for row in album.memories)


def equal_groups(ws: Workspace, album: Album) -> str:
    """Return some groups of the owner's duplicates."""
    small = prints(ws, [photo for group in album.equals for photo, _ in group.members], side_px=_SMALL_PX)
    return equals_part(album.equals, small)


def journeys_map(album: Album) -> str:
    """Return all journeys of the owner on one map picture."""
    return f"<div class='maps one'>{way_there(album.journeys, width=1080, height=480)}</div>" if album.journeys else ""


def _themes(ws: Workspace, album: Album) -> str:
    if not album.themes:
        return ""
    small = prints(ws, [photos[0] for _, photos in album.themes], side_px=_SMALL_PX)
    said = "Photos that look alike, the most typical one of each theme."
    return f"<h2>What the library is about</h2><p>{said}</p>{themes_part(album.themes, small)}"


def _head(album: Album) -> str:
    said = f"{len(album.memories)} memories" if len(album.memories) != 1 else "One memory"
    return (
        f"<header><p class='kind'>{album.on:%A, %-d %B %Y}</p><h1>{escape(album.owner.capitalize())}</h1>"
        f"<p>{said}, chosen from {len(album.frames):,} photos that may be shown.</p></header>"
    )


def _journeys(album: Album) -> str:
    if len(album.journeys) < 2:
        return ""
    return (
        f"<h2>{len(album.journeys)} journeys</h2><p>Home is where most days were spent; "
        f"a journey is days far from it with a night between.</p>{journeys_map(album)}"
    )

"""What a page shows is allowed, whole, and lies inside it."""

from __future__ import annotations

import io
import re
from datetime import date
from html.parser import HTMLParser

import pytest
from PIL import Image

from daguerre.cli.curation_facts import curation_facts
from daguerre.cli.memory_page import write_memory_page
from daguerre.curation.exclusion_log import change_rules
from daguerre.ids import OwnerId
from daguerre.stages.album import Album, read_album
from daguerre.stages.duplicates import run_duplicates
from daguerre.stages.events import run_events
from daguerre.stages.memories import run_memories
from daguerre.stages.prints import prints
from daguerre.stages.themes import run_themes
from daguerre.tables import catalogue
from daguerre.tables.sql import quote
from daguerre.workspace import Workspace
from tests.integration.curation.conftest import BATCHES, with_pictures

ALICE = OwnerId("alice")


class Tags(HTMLParser):
    """Notes every address that a page loads, and that its tags are closed in order."""

    VOID = ("meta", "img", "circle", "path", "polyline")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "xlink:href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.fixture
def curated(ws: Workspace) -> Workspace:
    """The workspace after every stage of curation, with pictures."""
    with_pictures(ws)
    for run in (run_duplicates, run_events, run_themes, run_memories):
        run(ws, BATCHES[0])
    return ws


def shown(album: Album) -> set[str]:
    in_memories = {photo for row in album.memories for photo in (*row["photo_ids"], row["cover_id"])}
    return (
        in_memories
        | {photo for group in album.equals for photo, _ in group.members}
        | set(album.frames)
        | {photo for _, photos in album.themes for photo in photos}
    )


def test_an_album_has_memories_journeys_and_duplicates(curated: Workspace) -> None:
    album = read_album(curated, ALICE, limit=6)
    assert 1 < len(album.memories) <= 6
    assert [row["rank"] for row in album.memories] == list(range(1, len(album.memories) + 1))
    assert album.journeys
    for row in album.memories:
        if row["kind"] == "trip":
            assert album.journey_of[row["memory_id"]].photo_ids >= set(row["photo_ids"][:1])
    assert {group.kind for group in album.equals} == {"exact", "burst"}
    assert album.on == curated.clock().date()
    assert read_album(curated, ALICE, date(2024, 6, 1), limit=6).on == date(2024, 6, 1)


def test_a_rule_made_now_holds_for_everything_on_the_page(curated: Workspace) -> None:
    before = read_album(curated, ALICE, limit=50)
    cover, kept = before.memories[0]["cover_id"], before.equals[0].members[0][0]
    rules = change_rules(curated, ALICE, lambda r: r.having("archived", [cover, kept]).having("places", ["Lisbon, PT"]))
    after = read_album(curated, ALICE, limit=50)
    away = set(catalogue.photos(curated).read(["photo_id"], "place = 'Lisbon, PT'")["photo_id"].to_pylist())
    assert shown(before) & away
    assert not shown(after) & (away | {cover, kept})
    assert "Lisbon, PT" not in {stop.place for journey in after.journeys for stop in journey.stops}
    assert not {photo for journey in after.journeys for photo in journey.photo_ids} & away
    for on in (None, date(2026, 5, 1)):
        assert not shown(read_album(curated, ALICE, on, limit=50)) & (away | {cover, kept})
    page = write_memory_page(curated, after)
    assert "Lisbon" not in page

    photo = catalogue.photos(curated).read(where=f"photo_id = {quote(cover)}").to_pylist()[0]
    hidden = [(value, origin) for _, name, value, origin in curation_facts(curated, photo) if name == "in no memory"]
    assert (f"archived (rule of version {rules.number})", f"exclusions, version {rules.number}") in hidden


def test_a_page_is_whole_and_loads_nothing(curated: Workspace) -> None:
    album = read_album(curated, ALICE, limit=4)
    page = write_memory_page(curated, album)
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert all(address.startswith("data:image/jpeg;base64,") for address in tags.loaded)
    assert not re.search(r"@import|url\(|<script|<link", page)
    assert page.count("<article class='memory") == len(album.memories)
    for row in album.memories:
        assert row["title"] in page
    assert page.count("class='kept'") == len(album.equals)
    assert "prefers-color-scheme: dark" in page
    assert page.count("<figure class='theme'") == len(album.themes) > 1
    assert page.count("<svg class='map'") >= 1 + ("trip" in {row["kind"] for row in album.memories})


def test_show_says_where_a_photo_is_and_why(curated: Workspace) -> None:
    album = read_album(curated, ALICE, limit=50)
    trip = next(row for row in album.memories if row["kind"] == "trip")
    photo = catalogue.photos(curated).read(where=f"photo_id = {quote(trip['cover_id'])}").to_pylist()[0]
    said = {(name, value) for _, name, value, _ in curation_facts(curated, photo)}
    names = [name for name, _ in said]
    assert names.count("event") == names.count("trip") == 1
    assert any(trip["reason"] in str(value) and "its cover" in str(value) for name, value in said if name == "memory")
    assert "in no memory" not in names

    spare = next(photo for group in album.equals if group.kind == "burst" for photo, _ in group.members[1:])
    kept = next(group.members[0][0] for group in album.equals if group.kind == "burst")
    row = catalogue.photos(curated).read(where=f"photo_id = {quote(spare)}").to_pylist()[0]
    (group,) = [value for _, name, value, _ in curation_facts(curated, row) if name == "burst group"]
    assert f"kept is {kept[:8]}" in str(group)


def test_prints_are_as_small_as_asked_and_unknown_photos_are_left_out(curated: Workspace) -> None:
    known = catalogue.photos(curated).read(["photo_id"])["photo_id"][:2].to_pylist()
    made = prints(curated, [*known, "f" * 32], side_px=100)
    assert set(made) == set(known)
    for one in made.values():
        with Image.open(io.BytesIO(one.jpeg)) as picture:
            assert picture.size == (one.width, one.height) == (100, 75)
    (large,) = prints(curated, known[:1], side_px=1000).values()
    assert (large.width, large.height) == (400, 300)

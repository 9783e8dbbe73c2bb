"""Themes are stored per owner and go on from the run before."""

from __future__ import annotations

from daguerre.ids import OwnerId
from daguerre.stages.themes import read_themes, run_themes
from daguerre.tables import catalogue
from tests.integration.curation.conftest import BATCHES

ALICE = OwnerId("alice")


def test_themes_of_every_owner_are_stored_and_running_again_keeps_them(ws, libraries) -> None:
    report = run_themes(ws, BATCHES[0])
    assert report.figures["owners"] == len(libraries)
    first = read_themes(ws, ALICE)
    tops = [theme for theme in first if not theme.parent]
    photos = libraries["alice"].photo_id.tolist()
    assert sorted(photo for theme in tops for photo in theme.photo_ids) == sorted(photos)
    assert {row["owner_id"] for row in catalogue.themes(ws).read().to_pylist()} == set(libraries)
    run_themes(ws, BATCHES[0])
    again = read_themes(ws, ALICE)
    key_of = {photo: theme.key for theme in first if not theme.parent for photo in theme.photo_ids}
    kept = [key_of[photo] == theme.key for theme in again if not theme.parent for photo in theme.photo_ids]
    assert sum(kept) >= 0.8 * len(kept)


def test_somebody_without_a_library_has_no_themes(ws) -> None:
    assert read_themes(ws, OwnerId("nobody")) == []

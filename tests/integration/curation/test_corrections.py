from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from daguerre.cli.curation_facts import curation_facts
from daguerre.curation.columns import PhotoColumns
from daguerre.curation.reading import LibraryReader
from daguerre.ids import OwnerId
from daguerre.stages.events import run_events
from daguerre.tables import catalogue, schemas
from daguerre.workspace import Workspace
from tests.fakes.lives import HOUR_S
from tests.fakes.two_cameras import FIRST, SECOND, two_cameras
from tests.integration.curation.conftest import BATCHES, descriptor_rows, object_rows, photo_rows

EVE = OwnerId("eve")
#: A year holds three journeys; the camera is with the first two.
PHOTOS = 2500


@pytest.fixture(scope="module")
def written() -> PhotoColumns:
    photos = two_cameras(0, years=1).columns.take(np.arange(PHOTOS))
    look = np.zeros((PHOTOS, schemas.DESCRIPTOR_DIM), np.float32)
    look[:, : photos.descriptor.shape[1]] = photos.descriptor
    names = np.array([f"eve{i:029x}" for i in range(PHOTOS)], object)
    return replace(photos, photo_id=names, descriptor=look)


@pytest.fixture
def eve(ws: Workspace, written: PhotoColumns) -> Workspace:
    first = np.zeros(len(written), int)
    catalogue.photos(ws).upsert(photo_rows(EVE, written, first))
    catalogue.descriptors(ws).upsert(descriptor_rows(EVE, written, first))
    catalogue.objects(ws).upsert(object_rows(written, first, 1))
    return ws


def test_a_wrong_clock_is_corrected_kept_as_a_row_and_told(eve, written):
    run_events(eve, BATCHES[0])
    clock = catalogue.corrections(eve).read(where="kind = 'clock'").to_pylist()
    assert [(row["owner_id"], row["camera"], row["reference"]) for row in clock] == [(EVE, SECOND, FIRST)]
    assert clock[0]["offset_s"] == pytest.approx(HOUR_S, abs=60)
    assert sorted(clock[0]["photo_ids"]) == sorted(written.photo_id[written.camera == SECOND])
    assert clock[0]["confidence"] > 0.9
    assert clock[0]["from_at"].timestamp() == pytest.approx(written.taken_s[written.camera == SECOND][0], abs=1e-3)

    library = LibraryReader(eve).read(EVE)
    assert np.all((library.skew_s != 0) == (library.camera == SECOND))
    stored = catalogue.photos(eve).lookup(clock[0]["photo_ids"][:1]).to_pylist()[0]
    row = written.photo_id.tolist().index(stored["photo_id"])
    assert stored["taken_at"].timestamp() == pytest.approx(written.taken_s[row], abs=1e-3)
    told = {name: said for _, name, said, _ in curation_facts(eve, stored)}
    assert f"{SECOND} was 1:00:0" in told["clock"] or f"{SECOND} was 0:59:" in told["clock"]
    assert "ahead" in told["clock"]


def test_places_that_nobody_wrote_are_rows_and_running_again_changes_nothing(eve, written):
    run_events(eve, BATCHES[0])
    before = catalogue.corrections(eve).read()
    places = [row for row in before.to_pylist() if row["kind"] == "place" and row["owner_id"] == EVE]
    lost = set(written.photo_id[np.isnan(written.lat)])
    told = [photo for row in places for photo in row["photo_ids"]]
    assert set(told) <= lost
    assert len(told) == len(set(told)) >= 0.9 * len(lost)
    assert all(0 < row["confidence"] <= 1 and row["place"] for row in places)
    photo = catalogue.photos(eve).lookup([told[0]]).to_pylist()[0]
    assert any(name == "place" and "inferred" in said for _, name, said, _ in curation_facts(eve, photo))
    run_events(eve, BATCHES[0])
    assert catalogue.corrections(eve).read() == before


def test_a_table_of_events_without_the_new_columns_gets_them(eve):
    old = catalogue.events(eve)
    old.schema = old.schema.remove(old.schema.get_field_index("moments"))
    old.replace("owner_id = 'nobody'", old.schema.empty_table())
    old.upsert(old.schema.empty_table())
    run_events(eve, BATCHES[0])
    rows = catalogue.events(eve).read(where="owner_id = 'eve'").to_pylist()
    assert all(1 <= row["moments"] <= len(row["photo_ids"]) for row in rows)
    assert not any(row["place_inferred"] and row["lat"] is None for row in rows)

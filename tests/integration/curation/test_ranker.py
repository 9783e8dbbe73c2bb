"""A ranker learnt from owners of known tastes: what it may see, how good it is, when it is promoted."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from daguerre import layout
from daguerre.curation.best_shot import appeal
from daguerre.curation.ranker_files import RankerError, load_ranker, read_manifest
from daguerre.curation.ranking import FEATURES, features_at, features_of, learn_ranker
from daguerre.curation.reading import LibraryReader
from daguerre.features.lake import write_partition
from daguerre.features.store import training_frame
from daguerre.features.views import EVENT_TIMESTAMP, PHOTO_AESTHETIC, PHOTO_ENGAGEMENT
from daguerre.ids import OwnerId
from daguerre.registry.events import EventKind
from daguerre.registry.log import read_events
from daguerre.stages.liked_photos import liked_photos, weeks_until
from daguerre.stages.ranker import (
    PRODUCT,
    SERVICE,
    RankerReport,
    judge_of,
    lists_of,
    promoted_ranker,
    train_ranker,
    training_rows,
    try_ranker,
)
from daguerre.workspace import Workspace
from tests.fakes.owners import live_ten_weeks
from tests.fakes.signals import MovingClock, rows, workspace

OWNER = OwnerId("u0001")


@dataclass(frozen=True)
class Lived:
    ws: Workspace
    clock: MovingClock
    report: RankerReport
    folder: Path


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    folder, clock = tmp_path_factory.mktemp("lived"), MovingClock()
    ws = workspace(folder, clock=clock)
    live_ten_weeks(ws, clock, folder / "events.jsonl", seed=1, owners=6)
    return Lived(ws=ws, clock=clock, report=train_ranker(ws, actor="a test"), folder=folder)


def test_what_was_learnt_beats_the_hand_made_quality_by_a_tenth(lived: Lived) -> None:
    report = lived.report
    assert report.promoted, report.reason
    assert report.gain
    assert report.gain.low > 0
    assert report.pairwise >= report.baseline_pairwise + 0.08
    assert report.auc >= report.baseline_auc + 0.08
    assert report.new_weeks is not None
    assert report.new_weeks >= 0.65


def test_the_ranker_is_stored_under_its_hash_and_the_log_says_why(lived: Lived) -> None:
    manifest = read_manifest(lived.ws, lived.report.digest)
    assert manifest["features"] == list(FEATURES)
    assert manifest["liked"] == lived.report.liked
    assert manifest["gain_low"] == lived.report.gain.low
    registered, promoted = read_events(lived.ws, PRODUCT)
    assert (registered.kind, promoted.kind) == (EventKind.REGISTERED, EventKind.PROMOTED)
    assert promoted.release == lived.report.digest
    assert promoted.actor == "a test"
    assert promoted.evidence["pairwise"] == lived.report.pairwise


def test_training_again_gives_the_same_ranker_and_says_nothing_new(lived: Lived) -> None:
    again = train_ranker(lived.ws, actor="somebody else")
    assert again.digest == lived.report.digest
    assert len(read_events(lived.ws, PRODUCT)) == 2


def test_the_promoted_ranker_judges_photos(lived: Lived) -> None:
    library = LibraryReader(lived.ws).read(OWNER)
    judged = judge_of(lived.ws)(library)
    assert not np.array_equal(judged, appeal(library))
    assert judged.min() >= 0
    assert judged.max() <= 1
    papers = library.document == 1
    assert judged[papers].mean() < judged[~papers].mean()
    ranker = promoted_ranker(lived.ws)
    assert ranker
    assert ranker.reasons(library, int(judged.argmax()))


def test_serving_and_training_see_the_same_features(lived: Lived) -> None:
    """What a frame says of this moment is what is read when memories are composed."""
    library = LibraryReader(lived.ws).read(OWNER)
    at = pa.array([lived.clock.now] * len(library), pa.timestamp("us", tz="UTC"))
    frame = training_frame(lived.ws, SERVICE, pa.table({"photo_id": library.photo_id, EVENT_TIMESTAMP: at}))
    assert np.allclose(features_at(frame), features_of(library), equal_nan=True)
    assert features_of(library)[:, list(FEATURES).index("views")].sum() > 0


def test_a_week_knows_nothing_of_itself_or_later(lived: Lived) -> None:
    """Features written after a week began are not used: neither its own counts nor a better model's values."""
    weeks = weeks_until(lived.clock.now)
    before = training_rows(lived.ws, weeks)
    told = liked_photos(lived.ws, weeks)
    later = sorted(set(told["photo_id"].to_pylist()))
    at = weeks[0].begins - timedelta(days=3)  # describes the past, but is only written now
    leak = rows(PHOTO_AESTHETIC, later, at=at, aesthetic=0.123)
    write_partition(lived.ws, PHOTO_AESTHETIC, at.date(), "leak", leak)
    try:
        after = training_rows(lived.ws, weeks)
        assert np.array_equal(before.features, after.features, equal_nan=True)
        frame = training_frame(lived.ws, SERVICE, told, as_known=False)
        assert 0.123 in np.round(frame["aesthetic"].to_numpy(), 3)  # it would have been found
    finally:
        lived.ws.store.delete(f"{layout.feature_view(PHOTO_AESTHETIC.name)}/dt={at.date()}/leak.parquet")


def test_counts_of_the_week_itself_are_no_feature(lived: Lived) -> None:
    weeks = weeks_until(lived.clock.now)
    week, photo = weeks[-1], LibraryReader(lived.ws).read(OWNER).photo_id[0]
    day = week.begins.date() + timedelta(days=1)
    before = liked_photos(lived.ws, [week]).num_rows
    loud = rows(PHOTO_ENGAGEMENT, [photo], at=week.begins + timedelta(days=2), owner=OWNER, views_1d=9, views_28d=9999)
    write_partition(lived.ws, PHOTO_ENGAGEMENT, day, "loud", loud)
    try:
        found = training_rows(lived.ws, [week])
        assert found.features[:, list(FEATURES).index("views")].max() < 9999
        assert liked_photos(lived.ws, [week]).num_rows >= before
        labels = {r["photo_id"]: r["liked"] for r in liked_photos(lived.ws, [week]).to_pylist()}
        assert labels[photo]
    finally:
        lived.ws.store.delete(f"{layout.feature_view(PHOTO_ENGAGEMENT.name)}/dt={day}/loud.parquet")


def test_a_ranker_of_noise_is_not_promoted(lived: Lived) -> None:
    rows = training_rows(lived.ws, weeks_until(lived.clock.now))
    chance = replace(rows, liked=np.random.default_rng(3).permutation(rows.liked))
    ranker = learn_ranker(chance.features[~chance.held_out], chance.liked[~chance.held_out])
    report = try_ranker(ranker, chance, lists_of(chance))
    assert not report.promoted
    assert "not surely better" in report.reason
    assert abs(report.pairwise - 0.5) < 0.12


def test_what_people_did_lately_is_read_with_the_library(lived: Lived) -> None:
    library, first = LibraryReader(lived.ws).read(OWNER), lived.clock.now.date() - timedelta(days=28)
    told = [json.loads(line) for line in (lived.folder / "events.jsonl").read_text().splitlines()]
    lately = [event for event in told if datetime.fromisoformat(event["at"]).date() >= first]
    for kind, counted in {"view": library.views, "favorite": library.favorites, "share": library.shares}.items():
        expected = Counter(event["photo_id"] for event in lately if event["kind"] == kind)
        assert counted.sum() > 0
        assert counted.tolist() == [expected[photo] for photo in library.photo_id.tolist()]


def test_a_ranker_that_was_changed_is_refused(lived: Lived) -> None:
    key = f"{layout.ranker(lived.report.digest)}/model.json"
    model = lived.ws.store.get(key)
    lived.ws.store.put(key, model.replace(b'"base":', b'"base": '))
    try:
        with pytest.raises(RankerError, match=r"model\.json was changed"):
            load_ranker(lived.ws, lived.report.digest)
    finally:
        lived.ws.store.put(key, model)


def test_an_installation_in_which_nobody_did_anything_keeps_the_hand_made_quality(tmp_path: Path) -> None:
    ws = workspace(tmp_path)
    report = train_ranker(ws, actor="a test")
    assert (report.digest, report.promoted) == ("", False)
    assert "only 0 liked photos" in report.reason
    assert judge_of(ws) is appeal

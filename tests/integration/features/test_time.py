"""What Feast's joins and loads do with time: the behaviour that we pin Feast for."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from daguerre.features.lake import partition_key, write_partition
from daguerre.features.store import FeatureStoreError, load_online, offline_view, online_features, training_frame
from daguerre.features.views import OWNER_DAILY, PHOTO_AESTHETIC, PHOTO_CONCEPTS, PHOTO_ENGAGEMENT, PHOTO_QUALITY
from daguerre.workspace import Workspace
from tests.fakes.signals import NOON, MovingClock, rows

DAYS = [NOON - timedelta(days=days) for days in (2, 1, 0)]


def write(ws: Workspace, at: datetime, keys: list[str], value: object, name: str = "b") -> None:
    write_partition(ws, PHOTO_AESTHETIC, at.date(), name, rows(PHOTO_AESTHETIC, keys, at=at, aesthetic=value))


def online(ws: Workspace, *ids: str) -> list[float | None]:
    values = online_features(ws, "memories_v1", ids)["aesthetic"]
    return [None if value is None else round(value, 4) for value in values]


def frame(ws: Workspace, *pairs: tuple[str, datetime], as_known: bool = False) -> list[float | None]:
    table = pa.table(
        {
            "photo_id": [photo for photo, _ in pairs],
            "event_timestamp": pa.array([at for _, at in pairs], pa.timestamp("us", tz="UTC")),
        }
    )
    values = training_frame(ws, "search_rerank_v1", table, as_known=as_known)["aesthetic"].to_pylist()
    return [None if value is None else round(value, 4) for value in values]


def test_a_row_without_a_past_stays_and_rows_keep_their_order(ws: Workspace) -> None:
    for day, value in zip(DAYS, (0.1, 0.2, 0.3), strict=True):
        write(ws, day, ["p", "q"], value)
    asked = [
        ("q", DAYS[1]),
        ("nobody", NOON),
        ("p", DAYS[0] - timedelta(1)),
        ("p", NOON),
        ("q", DAYS[1]),
        ("p", DAYS[0]),
    ]
    assert frame(ws, *asked) == [0.2, None, None, 0.3, 0.2, 0.1]


def test_of_equal_event_times_the_row_written_last_counts(ws: Workspace, clock: MovingClock) -> None:
    keys = [f"p{i:03d}" for i in range(200)]
    order = np.random.default_rng(0).permutation(3)
    for version in order:
        clock.now = NOON + timedelta(hours=int(version) + 1)
        write(ws, NOON, keys, version / 10, name=f"b{version}")
    clock.now = NOON + timedelta(hours=9)
    assert set(frame(ws, *((key, NOON + timedelta(hours=8)) for key in keys))) == {0.2}
    load_online(ws, [PHOTO_AESTHETIC.name], NOON - timedelta(days=1))
    assert set(online(ws, *keys)) == {0.2}


def test_as_known_hides_what_was_written_later(ws: Workspace, clock: MovingClock) -> None:
    write(ws, NOON, ["p"], 0.1)
    written = clock.now
    clock.now += timedelta(days=5)
    write(ws, NOON, ["p"], 0.9, name="better")
    assert frame(ws, ("p", written), ("p", clock.now), as_known=True) == [0.1, 0.9]
    assert frame(ws, ("p", written), ("p", clock.now)) == [0.9, 0.9]


def test_loads_in_any_order_again_late_or_corrected_leave_the_newest(ws: Workspace, clock: MovingClock) -> None:
    def load(day: datetime) -> list[float | None]:
        load_online(ws, [PHOTO_AESTHETIC.name], day)
        return online(ws, "p", "late")

    write(ws, DAYS[0], ["p"], 0.1)
    assert load(DAYS[0]) == [0.1, None]
    write(ws, DAYS[2], ["p"], 0.3)
    assert load(DAYS[2]) == [0.3, None]
    write(ws, DAYS[1], ["p", "late"], 0.2)  # landed between, computed last
    assert load(DAYS[1]) == [0.3, 0.2]
    assert load(DAYS[1]) == [0.3, 0.2]
    assert load(DAYS[0]) == [0.3, 0.2]
    clock.now += timedelta(hours=1)
    write(ws, DAYS[2], ["p"], 0.35)  # a correction: the same event time
    assert load(DAYS[2]) == [0.35, 0.2]
    assert load(DAYS[0]) == [0.35, 0.2]


def test_a_load_from_the_future_is_refused(ws: Workspace, clock: MovingClock) -> None:
    with pytest.raises(FeatureStoreError, match="load from"):
        load_online(ws, [PHOTO_AESTHETIC.name], clock.now + timedelta(seconds=1))


def test_an_empty_lake_loads_and_joins_to_nothing(ws: Workspace) -> None:
    load_online(ws, [PHOTO_AESTHETIC.name, PHOTO_CONCEPTS.name, OWNER_DAILY.name], DAYS[0])
    assert online(ws, "p") == [None]
    assert frame(ws, ("p", NOON)) == [None]
    assert frame(ws) == []
    assert online_features(ws, "memories_v1", [])["photo_id"] == []


def test_a_column_that_old_files_lack_is_null(ws: Workspace, clock: MovingClock) -> None:
    old = rows(PHOTO_QUALITY, ["p"], sharpness=0.75).drop_columns(["noise"])
    old = old.append_column("created_timestamp", old["event_timestamp"])
    sink = io.BytesIO()
    pq.write_table(old, sink)
    ws.store.put(partition_key(PHOTO_QUALITY, NOON.date(), "old"), sink.getvalue())
    write_partition(ws, PHOTO_QUALITY, NOON.date(), "new", rows(PHOTO_QUALITY, ["q"], noise=0.5))
    told = offline_view(ws, PHOTO_QUALITY.name, ["q", "p"], clock.now)
    assert (told["noise"], told["sharpness"]) == ([0.5, None], [0.5, 0.75])
    load_online(ws, [PHOTO_QUALITY.name], DAYS[0])
    assert online_features(ws, "memories_v1", ["p", "q"])["sharpness"] == [0.75, 0.5]


def test_every_type_arrives_online_as_it_was(ws: Workspace) -> None:
    write_partition(ws, PHOTO_CONCEPTS, NOON.date(), "b", rows(PHOTO_CONCEPTS, ["p"], top_concept="dog"))
    write_partition(ws, PHOTO_ENGAGEMENT, NOON.date(), "b", rows(PHOTO_ENGAGEMENT, ["p"], views_28d=2**40))
    write_partition(ws, OWNER_DAILY, NOON.date(), "b", rows(OWNER_DAILY, ["alice"], photo_count=7))
    load_online(ws, [PHOTO_CONCEPTS.name, PHOTO_ENGAGEMENT.name, OWNER_DAILY.name], NOON)
    answer = online_features(ws, "memories_v1", ["q", "p"])
    assert answer["photo_id"] == ["q", "p"]
    assert (answer["top_concept"], answer["views_28d"]) == ([None, "dog"], [None, 2**40])
    everything = pa.table(
        {
            "photo_id": ["p"],
            "owner_id": ["alice"],
            "event_timestamp": pa.array([NOON], pa.timestamp("us", tz="UTC")),
            "label": [1],
        }
    )
    joined = training_frame(ws, "experiment_all_v1", everything, as_known=False)
    assert joined.column_names[:4] == everything.column_names
    assert joined.select(["label", "concept_scores", "photo_count"]).to_pylist() == [
        {"label": 1, "concept_scores": [0.25, 0.75], "photo_count": 7}
    ]

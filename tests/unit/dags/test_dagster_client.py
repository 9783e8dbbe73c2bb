"""The client against a small Dagster over real HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from dags.dagster_client import (
    Dagster,
    DagsterRefusedError,
    DagsterUnreachableError,
    Kind,
    UnknownAssetError,
)
from dags.dagster_memory import Memory
from tests.fakes.dagster_server import FakeDagster, Piece, serving

TAG = ("airflow/launch", "t1")


@pytest.fixture
def fake() -> FakeDagster:
    made = FakeDagster()
    made.add_asset("photos", lacking=("b2", "b3"), failed=("b1",))
    made.add_asset("memories", lacking=("b3", "b4"), now="b2")
    return made


@pytest.fixture
def dagster(fake: FakeDagster) -> Iterator[Dagster]:
    with serving(fake) as url:
        yield Dagster(url + "/")


def test_a_partition_is_open_when_an_asset_lacks_it_and_nobody_is_making_it(dagster: Dagster) -> None:
    assert dagster.open_partitions(["photos", "memories"]) == ["b1", "b3", "b4"]


def test_an_unknown_asset_is_named(dagster: Dagster) -> None:
    with pytest.raises(UnknownAssetError, match=r"no asset fotos;"):
        dagster.open_partitions(["photos", "fotos"])
    with pytest.raises(UnknownAssetError):
        dagster.launch_run(["fotos"], "b1", tags={})


def test_a_run_is_launched_where_the_asset_lives(dagster: Dagster, fake: FakeDagster) -> None:
    assert dagster.launch_run(["photos"], "b1", tags={"a": "b"}) == "r1"
    selector = fake.variables("LaunchRun")["run"]["selector"]
    assert (selector["repositoryLocationName"], selector["repositoryName"]) == ("here", "__repository__")
    assert fake.runs["r1"].tags == {"a": "b", "dagster/partition": "b1"}


def test_the_newest_work_with_a_tag_is_found_among_many(dagster: Dagster, fake: FakeDagster) -> None:
    for number in range(130):
        tags = {"airflow/launch": "t1"} if number in {3, 5} else {}
        fake.backfills[f"b{number}"] = Piece(f"b{number}", "COMPLETED_SUCCESS", tags)
    found = dagster.find(Kind.BACKFILL, TAG, since=time.time() - 60)
    assert found is not None
    assert found.id == "b5"
    assert fake.count("Backfills") == 3
    assert dagster.find(Kind.BACKFILL, TAG, since=time.time() + 60) is None
    assert dagster.find(Kind.RUN, TAG, since=0) is None


def test_a_run_that_dagster_retries_by_itself_is_active_and_no_failure(dagster: Dagster, fake: FakeDagster) -> None:
    fake.runs["r1"] = Piece("r1", "FAILURE", {"dagster/will_retry": "true", "dagster/backfill": "b1"})
    assert dagster.look(Kind.RUN, "r1").active
    assert dagster.failures(Kind.BACKFILL, "b1") == []
    fake.runs["r1"].tags["dagster/will_retry"] = "false"
    assert not dagster.look(Kind.RUN, "r1").active
    assert len(dagster.failures(Kind.BACKFILL, "b1")) == 1


def test_failures_name_partition_step_and_innermost_reason(dagster: Dagster, fake: FakeDagster) -> None:
    ranged = {"dagster/asset_partition_range_start": "b1", "dagster/asset_partition_range_end": "b9"}
    fake.runs["r1"] = Piece("r1", "FAILURE", {"dagster/partition": "b7", "dagster/backfill": "x"}, reason="disk full")
    fake.runs["r2"] = Piece("r2", "CANCELED", {**ranged, "dagster/backfill": "x"}, reason="ended")
    fake.runs["r3"] = Piece("r3", "FAILURE", {"dagster/partition": "b8", "dagster/backfill": "y"})
    said = [str(failure) for failure in dagster.failures(Kind.BACKFILL, "x")]
    assert said == ["b1..b9: photos: ended (run r2)", "b7: photos: disk full (run r1)"]
    assert [str(failure) for failure in dagster.failures(Kind.RUN, "r1")] == ["b7: photos: disk full (run r1)"]


def test_many_failures_are_named_but_not_all_explained(dagster: Dagster, fake: FakeDagster) -> None:
    for number in range(30):
        tags = {"dagster/backfill": "x", "dagster/partition": str(number)}
        fake.runs[f"r{number}"] = Piece(f"r{number}", "FAILURE", tags, reason="why")
    failures = dagster.failures(Kind.BACKFILL, "x")
    assert len(failures) == 30
    assert sum(failure.reason == "why" for failure in failures) == 10


def test_away_and_unwilling_are_told_apart(dagster: Dagster, fake: FakeDagster) -> None:
    fake.refuses["LaunchBackfill"] = "no such partition"
    with pytest.raises(DagsterRefusedError, match="no such partition"):
        dagster.launch_backfill(["photos"], ["b1"], title="", tags={})
    fake.deaf = True
    with pytest.raises(DagsterUnreachableError):
        dagster.look(Kind.RUN, "r1")
    with pytest.raises(DagsterUnreachableError):
        Dagster("http://127.0.0.1:9").look(Kind.RUN, "r1")


def test_memory_finds_the_failed_among_our_keys() -> None:
    memory = Memory(token="t", since=0, failed=("b2|tiny", "b3", "tiny"))
    assert memory.failed_among(["b1", "b2", "b3"]) == ["b2", "b3"]
    assert Memory(token="t", since=0).failed_among(["b1"]) == ["b1"]
